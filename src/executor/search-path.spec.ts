import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { searchPath } from './search-path.js';

let root: string;
let open: string;
let closed: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-path-'));
  await chmod(root, 0o755);
  [open, closed] = [join(root, 'open'), join(root, 'closed')];
  for (const [folder, mode] of [
    [open, 0o755],
    [closed, 0o700],
  ] as const) {
    await mkdir(join(folder, 'bin'), { recursive: true });
    await chmod(folder, mode);
  }
});
afterAll(() => rm(root, { recursive: true }));

test('folders added by npm are removed from PATH only when npm started the server', () => {
  const added = [`${open}/node_modules/.bin`, '/node_modules/.bin', `${open}/node-gyp-bin`];
  const path = [...added, '/usr/bin'].join(':');
  expect(searchPath(path, false, true)).toBe('/usr/bin');
  expect(searchPath(path, false, false)).toBe(path);
});

test('folders that the user of the command cannot access are removed from PATH, with their subfolders', () => {
  const path = [closed, `${closed}/bin`, `${open}/bin`, `${root}/absent`, '/usr/bin'].join(':');
  expect(searchPath(path, true, false)).toBe(`${open}/bin:${root}/absent:/usr/bin`);
});

test('relative folders are removed from PATH', () => {
  expect(searchPath('.::node_modules/.bin:/usr/bin', false, false)).toBe('/usr/bin');
});
