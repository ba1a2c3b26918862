import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres/embedded-postgres.js';
import {
  cleanUp,
  isRoot,
  killAndWait,
  postgresProcesses,
  postmasterPid,
  query,
  run,
  silent,
  temporaryFolder,
  until,
} from './harness.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let template: string;
const dataDirs: string[] = [];

beforeAll(async () => {
  template = join(await makeTemplateFolder(), 'data');
  const postgres = await startEmbeddedPostgres({ dataDir: template, log: silent });
  await query(postgres.url, 'CREATE TABLE kept (note text)');
  await query(postgres.url, `INSERT INTO kept VALUES ('from the first start')`);
  await postgres.stop();
});
afterEach(() => cleanUp(dataDirs));
afterAll(() => run('rm', ['-rf', template.replace(/\/data$/, '')]));

async function makeTemplateFolder(): Promise<string> {
  return (await run('mktemp', ['-d'])).stdout.trim();
}

async function emptyDataDir(): Promise<string> {
  const dataDir = join(await temporaryFolder(), 'data');
  dataDirs.push(dataDir);
  return dataDir;
}

async function usedDataDir(): Promise<string> {
  const dataDir = await emptyDataDir();
  await run('cp', ['-a', template, dataDir]);
  return dataDir;
}

const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log: silent });

test('the first start makes a UTF-8 database whose order does not depend on the host', async () => {
  const dataDir = await emptyDataDir();
  const postgres = await start(dataDir);
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
  await postgres.stop();
  expect(await postgresProcesses(dataDir)).toEqual([]);
  expect((await readdir(dataDir)).filter((name) => name.includes('init'))).toEqual([]);
});

test('the second start finds the data of the first, at the same address', async () => {
  const dataDir = await usedDataDir();
  const first = await start(dataDir);
  await first.stop();
  const postgres = await start(dataDir);
  expect(await query(postgres.url, 'SELECT note FROM kept')).toEqual([{ note: 'from the first start' }]);
  expect(postgres.url).toBe(first.url);
  await postgres.stop();
});

test('the password is in its 0600 file only: in no command line, environment or log, and no connection works without it', async () => {
  const dataDir = await emptyDataDir();
  const lines: string[] = [];
  const log = { info: (line: string) => void lines.push(line), warn: silent.warn, error: silent.error };
  const postgres = await startEmbeddedPostgres({ dataDir, log });
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
  expect(lines.join('\n') + (await readFile(join(dataDir, 'postgres.log'), 'utf8'))).not.toContain(password);
  await expect(query(postgres.url.replace(password, 'wrong'), 'SELECT 1')).rejects.toThrow(
    /password authentication failed/,
  );
  await postgres.stop();
});

test('Postgres has a session of its own, so a signal for our group does not reach it', async () => {
  const dataDir = await usedDataDir();
  const postgres = await start(dataDir);
  const pid = await postmasterPid(dataDir);
  const { stdout } = await run('ps', ['-o', 'sid=', '-p', String(pid)]);
  expect(Number(stdout)).toBe(pid);
  await postgres.stop();
});

test('a postmaster that is killed comes back on the same address, without a call too', async () => {
  const dataDir = await usedDataDir();
  const postgres = await start(dataDir);
  await query(postgres.url, `INSERT INTO kept VALUES ('before the crash')`);
  const killed = await postmasterPid(dataDir);
  await killAndWait(killed);
  await postgres.ensureRunning();
  expect(await query(postgres.url, 'SELECT count(*)::int AS notes FROM kept')).toEqual([{ notes: 2 }]);

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
  await postgres.stop();
  expect(await postgresProcesses(dataDir)).toEqual([]);
});

test('a backend that ignores the death of its postmaster does not keep Postgres from coming back', async () => {
  const dataDir = await usedDataDir();
  const postgres = await start(dataDir);
  const [backend] = await query<{ pid: number }>(
    postgres.url,
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'millrace presence'`,
  );
  // A stopped process notices nothing, as one in a long computation does.
  process.kill(backend!.pid, 'SIGSTOP');
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  await postgres.ensureRunning();
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await postgresProcesses(dataDir)).not.toContain(backend!.pid);
  await postgres.stop();
});

test('a process whose own connection was cut still stops Postgres, and stops it once', async () => {
  const dataDir = await usedDataDir();
  const postgres = await start(dataDir);
  const cut = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'millrace presence'`;
  await query(postgres.url, cut);
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(await postgresProcesses(dataDir)).toEqual([]);
  await expect(postgres.ensureRunning()).rejects.toMatchObject({ code: 'STOPPED' });
});

test('a stale postmaster.pid whose process id is in use by another process is not believed', async () => {
  const dataDir = await usedDataDir();
  const data = join(dataDir, 'postgres');
  // Of Postgres' own user: it believes the file then, and refuses to start.
  const { uid, gid } = await stat(data);
  const stranger = spawn('sleep', ['1000'], { cwd: '/', ...(isRoot && { uid, gid }) });
  const lines = [stranger.pid, data, 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready'];
  await writeFile(join(data, 'postmaster.pid'), lines.join('\n'));
  try {
    const postgres = await start(dataDir);
    expect(postgres.adopted).toBe(false);
    await postgres.stop();
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test('data of another major version is refused and left alone', async () => {
  const dataDir = await usedDataDir();
  await writeFile(join(dataDir, 'postgres/PG_VERSION'), '16\n');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'OTHER_MAJOR_VERSION',
    found: '16',
    needed: '18',
    message: expect.stringMatching(/Postgres 16.*Postgres 18.*DATABASE_URL/),
  });
  expect(await readFile(join(dataDir, 'postgres/PG_VERSION'), 'utf8')).toBe('16\n');
});

test('a lost password file is named, and nothing is left running', async () => {
  const dataDir = await usedDataDir();
  await run('rm', [join(dataDir, 'postgres.password')]);
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

test('a folder with something else in it is refused', async () => {
  const dataDir = await emptyDataDir();
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres/notes.txt'), 'mine');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'NOT_PERMITTED',
    message: expect.stringContaining('PG_VERSION'),
  });
});
