import { spawn } from 'node:child_process';
import { chmod, lstat, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres/embedded-postgres.js';
import { useClone } from './clone.js';
import {
  isRoot,
  killAndWait,
  postgresProcesses,
  PostgresUser,
  postmasterPid,
  query,
  run,
  silent,
  temporaryFolder,
  useDataDirs,
} from './harness.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const clone = useClone();
const newDataDir = useDataDirs();

const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log: silent });
const socketFolderOf = (dataDir: string) => join(dataDir, 'postgres/socket');
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('Postgres has one socket, in a folder of its user alone, and none of TCP', async () => {
  const dataDir = await newDataDir();
  const postgres = await start(dataDir);
  const inodes = (await Promise.all((await postgresProcesses(dataDir)).map(socketsOf))).flat();
  expect(inodes.length).toBeGreaterThan(0);
  expect((await tcpInodes()).filter((inode) => inodes.includes(inode))).toEqual([]);

  const folder = socketFolderOf(dataDir);
  const socket = join(folder, '.s.PGSQL.5432');
  const { uid } = await stat(join(dataDir, 'postgres'));
  expect([(await stat(folder)).uid, await modeOf(folder)]).toEqual([uid, 0o700]);
  expect([(await stat(socket)).uid, await modeOf(socket)]).toEqual([uid, 0o700]);
  await postgres.stop();
  expect(await readdir(folder)).toEqual([]);
});

test('a data folder whose path is too long for a socket works, and comes back after a crash', async () => {
  const dataDir = await newDataDir('with a long name '.repeat(6), 'ü%41 and another '.repeat(6));
  const open = () => openBelow(dataDir);
  const postgres = await start(dataDir);
  await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS note');
  await killAndWait(await postmasterPid(dataDir));
  await postgres.ensureRunning();
  expect(await query(postgres.url, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
  expect(await open()).toEqual([dataDir]);
  await postgres.stop();
  expect(await open()).toEqual([]);
});

test.each([107, 108])('a data folder whose socket has a path of %i bytes works', async (length) => {
  const { length: shortest } = join(await newDataDir('x'), 'postgres/socket/.s.PGSQL.5432');
  const dataDir = await newDataDir('x'.repeat(length - shortest + 1));
  const postgres = await start(dataDir);
  const socketFolder = encodeURIComponent(socketFolderOf(dataDir));
  expect(postgres.url.includes(socketFolder)).toBe(length === 107);
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await postgres.stop();
});

test('a data folder with signs that mean something in a URL works', async () => {
  const dataDir = await newDataDir('ü %41?@:#');
  const postgres = await start(dataDir);
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await postgres.stop();
});

test('what is left of the folder of the socket does not count, and what a link there points to is left alone', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).stop();
  const folder = socketFolderOf(dataDir);
  await chmod(folder, 0o777);
  // Of Postgres' own user: it believes the file then, and refuses to start.
  const { uid, gid } = await stat(join(dataDir, 'postgres'));
  const stranger = spawn('sleep', ['1000'], { cwd: '/', ...(isRoot && { uid, gid }) });
  const lock = [stranger.pid, join(dataDir, 'postgres'), 1_700_000_000, 5432, '', ''].join('\n');
  await writeFile(join(folder, '.s.PGSQL.5432.lock'), lock);
  try {
    await (await start(dataDir)).stop();
    expect(await modeOf(folder)).toBe(0o700);
  } finally {
    stranger.kill();
  }

  const elsewhere = await temporaryFolder();
  await writeFile(join(elsewhere, 'kept'), '');
  await rm(folder, { recursive: true });
  await symlink(elsewhere, folder);
  await (await start(dataDir)).stop();
  expect((await lstat(folder)).isDirectory()).toBe(true);
  expect([(await stat(elsewhere)).uid, await modeOf(elsewhere)]).toEqual([process.getuid?.(), 0o755]);
  expect(await readdir(elsewhere)).toEqual(['kept']);
});

/** Makes a database with a row in it, and kills its processes and their user. */
async function makeAndCrash(dataDir: string): Promise<void> {
  const user = new PostgresUser(clone.moduleUrl, dataDir);
  await query((await user.up()).url, 'CREATE TABLE kept AS SELECT 1 AS note');
  const processes = await postgresProcesses(dataDir);
  await user.killHard();
  await Promise.all(processes.map(killAndWait));
}

test('all that belongs to a data folder is killed at once, and it starts again, also as a copy', async () => {
  const dataDir = await newDataDir();
  await makeAndCrash(dataDir);
  expect(await readdir(socketFolderOf(dataDir))).toEqual(['.s.PGSQL.5432', '.s.PGSQL.5432.lock']);

  const copy = await newDataDir();
  await run('cp', ['-a', dataDir, copy]);
  for (const folder of [dataDir, copy]) {
    const postgres = await start(folder);
    expect(postgres.adopted).toBe(false);
    expect(await query(postgres.url, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
    await postgres.stop();
  }
});

// Another user takes root.
describe.runIf(isRoot)('as root', () => {
  const nobody = { uid: 65_534, gid: 65_534 };

  test('no other user can connect, though the data folder is open to all', async () => {
    const dataDir = await newDataDir();
    const postgres = await start(dataDir);
    await chmod(dataDir, 0o755);
    const { uid, gid } = await stat(join(dataDir, 'postgres'));
    expect(await connectAs({ uid, gid }, dataDir)).toBe('connected\n');
    expect(await connectAs(nobody, dataDir)).toBe('EACCES\n');
    // of the group of Postgres
    expect(await connectAs({ uid: nobody.uid, gid }, dataDir)).toBe('EACCES\n');
    await postgres.stop();
  });

  test('a data folder that was handed to another user works, also after a crash', async () => {
    const dataDir = await newDataDir();
    await makeAndCrash(dataDir);
    await run('chown', ['-R', `${nobody.uid}:${nobody.gid}`, dataDir]);

    const other = new PostgresUser(clone.moduleUrl, dataDir, nobody);
    expect(await query((await other.up()).url, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
    expect((await stat(socketFolderOf(dataDir))).uid).toBe(nobody.uid);
    await other.tell('stop');
  });
});

async function connectAs(user: { uid: number; gid: number }, dataDir: string): Promise<string> {
  const script = `require('node:net').connect(process.argv[1])
    .on('connect', () => (console.log('connected'), process.exit()))
    .on('error', ({ code }) => console.log(code))`;
  const socket = join(socketFolderOf(dataDir), '.s.PGSQL.5432');
  return (await run(process.execPath, ['-e', script, socket], { ...user, cwd: '/' })).stdout;
}

/** The inodes of the sockets that a process has open. */
async function socketsOf(pid: number): Promise<string[]> {
  const links = await linksOf(String(pid));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** What this process has open of a data folder. */
async function openBelow(dataDir: string): Promise<string[]> {
  return (await linksOf('self')).filter((link) => link.startsWith(dataDir));
}

async function linksOf(pid: string): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}

async function tcpInodes(): Promise<string[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)[9] ?? ''));
}
