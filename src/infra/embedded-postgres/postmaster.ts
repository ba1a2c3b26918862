import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, EmbeddedPostgresError } from './errors.js';

/** The main process of a running Postgres, as described in its `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
  listensOnTcp: boolean;
  status: 'starting' | 'ready' | 'stopping';
}

const pollMilliseconds = 10;

/** Only the postmaster keeps its original command line; its children change theirs. */
const isPostgres = /^(?:[^\0]*\/postgres\0|postgres: )/;

/**
 * Returns a name that identifies the Postgres of a folder. As its `cluster_name` it is in the command line of all its processes, which can
 * be read where /proc/PID/cwd cannot (root without CAP_SYS_PTRACE, as in Docker).
 */
export async function clusterName(data: string): Promise<string> {
  const { dev, ino } = await stat(data);
  return `millrace-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 16)}`;
}

/** Finds the running Postgres of a data folder; a `postmaster.pid` that names a dead or another process is ignored. */
export async function findPostmaster(data: string): Promise<Postmaster | null> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await belongsTo(pid, data))) return null;
  const status = lines[7]?.trim();
  return {
    pid,
    port: Number(lines[3]),
    listensOnTcp: (lines[5] ?? '').trim() !== '',
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/** Waits while Postgres starts, recovers or stops. @returns the postmaster when it is ready, null when it has ended */
export async function settledPostmaster(data: string): Promise<Postmaster | null> {
  const deadline = Date.now() + 10 * 60_000;
  let hastened = 0;
  while (Date.now() < deadline) {
    const found = await findPostmaster(data);
    if (found === null || found.status === 'ready') return found;
    // A "smart" shutdown (SIGTERM) waits for clients that may never leave.
    if (found.status === 'stopping' && hastened !== found.pid) signal((hastened = found.pid), 'SIGINT');
    await delay(pollMilliseconds);
  }
  throw new EmbeddedPostgresError(
    'START_FAILED',
    `The Postgres in ${data} has been neither up nor down for 10 minutes.`,
  );
}

/** Stops Postgres by a fast shutdown, or after a minute by an immediate one, without a final checkpoint. Returns when it has ended. */
export async function stopPostmaster(data: string, pid: number): Promise<void> {
  for (const [name, timeout] of [
    ['SIGINT', 60_000],
    ['SIGQUIT', 20_000],
    ['SIGKILL', 10_000],
  ] as const) {
    signal(pid, name);
    const deadline = Date.now() + timeout;
    while (Date.now() < deadline) {
      if (!(await belongsTo(pid, data))) return;
      await delay(pollMilliseconds);
    }
  }
  throw new EmbeddedPostgresError('START_FAILED', `Postgres (process ${pid}) cannot be stopped.`);
}

/** Kills every process of a data folder's Postgres, such as those that a killed postmaster has left behind. */
export async function killRemainder(data: string): Promise<void> {
  const names = await readdir('/proc').catch(() => []);
  await Promise.all(
    names
      .map(Number)
      .filter((pid) => pid > 1)
      .map(async (pid) => {
        if (await belongsTo(pid, data)) signal(pid, 'SIGKILL');
      }),
  );
}

async function belongsTo(pid: number, data: string): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid);
  try {
    // The command line of a zombie, which an init process that does not reap may keep forever, is empty.
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (!isPostgres.test(commandLine) || !commandLine.includes(await clusterName(data))) return false;
    return (await stat(`/proc/${pid}`)).uid === (await stat(data)).uid;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
