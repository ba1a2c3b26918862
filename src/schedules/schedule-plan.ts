import { CronExpression } from './cron-expression.js';
import { boundedTimes, cronTimes, intervalTimes, jitterMs, type ScheduleTimes } from './schedule-times.js';
import type { Schedule } from './schedule.entity.js';
import { timeZone } from '../common/time-zone.js';

/** What the times of a schedule follow from. */
export type Timing = Pick<Schedule, 'cron' | 'every' | 'timezone' | 'starts_at' | 'ends_at' | 'created_at'>;

/** How many expressions are kept once they were read, which takes longer (0.7 ms) than all else that is done for a run. */
const mostKept = 1_000;
const kept = new Map<string, CronExpression>();

function readCron(text: string): CronExpression {
  const known = kept.get(text);
  if (known) return known;
  const expression = new CronExpression(text);
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(text, expression);
  return expression;
}

/** When a schedule fires next. */
export type Plan = Pick<Schedule, 'next_at' | 'due_at' | 'planned_zone'>;

/** The time zone of a schedule: its own, that of its project, or UTC. */
export function zoneOf({ timezone }: Pick<Schedule, 'timezone'>, projectZone: string | undefined): string {
  return timezone ?? projectZone ?? 'UTC';
}

/** The times of a schedule. An interval without a start is counted from when the schedule was made. */
export function timesOf(timing: Timing, zone: string): ScheduleTimes {
  const { cron, every, starts_at, ends_at, created_at } = timing;
  const times =
    cron === null
      ? intervalTimes((every ?? 1) * 1000, (starts_at ?? created_at).getTime())
      : cronTimes(readCron(cron), timeZone(zone) ?? timeZone('UTC')!);
  // an interval whose start is when it was made does not fire at once
  const from = starts_at?.getTime() ?? (cron === null ? created_at.getTime() + 1 : null);
  return boundedTimes(times, from, ends_at?.getTime() ?? null);
}

/**
 * The delay of an occurrence: its jitter, which ends at the next one, since occurrences are decided in their order and each is to have its
 * run.
 * @returns whole ms
 */
export function delayMs(
  { id, jitter_seconds: seconds }: Pick<Schedule, 'id' | 'jitter_seconds'>,
  times: ScheduleTimes,
  scheduledFor: number,
): number {
  if (seconds === 0) return 0;
  const following = times.next(scheduledFor) ?? Infinity;
  return jitterMs(id, scheduledFor, Math.min(seconds, Math.floor((following - scheduledFor) / 1000)));
}

/** Plans the first occurrence of a schedule after an instant. */
export function planAfter(
  schedule: Timing & Pick<Schedule, 'id' | 'jitter_seconds' | 'enabled'>,
  zone: string,
  after: number,
): Plan {
  const times = timesOf(schedule, zone);
  const next = schedule.enabled ? times.next(after) : undefined;
  if (next === undefined) return { next_at: null, due_at: null, planned_zone: zone };
  return {
    next_at: new Date(next),
    due_at: new Date(next + delayMs(schedule, times, next)),
    planned_zone: zone,
  };
}
