import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres/embedded-postgres.js';
import {
  killAndWait,
  postgresProcesses,
  postmasterPid,
  query,
  run,
  silent,
  until,
  useDataDirs,
  useFirstPostgres,
} from './harness.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const newDataDir = useDataDirs();
const first = useFirstPostgres();

const usedDataDir = async () => first.copyTo(await newDataDir());
const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log: silent });

test('the first start creates a UTF-8 database whose collation does not depend on the host', async () => {
  const { postgres, dataDir } = first;
  const rows = await query(
    postgres.url,
    `SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider, datlocale AS locale,
       current_setting('TimeZone') AS zone, upper('é') AS upper, current_setting('listen_addresses') AS address,
       current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums
     FROM pg_database WHERE datname = current_database()`,
  );
  expect(postgres.adopted).toBe(false);
  expect(rows).toEqual([
    {
      name: 'millrace',
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      zone: 'UTC',
      upper: 'É',
      address: '',
      fsync: 'on',
      checksums: 'on',
    },
  ]);
  expect((await readdir(dataDir)).filter((name) => name.includes('init'))).toEqual([]);
});

test('the password is only in a file of mode 0600, and every connection requires it', async () => {
  const { postgres, dataDir, logged } = first;
  const { password } = new URL(postgres.url);
  expect(password.length).toBeGreaterThan(30);
  expect((await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim()).toBe(password);
  expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);

  const processes = await postgresProcesses(dataDir);
  expect(processes.length).toBeGreaterThan(3);
  for (const pid of processes) {
    const seen =
      (await readFile(`/proc/${pid}/cmdline`, 'utf8')) + (await readFile(`/proc/${pid}/environ`, 'utf8'));
    expect(seen).not.toContain(password);
    expect(seen).not.toContain('VITEST');
  }
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.join('\n') + (await readFile(join(dataDir, 'postgres.log'), 'utf8'))).not.toContain(password);
  await expect(query(postgres.url.replace(password, 'wrong'), 'SELECT 1')).rejects.toThrow(
    /password authentication failed/,
  );
});

test('Postgres has its own session, so a signal to the process group of the server does not reach it', async () => {
  const pid = await postmasterPid(first.dataDir);
  const { stdout } = await run('ps', ['-o', 'sid=', '-p', String(pid)]);
  expect(Number(stdout)).toBe(pid);
});

test('the second start uses the data of the first, at the same address', async () => {
  const { url } = first.postgres;
  await first.stop();
  expect(await postgresProcesses(first.dataDir)).toEqual([]);
  await first.start();
  expect(first.postgres.url).toBe(url);
  expect(await query(url, 'SELECT note FROM kept')).toEqual([{ note: 'from the first start' }]);
});

test('a killed postmaster is restarted on the same address, also next to a backend that has not ended', async () => {
  const { postgres, dataDir } = first;
  await query(postgres.url, `INSERT INTO kept VALUES ('before the crash')`);
  const [backend] = await query<{ pid: number }>(
    postgres.url,
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'millrace presence'`,
  );
  const killed = await postmasterPid(dataDir);
  // A stopped process notices nothing, as one in a long computation does.
  process.kill(backend!.pid, 'SIGSTOP');
  await killAndWait(killed);
  await postgres.ensureRunning();
  expect(await query(postgres.url, 'SELECT count(*)::int AS notes FROM kept')).toEqual([{ notes: 2 }]);
  expect(await postgresProcesses(dataDir)).not.toContain(backend!.pid);

  const again = await postmasterPid(dataDir);
  expect(again).not.toBe(killed);
  await killAndWait(again);
  await until(() =>
    query(postgres.url, 'SELECT 1').then(
      () => true,
      () => false,
    ),
  );
  expect(await postmasterPid(dataDir)).not.toBe(again);
});

test('a process whose own connection was closed still stops Postgres, and stops it once', async () => {
  const { postgres, dataDir } = first;
  // a restart that is still under way would hide that there is no connection
  await postgres.ensureRunning();
  const cut = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'millrace presence'`;
  await query(postgres.url, cut);
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(await postgresProcesses(dataDir)).toEqual([]);
  await expect(postgres.ensureRunning()).rejects.toMatchObject({ code: 'STOPPED' });
});

test('data of another major version is refused and not changed', async () => {
  const dataDir = await newDataDir();
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres/PG_VERSION'), '16\n');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'OTHER_MAJOR_VERSION',
    found: '16',
    needed: '18',
    message: expect.stringMatching(/Postgres 16.*Postgres 18.*DATABASE_URL/),
  });
  expect(await readFile(join(dataDir, 'postgres/PG_VERSION'), 'utf8')).toBe('16\n');
});

test('an error reports a lost password file, and no process is left behind', async () => {
  const dataDir = await usedDataDir();
  await rm(join(dataDir, 'postgres.password'));
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'PASSWORD_LOST' });
  await writeFile(join(dataDir, 'postgres.password'), 'another');
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'PASSWORD_LOST' });
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a Postgres that does not start causes an error with the reason', async () => {
  const dataDir = await usedDataDir();
  await writeFile(join(dataDir, 'postgres/postgresql.conf'), 'no_such_setting = 1\n');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('no_such_setting'),
  });
});

test('a data folder with other files is refused', async () => {
  const dataDir = await newDataDir();
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres/notes.txt'), 'mine');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'NOT_PERMITTED',
    message: expect.stringContaining('PG_VERSION'),
  });
});
