import type { LauncherIdentity } from './identity.js';
import { readProc, readStat, readUser } from './proc.js';
import { decodeMark, markBits } from './run-mark.js';

const ROOT = 0;

/**
 * Whether a process is a launcher with root rights that may run commands as a user. A command cannot become root, so the command line of
 * a root process can be trusted. It contains the policy of the launcher, with the users of its commands.
 */
export function isRootLauncherFor(user: number, pid: number): boolean {
  if (readUser(pid) !== ROOT) return false;
  const words = readProc(`/proc/${pid}/cmdline`)?.toString('utf8').split('\0') ?? [];
  const at = words.findIndex((word) => /(^|\/)launcher-main\.[cm]?[jt]s$/.test(word));
  if (at < 0) return false;
  try {
    const { users } = JSON.parse(words[at + 1] ?? '') as { users?: { first: number; count: number } };
    return users !== undefined && user >= users.first && user < users.first + users.count;
  } catch {
    return false;
  }
}

/**
 * Whether a mark is that of another launcher which runs as root in this pid namespace and may run commands as that user. Any command
 * can set the limit that serves as mark, and so forge one of a process that never ends, such as pid 1, or of the launcher of another
 * installation; a mark is only accepted when its launcher can have started the process.
 */
export function namesOtherLauncher(limit: string, self: LauncherIdentity, user: number): boolean {
  const launcher = decodeMark(limit);
  if (!launcher || launcher.pid === self.pid) return false;
  const stat = readStat(launcher.pid);
  if (!stat || stat.dead || !isRootLauncherFor(user, launcher.pid)) return false;
  const bits = markBits({ ...self, pid: launcher.pid, startTime: stat.startTime });
  return bits.startTimeBits === launcher.startTimeBits && bits.pidNamespaceBits === launcher.pidNamespaceBits;
}
