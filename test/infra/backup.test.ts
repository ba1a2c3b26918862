import { chown, link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { manifestName } from '../../src/backup/archive.js';
import { makeHeader, paddingOf } from '../../src/backup/tar.js';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres/embedded-postgres.js';
import { root } from '../support/build.js';
import { until } from '../support/until.js';
import { cleanUp, isRoot, query, silent, temporaryFolder } from './harness.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const nobody = 65_534;
const dataDirs: string[] = [];
afterEach(() => cleanUp(dataDirs));

const program = join(root, 'dist/bundle/backup.js');
const start = (action: string, file: string, env: Record<string, string>) =>
  execa(process.execPath, [program, action, file], { env, reject: false });

describe('the embedded Postgres', () => {
  let folder: string;
  let dataDir: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    // what has a meaning in a URL must come through
    dataDir = join(folder, 'a data%2Folder');
    dataDirs.push(dataDir);
  });

  test('a dump connects over a Unix socket, given as the host of DATABASE_URL or as a parameter', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
    await query(postgres.url, `CREATE TABLE kept AS SELECT 'by the socket' AS note`);
    const programs = join(folder, 'programs');
    await mkdir(programs);
    const dump = join(import.meta.dirname, 'fixtures/dump.mjs');
    await writeFile(join(programs, 'pg_dump'), `#!/bin/sh\nexec '${process.execPath}' '${dump}' "$@"\n`, {
      mode: 0o755,
    });

    const parameter = new URL(postgres.url);
    parameter.host = 'localhost:1';
    parameter.searchParams.set('host', join(dataDir, 'postgres/socket'));
    parameter.searchParams.set('port', '5432');
    for (const [index, url] of [postgres.url, parameter.href].entries()) {
      const file = join(folder, `dump-${index}`);
      const env = { PATH: `${programs}:${process.env['PATH']}`, DATABASE_URL: url, DATA_DIR: folder };
      expect(await start('backup', file, env)).toMatchObject({ exitCode: 0 });
      expect(await readFile(file, 'utf8')).toBe('by the socket');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    // the database that was dumped is not empty
    const other = join(folder, 'dump');
    await writeFile(other, 'PGDMP…');
    const refused = await start('restore', other, { DATABASE_URL: postgres.url });
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not empty') });
    await postgres.stop();
  });

  test('a backup that is ended leaves no file under its name, and nothing behind in Postgres', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
    // random, so that it takes a while to compress
    await query(
      postgres.url,
      `CREATE TABLE kept AS SELECT gen_random_uuid() AS one, gen_random_uuid() AS other FROM generate_series(1, 300000)`,
    );
    const parts = async () => (await readdir(folder)).filter((name) => name.endsWith('.part'));
    const file = join(folder, 'backup');
    for (const [signal, exitCode, left] of [
      ['SIGTERM', 143, 0],
      ['SIGKILL', undefined, 1],
    ] as const) {
      const child = start('backup', file, { DATA_DIR: dataDir });
      await until(async () => {
        const [part] = await parts();
        return part !== undefined && (await stat(join(folder, part))).size > 0;
      });
      child.kill(signal);
      expect((await child).exitCode).toBe(exitCode);
      expect(await readdir(folder)).not.toContain('backup');
      expect(await parts()).toHaveLength(left);
    }
    const slots = () =>
      query<{ n: number }>(postgres.url, 'SELECT count(*)::int AS n FROM pg_replication_slots');
    await until(async () => (await slots())[0]?.n === 0);
    await postgres.stop();
  });

  test('keys that are links, or that belong to others, are refused', async () => {
    await (await startEmbeddedPostgres({ dataDir, log: silent })).stop();
    const secret = join(folder, 'somebody-elses');
    await writeFile(secret, 'a secret', { mode: 0o600 });
    await symlink(secret, join(dataDir, 'jwt-secret'));
    const file = join(folder, 'backup');
    const refused = await start('backup', file, { DATA_DIR: dataDir });
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is a link') });
    if (!isRoot) return;
    const other = join(folder, 'other');
    await mkdir(join(other, 'postgres'), { recursive: true });
    await writeFile(join(other, 'postgres/PG_VERSION'), '18\n');
    await chown(other, nobody, nobody);
    await link(secret, join(other, 'jwt-secret'));
    const hard = await start('backup', file, { DATA_DIR: other });
    expect(hard).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('does not belong to the owner'),
    });
    expect(await readdir(folder)).not.toContain('backup');
  });
});

describe('a restore', () => {
  const manifest: [string, string] = [
    manifestName,
    JSON.stringify({ format: 1, millrace: '0.1.0', postgres: '18' }),
  ];
  const whole: [string, string][] = [
    manifest,
    ['postgres.password', 'x'],
    ['postgres/PG_VERSION', '18\n'],
    ['postgres/backup_label', 'x'],
  ];
  const tar = (entries: [path: string, content: string][]) =>
    Buffer.concat([
      ...entries.flatMap(([path, content]) => [
        makeHeader(path, content.length),
        Buffer.from(content),
        Buffer.alloc(paddingOf(content.length)),
      ]),
      Buffer.alloc(1024),
    ]);
  /** A link is a file whose type says so. */
  const withLink = (path: string, target: string) => {
    const header = makeHeader(path, 0);
    header.write('2', 156);
    header.write(target, 157);
    header.write('        ', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return Buffer.concat([tar([manifest]).subarray(0, -1024), header, tar(whole.slice(1))]);
  };
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1;
    return copy;
  };

  const faults: [name: string, bytes: Buffer, message: string][] = [
    ['a path that leads out', gzipSync(tar([...whole, ['postgres/../../evil', 'x']])), 'do not trust it'],
    ['an absolute path', gzipSync(tar([...whole, ['/evil', 'x']])), 'do not trust it'],
    ['a file that no backup has', gzipSync(tar([...whole, ['.bashrc', 'x']])), 'do not trust it'],
    ['a link', gzipSync(withLink('postgres/base', '/etc')), 'do not trust it'],
    ['another archive', gzipSync(tar(whole.slice(1))), 'not made by "millrace backup"'],
    ['no database', gzipSync(tar(whole.slice(0, 2))), 'holds no postgres'],
    [
      'a newer format',
      gzipSync(tar([[manifestName, '{"format":2}'], ...whole.slice(1)])),
      'by a newer Millrace',
    ],
    ['no end of the archive', gzipSync(tar(whole).subarray(0, -1024)), 'cut short'],
    ['half a file', gzipSync(tar(whole)).subarray(0, -20), 'cut short'],
    ['another byte', flipped(gzipSync(tar(whole)), gzipSync(tar(whole)).length - 6), 'damaged'],
    ['another byte of a header', gzipSync(flipped(tar(whole), 4)), 'damaged'],
    ['a dump', Buffer.from('PGDMP…'), 'set DATABASE_URL'],
    ['something else', Buffer.from('hello'), 'is no backup'],
  ];

  test.each(faults)('refuses %s, and leaves the folder empty', async (_name, bytes, message) => {
    const folder = await temporaryFolder();
    const file = join(folder, 'backup');
    const dataDir = join(folder, 'data');
    await mkdir(dataDir);
    await writeFile(file, bytes);
    const refused = await start('restore', file, { DATA_DIR: dataDir });
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(message) });
    expect(await readdir(dataDir)).toEqual([]);
    expect((await readdir(folder)).toSorted()).toEqual(['backup', 'data']);
  });

  test('replaces what a broken restore has left, with the rights of the owner of the folder', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'backup');
    const [dataDir, elsewhere] = [join(folder, 'data'), join(folder, 'elsewhere')];
    await mkdir(dataDir);
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'kept'), 'x');
    await writeFile(file, gzipSync(tar(whole)), { mode: 0o600 });
    await symlink(elsewhere, join(dataDir, '.restoring'));
    if (isRoot) await chown(dataDir, nobody, nobody);
    expect(await start('restore', file, { DATA_DIR: dataDir })).toMatchObject({ exitCode: 0 });
    expect(await readdir(elsewhere)).toEqual(['kept']);
    expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.password']);
    expect(await readFile(join(dataDir, 'postgres/PG_VERSION'), 'utf8')).toBe('18\n');
    const { uid, mode } = await stat(join(dataDir, 'postgres/PG_VERSION'));
    expect([uid, mode & 0o777]).toEqual([isRoot ? nobody : process.getuid!(), 0o600]);
  });

  if (isRoot)
    test('as root refuses a folder of root that others may write to', async () => {
      const folder = await temporaryFolder();
      const [file, dataDir] = [join(folder, 'backup'), join(folder, 'data')];
      await mkdir(dataDir);
      await execa('chmod', ['777', dataDir]);
      await writeFile(file, gzipSync(tar(whole)));
      const refused = await start('restore', file, { DATA_DIR: dataDir });
      expect(refused).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Others than its owner'),
      });
    });
});
