import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './build.js';

const run = promisify(execFile);

/**
 * Creates an empty project and installs packages in it as a user would, from the archives of `npm pack`.
 * @param packages the folders of the packages below the root, with all their dependencies, so that no registry is needed
 * @returns the folder of the project, which the caller removes
 */
export async function installPacked(packages: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-packed-'));
  const paths = packages.map((path) => join(root, path));
  // one process for all of them: to start npm takes longer than to pack
  await run('npm', ['pack', '--silent', ...paths], { cwd: folder });
  const packed = (await readdir(folder)).map((name) => `./${name}`);
  await writeFile(join(folder, 'package.json'), '{ "name": "empty", "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...packed], { cwd: folder });
  return folder;
}
