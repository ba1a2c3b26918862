import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './build.js';

const run = promisify(execFile);

/**
 * Makes an empty project and installs packages in it as a user would, from what `npm pack` made of them.
 * @param packages folders below the root: those to try, and all they need, so that no registry is asked
 * @returns the folder, which the caller removes
 */
export async function installPacked(packages: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-packed-'));
  await Promise.all(
    packages.map((path) => run('npm', ['pack', '--silent', join(root, path)], { cwd: folder })),
  );
  const packed = (await readdir(folder)).map((name) => `./${name}`);
  await writeFile(join(folder, 'package.json'), '{ "name": "empty", "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...packed], { cwd: folder });
  return folder;
}
