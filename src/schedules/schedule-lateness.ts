/** A time that is seen later than this may be one of a downtime. */
export const graceMs = 60_000;

/**
 * Whether a time is one of a downtime, which is made up for or not. A time at which a process was there is none, however late it is decided:
 * the server was busy, or the time before was decided late.
 * Its `up_since` says since when there was always a process, in ms since 1970; null when that is not known.
 * @param now in ms since 1970
 */
export function isOfDowntime(
  { due_at, up_since }: { due_at: Date | null; up_since: number | null },
  now: number,
): boolean {
  if (due_at === null || now - due_at.getTime() <= graceMs) return false;
  return up_since === null || due_at.getTime() < up_since;
}
