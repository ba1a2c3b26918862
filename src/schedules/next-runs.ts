import { timesOf, type Timing } from './schedule-plan.js';
import { nextTimes } from './schedule-times.js';

/** How many schedules have their times kept: some 300 bytes each. */
const mostKept = 5_000;
/** The times of schedules by what they follow from, the oldest first. */
const kept = new Map<string, Times>();

interface Times {
  /** The instant after which the times come. */
  after: number;
  times: number[];
}

/**
 * Lists the next times of a schedule. They are kept until the first of them has passed: to find those of a rare date takes some 10 ms, and a
 * list shows those of a hundred schedules.
 */
export function nextRuns(timing: Timing, zone: string, now: number, count: number): number[] {
  const { cron, every, starts_at, ends_at, created_at } = timing;
  const from = cron === null ? (starts_at ?? created_at) : starts_at;
  const key = JSON.stringify([cron ?? every, zone, from, ends_at, count]);
  const known = kept.get(key);
  if (known && known.after <= now && (known.times.length === 0 || known.times[0]! > now)) return known.times;
  const times = nextTimes(timesOf(timing, zone), now, count);
  kept.delete(key);
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(key, { after: now, times });
  return times;
}
