import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SystemUser } from '../infra/system-user.js';

/** Whether a user can run a program and read a path: the kernel is asked, since ACLs and mount options count too. */
export async function canUse({ uid, gid }: SystemUser, program: string, path: string): Promise<boolean> {
  const options = { uid, gid, cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeout: 10_000 };
  const runs = promisify(execFile)(
    '/bin/sh',
    ['-c', '[ -x "$1" ] && [ -r "$2" ]', 'sh', program, path],
    options,
  );
  return runs.then(
    () => true,
    () => false,
  );
}
