import { spawn } from 'node:child_process';
import { chmod, lstat, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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
  useFirstPostgres,
} from './harness.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const clone = useClone();
const first = useFirstPostgres();
const newDataDir = useDataDirs();

const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log: silent });
const socketFolderOf = (dataDir: string) => join(dataDir, 'postgres/socket');
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const kept = async (url: string) => (await query<{ note: string }>(url, 'SELECT note FROM kept'))[0]?.note;
const note = 'from the first start';
const nobody = { uid: 65_534, gid: 65_534 };

// another user takes root
test.runIf(isRoot)('no other user can connect, even if everybody can access the data folder', async () => {
  const { dataDir } = first;
  await chmod(dataDir, 0o755);
  const { uid, gid } = await stat(join(dataDir, 'postgres'));
  expect(await connectAs({ uid, gid }, dataDir)).toBe('connected');
  expect(await connectAs(nobody, dataDir)).toBe('EACCES');
  // of the group of Postgres
  expect(await connectAs({ uid: nobody.uid, gid }, dataDir)).toBe('EACCES');
});

test('Postgres has one socket, in a folder that only its user can access, and none of TCP', async () => {
  const { dataDir, postgres } = first;
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

test('a data folder whose path is too long for a socket works, also after a crash', async () => {
  const dataDir = await newDataDir('with a long name '.repeat(6), 'ü %41?@:# and another '.repeat(6));
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

test.each([107, 108])(
  'a data folder with a socket path of %i bytes works, with characters that are special in a URL',
  async (length) => {
    const signs = 'ü %41?@:#';
    const { length: shortest } = Buffer.from(join(await newDataDir(signs), 'postgres/socket/.s.PGSQL.5432'));
    const dataDir = await first.copyTo(await newDataDir(signs + 'x'.repeat(length - shortest)));
    const postgres = await start(dataDir);
    const socketFolder = encodeURIComponent(socketFolderOf(dataDir));
    expect(postgres.url.includes(socketFolder)).toBe(length === 107);
    expect(await kept(postgres.url)).toBe(note);
    await postgres.stop();
  },
);

test('stale lock files are ignored, and a symbolic link in place of the socket folder is not followed', async () => {
  const dataDir = await first.copyTo(await newDataDir());
  const data = join(dataDir, 'postgres');
  const folder = socketFolderOf(dataDir);
  await chmod(folder, 0o777);
  // Of Postgres' own user: it believes the files then, and refuses to start.
  const { uid, gid } = await stat(data);
  const stranger = spawn('sleep', ['1000'], { cwd: '/', ...(isRoot && { uid, gid }) });
  const lock = [stranger.pid, data, 1_700_000_000, 5432, ''];
  await writeFile(join(folder, '.s.PGSQL.5432.lock'), [...lock, ''].join('\n'));
  await writeFile(join(data, 'postmaster.pid'), [...lock, '127.0.0.1', '', 'ready'].join('\n'));
  try {
    const postgres = await start(dataDir);
    expect(postgres.adopted).toBe(false);
    await postgres.stop();
    expect(stranger.signalCode).toBeNull();
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

test('after all its processes were killed, a data folder starts again, also a copy or as another user', async () => {
  const dataDir = await first.copyTo(await newDataDir());
  const user = new PostgresUser(clone.moduleUrl, dataDir);
  const { url } = await user.up();
  await query(url, `UPDATE kept SET note = 'before the crash'`);
  const processes = await postgresProcesses(dataDir);
  await user.killHard();
  await Promise.all(processes.map(killAndWait));
  expect(await readdir(socketFolderOf(dataDir))).toEqual(['.s.PGSQL.5432', '.s.PGSQL.5432.lock']);

  const copy = await newDataDir();
  await run('cp', ['-a', dataDir, copy]);
  const postgres = await start(copy);
  expect(postgres.adopted).toBe(false);
  expect(await kept(postgres.url)).toBe('before the crash');
  await postgres.stop();

  if (isRoot) {
    const handed = await newDataDir();
    await run('cp', ['-a', dataDir, handed]);
    await run('chown', ['-R', `${nobody.uid}:${nobody.gid}`, handed]);
    const other = new PostgresUser(clone.moduleUrl, handed, nobody);
    expect(await kept((await other.up()).url)).toBe('before the crash');
    expect((await stat(socketFolderOf(handed))).uid).toBe(nobody.uid);
    await other.tell('stop');
  }

  const again = await start(dataDir);
  expect(again.adopted).toBe(false);
  expect(await kept(again.url)).toBe('before the crash');
  await again.stop();
});

async function connectAs(user: { uid: number; gid: number }, dataDir: string): Promise<string> {
  const script = `use Socket; use Errno;
    socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die;
    print connect($socket, sockaddr_un($ARGV[0])) ? 'connected' : $!{EACCES} ? 'EACCES' : $!`;
  const socket = join(socketFolderOf(dataDir), '.s.PGSQL.5432');
  return (await run('perl', ['-e', script, socket], { ...user, cwd: '/' })).stdout;
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
