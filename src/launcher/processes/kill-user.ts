import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from '../as-user.js';
import type { LauncherIdentity } from './identity.js';
import { isRootLauncherFor, namesOtherLauncher } from './root-launcher.js';
import { Slices } from './slices.js';
import { isAncestor, listProcesses, readLockLimits, readStat, readUser } from './proc.js';

const execute = promisify(execFile);
const INIT = 1;
const ROOT = 0;
const MAX_TRIES = 10;
const TIMEOUT_MS = 2_000;

/**
 * Kills every process of a user at once, with kill(2) of pid -1. A reader of /proc can miss a process that forks continuously and so
 * changes its pid all the time, but a fork fails in a process that has a signal pending. Nothing is killed while another launcher has a
 * run of that user.
 * @param user a user that is reserved for commands
 * @returns the number of processes that were seen
 */
export async function killAllOf(user: number, self: LauncherIdentity): Promise<number> {
  const { line, options } = asUser({ uid: user, gid: user }, ['/bin/sh', '-c', 'kill -KILL -1']);
  // Another launcher for the same users could start a command between the check and the kill.
  if ((await processesThat((pid) => pid !== self.pid && isRootLauncherFor(user, pid))).length > 0) return 0;
  let found = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const processes = await processesOf(user);
    if (processes.some((pid) => isOfOther(pid, user, self))) break;
    found = Math.max(found, processes.filter(isAlive).length);
    // A process of the user can stop the shell before it kills, hence the timeout; `kill` fails when there is no process to kill.
    const bounds = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    const settings = { ...options, ...bounds, cwd: '/', env: cleanEnvironment };
    await execute(line[0], line.slice(1), settings).catch(() => undefined);
    if (!(await processesOf(user)).some(isAlive)) break;
  }
  return found;
}

/** Lists the users that have processes, zombies included. */
export function usersOfProcesses(): Set<number> {
  return new Set(listProcesses().flatMap((pid) => readUser(pid) ?? []));
}

/** Whether a user has a process that is not a zombie. */
export async function hasLivingProcess(user: number): Promise<boolean> {
  return (await processesOf(user)).some(isAlive);
}

const processesOf = (user: number): Promise<number[]> => processesThat((pid) => readUser(pid) === user);

/** Lists the matching processes in slices: a host may have thousands of processes, and reading one takes 5 µs. */
async function processesThat(isMatch: (pid: number) => boolean): Promise<number[]> {
  const slices = new Slices();
  const found: number[] = [];
  for (const pid of listProcesses()) {
    if (slices.isOver) await slices.rest();
    if (isMatch(pid)) found.push(pid);
  }
  return found;
}

const isAlive = (pid: number): boolean => readStat(pid)?.dead === false;

/** Whether a process belongs to another launcher. A command that was just started has no mark yet, but a root process as parent. */
function isOfOther(pid: number, user: number, self: LauncherIdentity): boolean {
  const { soft = '', hard = '' } = readLockLimits(pid) ?? {};
  if (namesOtherLauncher(hard, self, user) || namesOtherLauncher(soft, self, user)) return true;
  const parent = readStat(pid)?.parent ?? INIT;
  if (parent === INIT || parent === self.pid || isAncestor(parent, self.pid)) return false;
  return readUser(parent) === ROOT;
}
