import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '../..');

/**
 * Builds `dist` when it is older than its sources. Type faults are reported and do not stop the tests: `npm run types` fails
 * on them, and a half-finished room must not hide what the others do.
 */
export async function buildDist(): Promise<void> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(root, 'scripts/build.mjs'), '--lenient'],
    { cwd: root },
  );
  if (stdout + stderr) process.stderr.write(stdout + stderr);
}
