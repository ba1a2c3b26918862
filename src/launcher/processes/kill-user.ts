import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from '../as-user.js';
import type { LauncherIdentity } from './identity.js';
import { isRootLauncherFor, namesOtherLauncher } from './living-launcher.js';
import { Slices } from './slices.js';
import { isAncestor, listProcesses, readLockLimits, readStat, readUser } from './proc.js';

const execute = promisify(execFile);
const INIT = 1;
const ROOT = 0;
const MOST_TRIES = 10;
const TIMEOUT_MS = 2_000;

/**
 * Kills every process of a user at one stroke, as kill(2) does with -1: what forks without pause from one process id to the next
 * is seen by no reader of /proc, but a fork fails in a process that has a signal pending. Nothing is killed while another launcher
 * has a run of that user.
 * @param user that only commands have
 * @returns how many processes it had, as far as they were seen
 */
export async function killAllOf(user: number, self: LauncherIdentity): Promise<number> {
  const { line, options } = asUser({ uid: user, gid: user }, ['/bin/sh', '-c', 'kill -KILL -1']);
  // Another one may start a command of that user between the look and the stroke.
  if ((await processesThat((pid) => pid !== self.pid && isRootLauncherFor(user, pid))).length > 0) return 0;
  let found = 0;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const processes = await processesOf(user);
    if (processes.some((pid) => isOfOther(pid, user, self))) break;
    found = Math.max(found, processes.filter(isAlive).length);
    // A process of the user can stop this one before it has killed, and it fails where there is none to kill.
    const bounds = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    const settings = { ...options, ...bounds, cwd: '/', env: cleanEnvironment };
    await execute(line[0], line.slice(1), settings).catch(() => undefined);
    if (!(await processesOf(user)).some(isAlive)) break;
  }
  return found;
}

/** The users who have processes, those of zombies too. */
export function usersOfProcesses(): Set<number> {
  return new Set(listProcesses().flatMap((pid) => readUser(pid) ?? []));
}

/** Whether a user has a process that is more than a zombie. */
export async function hasLivingProcess(user: number): Promise<boolean> {
  return (await processesOf(user)).some(isAlive);
}

const processesOf = (user: number): Promise<number[]> => processesThat((pid) => readUser(pid) === user);

/** Others may have thousands of processes, of which each is read in 5 µs. */
async function processesThat(isMeant: (pid: number) => boolean): Promise<number[]> {
  const slices = new Slices();
  const found: number[] = [];
  for (const pid of listProcesses()) {
    if (slices.isOver) await slices.rest();
    if (isMeant(pid)) found.push(pid);
  }
  return found;
}

const isAlive = (pid: number): boolean => readStat(pid)?.dead === false;

/** A command that another launcher has just started has no mark yet: it is the child of a process of root, as ours never are. */
function isOfOther(pid: number, user: number, self: LauncherIdentity): boolean {
  const { soft = '', hard = '' } = readLockLimits(pid) ?? {};
  if (namesOtherLauncher(hard, self, user) || namesOtherLauncher(soft, self, user)) return true;
  const parent = readStat(pid)?.parent ?? INIT;
  if (parent === INIT || parent === self.pid || isAncestor(parent, self.pid)) return false;
  return readUser(parent) === ROOT;
}
