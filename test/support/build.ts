import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '../..');

const run = promisify(execFile);

/**
 * Builds `dist` of the server and of the packages when they are older than their sources. Type errors are printed but do not stop the
 * tests: `npm run types` fails on them, and an unfinished folder must not hide the results of the others.
 */
export async function buildDist(): Promise<void> {
  const builds = [['scripts/build.mjs', '--lenient'], ['scripts/build-packages.mjs']];
  await Promise.all(
    builds.map(async ([script = '', ...options]) => {
      const { stdout, stderr } = await run(process.execPath, [join(root, script), ...options], { cwd: root });
      if (stdout + stderr) process.stderr.write(stdout + stderr);
    }),
  );
}
