import { readlinkSync } from 'node:fs';
import { readStat } from './proc.js';

/** Identifies a launcher process. It includes the pid namespace, since pids of a container are meaningless outside of it. */
export interface LauncherIdentity {
  pid: number;
  startTime: string;
  pidNamespace: string;
}

export function ownIdentity(): LauncherIdentity {
  const stat = readStat(process.pid);
  if (!stat) throw new Error('/proc is not mounted: processes cannot be followed');
  return { pid: process.pid, startTime: stat.startTime, pidNamespace: ownPidNamespace() };
}

/** Formats the value of `MILLRACE_LAUNCHER`: pid, start time and pid namespace, separated by dots. */
export function identityToken(identity: LauncherIdentity): string {
  return `${identity.pid}.${identity.startTime}.${identity.pidNamespace}`;
}

export function parseToken(token: string): LauncherIdentity | undefined {
  const match = /^(\d{1,10})\.(\d{1,20})\.(\d{1,20})$/.exec(token);
  if (!match) return undefined;
  return { pid: Number(match[1]), startTime: match[2] ?? '', pidNamespace: match[3] ?? '' };
}

/** Returns true when a launcher of our own pid namespace no longer runs. Always false for other namespaces, which are not visible. */
export function isDeadLauncher(identity: LauncherIdentity, pidNamespace: string): boolean {
  if (identity.pidNamespace !== pidNamespace) return false;
  const stat = readStat(identity.pid);
  return !stat || stat.dead || stat.startTime !== identity.startTime;
}

function ownPidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
