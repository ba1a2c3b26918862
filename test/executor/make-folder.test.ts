import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, inject, test } from 'vitest';
import { makeFolder } from '../../src/executor/make-folder.js';
import { root } from '../support/build.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ownMounts = ['--user', '--map-root-user', '--mount'];

test('a folder is created with its parents, and an existing one is kept', async () => {
  const path = join(folder, 'a/b/c');
  await Promise.all([makeFolder(path, 0o700), makeFolder(path, 0o700)]);
  for (const each of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, each)).mode & 0o777).toBe(0o700);
  await makeFolder(path, 0o711);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('an error names the file that is in the way', async () => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('nowhere', join(folder, 'link'));
  await expect(makeFolder(join(folder, 'file'), 0o700)).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(folder, 'file/below'), 0o700)).rejects.toThrow('ENOTDIR');
  await expect(makeFolder(join(folder, 'link/below'), 0o700)).rejects.toThrow('ENOENT');
});

test.runIf(inject('namespaces'))('an error reports a disk without free inodes', async () => {
  // one inode for the root of the file system and one for the folder above
  const script = `
    import(process.argv[1]).then(({ makeFolder }) => makeFolder(process.argv[2] + '/projects/one'))
      .then(() => console.log('made'), ({ code }) => console.log(code));`;
  const mount = 'mount -t tmpfs -o nr_inodes=2 none "$1" && shift && exec "$@"';
  const small = join(folder, 'a');
  const { stdout } = await promisify(execFile)('unshare', [
    ...ownMounts,
    'sh',
    '-c',
    mount,
    'sh',
    small,
    process.execPath,
    '-e',
    script,
    join(root, 'dist/executor/make-folder.js'),
    small,
  ]);
  expect(stdout).toBe('ENOSPC\n');
});
