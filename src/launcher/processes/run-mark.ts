import type { LauncherIdentity } from './identity.js';

/**
 * The inherited mark of a run is a value of RLIMIT_LOCKS, which Linux has ignored since 2.4.25. Every descendant
 * inherits it, whatever happens to its environment, its session and its parents, and any user may read it.
 *
 *     bit 61      1, or 0 where a Millrace runs inside a run of another: then only the soft limit is set,
 *                 which must be the smaller, and the hard one keeps the outer run's mark
 *     bits 54-60  our signature
 *     bits 32-53  pid of the launcher (22 bits are all that Linux gives)
 *     bits 22-31  low bits of its start time
 *     bits 14-21  low bits of its pid namespace
 *     bits 0-13   serial number of the run
 */
const SIGNATURE = 0x59n;

export function encodeMark(launcher: LauncherIdentity, serial: number, nested: boolean): string {
  const mark =
    ((nested ? 0n : 1n) << 61n) |
    (SIGNATURE << 54n) |
    (BigInt(launcher.pid) << 32n) |
    ((BigInt(launcher.startTime) & 0x3ffn) << 22n) |
    ((BigInt(launcher.pidNamespace) & 0xffn) << 14n) |
    (BigInt(serial) & 0x3fffn);
  return mark.toString();
}

/** The part of a mark that identifies the launcher. */
export interface MarkedLauncher {
  pid: number;
  startTimeBits: number;
  pidNamespaceBits: number;
}

/** Decodes a limit as `/proc/PID/limits` shows it; `undefined` when it is not a mark of Millrace. */
export function decodeMark(limit: string): MarkedLauncher | undefined {
  if (limit.length < 18 || limit === 'unlimited') return undefined;
  const value = BigInt(limit);
  if (value >> 62n || ((value >> 54n) & 0x7fn) !== SIGNATURE) return undefined;
  const bits = (shift: bigint, mask: bigint): number => Number((value >> shift) & mask);
  return { pid: bits(32n, 0x3f_ffffn), startTimeBits: bits(22n, 0x3ffn), pidNamespaceBits: bits(14n, 0xffn) };
}

/** Returns what `decodeMark` returns for the marks of a launcher. */
export function markBits(launcher: LauncherIdentity): MarkedLauncher {
  return {
    pid: launcher.pid,
    startTimeBits: Number(BigInt(launcher.startTime) & 0x3ffn),
    pidNamespaceBits: Number(BigInt(launcher.pidNamespace) & 0xffn),
  };
}
