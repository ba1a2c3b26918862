import type { LauncherIdentity } from './identity.js';
import { readProc, readStat, readUser } from './proc.js';
import { decodeMark, markBits } from './run-mark.js';

const ROOT = 0;

/** Whether a process is a launcher that is root, which no command can pretend to be. */
function isRootLauncher(pid: number): boolean {
  return readUser(pid) === ROOT && (readProc(`/proc/${pid}/cmdline`)?.includes('launcher-main') ?? false);
}

/**
 * Whether a mark is that of another launcher which runs as root in this pid namespace. Any command can set the limit of which a mark
 * is made, and so name a process that lives for ever, such as the first one; only what is a launcher is believed.
 */
export function namesOtherLauncher(limit: string, self: LauncherIdentity): boolean {
  const launcher = decodeMark(limit);
  if (!launcher || launcher.pid === self.pid) return false;
  const stat = readStat(launcher.pid);
  if (!stat || stat.dead || !isRootLauncher(launcher.pid)) return false;
  const bits = markBits({ ...self, pid: launcher.pid, startTime: stat.startTime });
  return bits.startTimeBits === launcher.startTimeBits && bits.pidNamespaceBits === launcher.pidNamespaceBits;
}
