import { setTimeout as sleep } from 'node:timers/promises';
import { isDeadLauncher, parseToken, type LauncherIdentity } from './processes/identity.js';
import { namesOtherLauncher } from './processes/root-launcher.js';
import { environmentValue, readLockLimits, readStat, type ProcessStat } from './processes/proc.js';
import { ProcessTable, type Marks } from './processes/process-table.js';
import { decodeMark, markBits } from './processes/run-mark.js';
import { Slices } from './processes/slices.js';
import { killWithGroup } from './processes/signal.js';
import { killAllOf, usersOfProcesses } from './processes/kill-user.js';

const TIMEOUT_MS = 10_000;

/**
 * Kills every process of this pid namespace that was started by a launcher which is dead, and repeats until none is left, for 10 s at
 * most. Processes that may not be signalled are left.
 * @param isOrphanUser tells whether any unmarked process of a user must be an orphan
 * @returns the number of killed processes
 */
export async function endOrphans(
  self: LauncherIdentity,
  outerToken: string | undefined,
  isOrphanUser: (user: number) => boolean,
): Promise<number> {
  const ownSession = readStat(process.pid)?.session ?? process.pid;
  const table = new ProcessTable<string>(findDeadLauncher(self, outerToken, isOrphanUser), false);
  const ended = new Set<string>();
  const forbidden = new Set<string>();
  const deadline = performance.now() + TIMEOUT_MS;
  let killed = 0;
  for (const user of usersOfProcesses()) if (isOrphanUser(user)) killed += await killAllOf(user, self);
  for (let pause = 1; performance.now() < deadline; pause = Math.min(50, pause * 2)) {
    let left = 0;
    const kill = (stat: ProcessStat): void => {
      if (killWithGroup(stat, ownSession) === 'forbidden') forbidden.add(keyOf(stat));
    };
    const first: ProcessStat[] = [];
    const visit = (_launcher: string, stat: ProcessStat): void => {
      if (forbidden.has(keyOf(stat))) return;
      left++;
      // The first scan counts all of them before any is killed, since a signal kills a whole group.
      if (ended.size === 0 || first.length > 0) first.push(stat);
      else kill(stat);
      ended.add(keyOf(stat));
    };
    const missed = await table.scan({ isWanted: () => true, visit, slices: new Slices() });
    first.forEach(kill);
    if (left === 0 && !missed.all && missed.owners.size === 0) break;
    await sleep(pause);
  }
  for (const key of forbidden) ended.delete(key);
  return killed + ended.size;
}

const keyOf = (stat: ProcessStat): string => `${stat.pid}.${stat.startTime}`;

/** Returns a function that identifies the dead launcher of a process by its limit, its user or its environment. */
function findDeadLauncher(
  self: LauncherIdentity,
  outerToken: string | undefined,
  isOrphanUser: (user: number) => boolean,
): (marks: Marks) => string | undefined {
  // Within a run of another Millrace, its marks are on this process too, and its launcher may be in a namespace that is not visible.
  const ownLimits = readLockLimits('self');
  const bits = markBits(self);
  return ({ soft, hard, environment, user }) => {
    let isMarked = false;
    for (const limit of new Set([soft, hard])) {
      const launcher = limit === ownLimits?.hard || limit === ownLimits?.soft ? undefined : decodeMark(limit);
      if (!launcher || launcher.pidNamespaceBits !== bits.pidNamespaceBits) continue;
      const stat = readStat(launcher.pid);
      const alive =
        stat &&
        !stat.dead &&
        markBits({ ...self, startTime: stat.startTime }).startTimeBits === launcher.startTimeBits;
      if (!alive) return limit;
      isMarked ||= user !== undefined && namesOtherLauncher(limit, self, user);
    }
    if (!isMarked && user !== undefined && isOrphanUser(user)) return `user ${user}`;
    const token = environmentValue(environment(), 'MILLRACE_LAUNCHER');
    if (token === undefined || token === outerToken) return undefined;
    const launcher = parseToken(token);
    return launcher && isDeadLauncher(launcher, self.pidNamespace) ? token : undefined;
  };
}
