import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ensureProgram } from './needed-program.js';

const nobody = { uid: 65534, gid: 65534 };
const trial = '--unshare-user --disable-userns --unshare-pid --unshare-net --ro-bind / / --proc /proc true';

/** Whether unprivileged users can create namespaces with bubblewrap, which most containers do not allow; prints the reason if not. */
export async function namespacesWork(): Promise<boolean> {
  try {
    await ensureProgram('bwrap', 'bubblewrap');
    await promisify(execFile)('bwrap', trial.split(' '), {
      cwd: '/',
      ...(process.getuid?.() === 0 ? nobody : {}),
    });
    return true;
  } catch (error) {
    process.stderr.write(`No test of isolated runs can be made here: ${(error as Error).message}\n`);
    return false;
  }
}
