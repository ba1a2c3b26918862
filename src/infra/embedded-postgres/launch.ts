import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isTcp, type ServerAddress } from './address.js';
import type { PostgresBinaries } from './binaries.js';
import { identityOf, pathOfFolder } from './environment.js';
import { EmbeddedPostgresError } from './errors.js';
import type { PostgresFolder } from './folder.js';
import { tryLock } from './lock.js';
import { rotateLog, sizeOf, tailOfLog } from './log.js';
import { clusterName, findPostmaster, killRemainder } from './postmaster.js';
import { makeSocketFolder } from './socket.js';
import type { HostUser } from '../host-user.js';

/**
 * Starts Postgres in a session of its own and returns when it accepts connections. Must be called under the lock, and only when no
 * postmaster of this folder is alive.
 *
 * @throws {EmbeddedPostgresError} `IN_USE_ELSEWHERE` or `START_FAILED` with the end of Postgres' log.
 */
export async function launch(
  folder: PostgresFolder,
  binaries: PostgresBinaries,
  user: HostUser | null,
  address: ServerAddress,
): Promise<void> {
  const data = await open(folder.data, 'r');
  try {
    await claim(data, folder);
    await rotateLog(folder.log);
    const log = await open(folder.log, 'a', 0o600);
    try {
      await makeSocketFolder(folder, user);
      await run(folder, binaries, user, address, data, log);
    } finally {
      await log.close();
    }
  } finally {
    await data.close();
  }
}

/**
 * Locks the open data folder. Postgres inherits the descriptor, so each of its processes holds the lock while it lives, and two postmasters
 * on one folder are impossible even where process ids are not comparable, as between containers.
 */
async function claim(data: FileHandle, folder: PostgresFolder): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await tryLock(data.fd))) {
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        'IN_USE_ELSEWHERE',
        `A Postgres that this process cannot see (in another container?) uses ${folder.data}. Set DATABASE_URL to share a database between containers or hosts.`,
      );
    }
    await killRemainder(folder.data);
    await delay(20);
  }
  // No process holds the folder, so the file is stale; Postgres would trust it if its process id was in use again.
  if (process.platform === 'linux') await rm(join(folder.data, 'postmaster.pid'), { force: true });
}

async function run(
  folder: PostgresFolder,
  binaries: PostgresBinaries,
  user: HostUser | null,
  address: ServerAddress,
  data: FileHandle,
  log: FileHandle,
): Promise<void> {
  const logStart = await sizeOf(folder.log);
  const child = spawn(
    binaries.postgres,
    ['-D', pathOfFolder(folder.data), ...settings(folder, await clusterName(folder.data), address)],
    {
      ...identityOf(user),
      detached: true,
      stdio: ['ignore', log.fd, log.fd, data.fd],
    },
  );
  let ended: string | null = null;
  child.on('exit', (code, signal) => (ended = signal ?? `exit code ${code}`));
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `Cannot run ${binaries.postgres}: ${(cause as Error).message}`,
      { cause },
    );
  }
  child.unref();

  while (!(await isReady(folder, child.pid))) {
    if (ended !== null) throw startFailure(ended, await tailOfLog(folder.log, logStart));
    await delay(10);
  }
}

async function isReady(folder: PostgresFolder, pid: number | undefined): Promise<boolean> {
  const postmaster = await findPostmaster(folder.data);
  return postmaster?.pid === pid && postmaster?.status === 'ready';
}

function startFailure(ended: string, tail: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'START_FAILED',
    `Postgres did not start (${ended}). The end of its log:\n${tail}`,
  );
}

/**
 * Returns the size of the shared buffers: an eighth of the memory, between 128 MB, which is Postgres' default, and 1 GB. They are allocated
 * page by page, as data are read. Compared with the default, frequent words in a million tasks are found in half the time.
 */
function bufferMegabytes(): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return Math.min(1024, Math.max(128, Math.floor(bytes / 8 / 1024 ** 2)));
}

function settings({ data, socketFolder }: PostgresFolder, cluster: string, address: ServerAddress): string[] {
  const values = {
    cluster_name: cluster,
    port: address.port,
    listen_addresses: isTcp(address) ? address.host : '',
    unix_socket_directories: pathOfFolder(data) + socketFolder.slice(data.length),
    unix_socket_permissions: '0700',
    shared_buffers: `${bufferMegabytes()}MB`,
    // one process may be configured to use 200 for requests, 32 for runs and a few more; the rest is for other clients
    max_connections: 300,
    // a burst can fill a table within the default minute, in which Postgres would still use the plans for a small table
    autovacuum_naptime: '10s',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
