import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { copyBinaries } from '../../src/infra/embedded-postgres/binaries-copy.js';
import { cleanUp, temporaryFolder } from './harness.js';

afterEach(() => cleanUp([]));

const nothing = () => Promise.resolve();

async function makePackage(): Promise<string> {
  const native = join(await temporaryFolder(), 'native');
  for (const folder of ['bin', 'lib', 'share']) await mkdir(join(native, folder), { recursive: true });
  for (const file of [
    'bin/postgres',
    'bin/initdb',
    'lib/libpq.so.5.18',
    'lib/libpq.a',
    'share/postgres.bki',
  ]) {
    await writeFile(join(native, file), file, { mode: 0o600 });
  }
  return native;
}

test('a copy is readable by everybody, whatever the modes of the package, and omits static libraries', async () => {
  const target = join(await temporaryFolder(), 'place/postgres-18');
  await copyBinaries(await makePackage(), target, nothing);
  const modes = await Promise.all(
    ['bin', 'bin/postgres', 'share/postgres.bki'].map(
      async (path) => (await stat(join(target, 'native', path))).mode & 0o777,
    ),
  );
  expect(modes).toEqual([0o755, 0o755, 0o644]);
  expect(await readdir(join(target, 'native/lib'))).toEqual(['libpq.so.5.18']);
});

test('concurrent copies result in one complete copy without temporary files', async () => {
  const native = await makePackage();
  const place = join(await temporaryFolder(), 'place');
  await Promise.all([1, 2, 3].map(() => copyBinaries(native, join(place, 'postgres-18'), nothing)));
  expect(await readdir(place)).toEqual(['postgres-18']);
  expect(await readFile(join(place, 'postgres-18/native/bin/initdb'), 'utf8')).toBe('bin/initdb');
});

test.each(['native/bin', 'native/bin/postgres', ''])(
  'a copy in which other users can write to "%s" is refused',
  async (path) => {
    const native = await makePackage();
    const target = join(await temporaryFolder(), 'place/postgres-18');
    await copyBinaries(native, target, nothing);
    await chmod(join(target, path), 0o777);
    await expect(copyBinaries(native, target, nothing)).rejects.toThrow(/others may write/);
  },
);

test('a failed copy leaves no files', async () => {
  const place = join(await temporaryFolder(), 'place');
  const failing = () => Promise.reject(new Error('disk full'));
  await expect(copyBinaries(await makePackage(), join(place, 'postgres-18'), failing)).rejects.toThrow(
    'disk full',
  );
  expect(await readdir(place)).toEqual([]);
});
