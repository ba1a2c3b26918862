import { createHash } from 'node:crypto';
import { CronExpression } from './cron-expression.js';
import type { TimeZone } from '../common/time-zone.js';

/** When a schedule fires. Times are in ms since 1970. */
export interface ScheduleTimes {
  /** The first time after an instant; undefined when there is none. */
  next(after: number): number | undefined;
  /** The last time before an instant; undefined when there is none. */
  previous(before: number): number | undefined;
}

/** No time beyond this is looked for, so that a list of rare times takes some ms. */
const lastInstant = Date.UTC(2200, 0, 1);
const firstInstant = 0;

/**
 * The times of a cron expression in a time zone. One that names hours fires once at each of its times: at the end of the gap when the clock
 * passes over it, and only the first time round when the clock shows it twice. Any other goes by elapsed time: it fires whenever the clock
 * shows one of its times. (Debian's cron treats jobs so; for it each field of hours with an asterisk, also with a step, names none.)
 */
export function cronTimes(expression: CronExpression, zone: TimeZone): ScheduleTimes {
  return expression.namesHours ? new NamedHours(expression, zone) : new ElapsedTime(expression, zone);
}

class NamedHours implements ScheduleTimes {
  constructor(
    private readonly expression: CronExpression,
    private readonly zone: TimeZone,
  ) {}

  next(after: number): number | undefined {
    let wall = this.latestWall(after);
    for (;;) {
      const next = this.expression.nextWall(wall);
      if (next === undefined) return undefined;
      const instant = this.zone.instantOf(next);
      if (instant > after) return instant <= lastInstant ? instant : undefined;
      // both are times within a gap that ends now
      wall = next;
    }
  }

  previous(before: number): number | undefined {
    let wall = this.latestWall(before) + 1;
    for (;;) {
      const previous = this.expression.previousWall(wall);
      if (previous === undefined) return undefined;
      const instant = this.zone.instantOf(previous);
      if (instant < before) return instant >= firstInstant ? instant : undefined;
      wall = previous;
    }
  }

  /** The latest time that the clock has shown up to an instant: within the second round of a fold, that at which it was put back. */
  private latestWall(instant: number): number {
    const { start, offset } = this.zone.stretchAt(instant);
    const wall = instant + offset;
    const [before] = this.zone.stretches(start - 1, start - 1);
    return Math.max(wall, before ? start - 1 + before.offset : wall);
  }
}

class ElapsedTime implements ScheduleTimes {
  constructor(
    private readonly expression: CronExpression,
    private readonly zone: TimeZone,
  ) {}

  next(after: number): number | undefined {
    for (let from = after; ;) {
      // a stretch begins at the instant after `from`, or it holds `from`
      const { end, offset } = this.zone.stretchAt(from + 1);
      const wall = this.expression.nextWall(from + offset);
      // a clock that is put back shows no time that it has not shown before, so no other round has one
      if (wall === undefined) return undefined;
      const instant = wall - offset;
      if (instant < end) return instant <= lastInstant ? instant : undefined;
      if (end > lastInstant) return undefined;
      from = end - 1;
    }
  }

  previous(before: number): number | undefined {
    for (let to = before; ;) {
      const { start, offset } = this.zone.stretchAt(to - 1);
      const wall = this.expression.previousWall(to + offset);
      if (wall === undefined) return undefined;
      const instant = wall - offset;
      if (instant >= start) return instant >= firstInstant ? instant : undefined;
      if (start <= firstInstant) return undefined;
      to = start;
    }
  }
}

/**
 * The times of a fixed interval, of which the anchor is the first.
 * @param everyMs at least 1,000
 */
export function intervalTimes(everyMs: number, anchor: number): ScheduleTimes {
  const at = (count: number): number | undefined => {
    const instant = anchor + count * everyMs;
    return count >= 0 && instant <= lastInstant ? instant : undefined;
  };
  return {
    next: (after) => at(Math.max(0, Math.floor((after - anchor) / everyMs) + 1)),
    previous: (before) => at(Math.ceil((before - anchor) / everyMs) - 1),
  };
}

/** Restricts times to those from `startsAt` to `endsAt`, both included; null is no bound. */
export function boundedTimes(
  times: ScheduleTimes,
  startsAt: number | null,
  endsAt: number | null,
): ScheduleTimes {
  const within = (instant: number | undefined) =>
    instant === undefined ||
    (startsAt !== null && instant < startsAt) ||
    (endsAt !== null && instant > endsAt)
      ? undefined
      : instant;
  return {
    next: (after) => within(times.next(startsAt === null ? after : Math.max(after, startsAt - 1))),
    previous: (before) => within(times.previous(endsAt === null ? before : Math.min(before, endsAt + 1))),
  };
}

/** Lists the next times after an instant. */
export function nextTimes(times: ScheduleTimes, after: number, count: number): number[] {
  const found: number[] = [];
  for (let at = times.next(after); at !== undefined && found.length < count; at = times.next(at))
    found.push(at);
  return found;
}

/**
 * The delay of an occurrence, from 0 to `seconds`. It follows from the schedule and the time, so that it is the same in every process and
 * after each restart.
 * @returns whole ms
 */
export function jitterMs(scheduleId: string, scheduledFor: number, seconds: number): number {
  if (seconds === 0) return 0;
  const hash = createHash('sha256').update(`${scheduleId} ${scheduledFor}`).digest();
  return hash.readUInt32BE() % (seconds * 1000 + 1);
}
