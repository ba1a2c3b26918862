/** A stretch of time in which the clock of a zone keeps the same distance from UTC. */
export interface Stretch {
  /** Its first instant, in ms since 1970. */
  start: number;
  /** The first instant after it. */
  end: number;
  /** What is added to an instant to get the time that the clock shows, in ms. */
  offset: number;
}

const dayMs = 24 * 3600_000;
/** Most zones change their clocks twice a year, and those that suspend summer time for a month four times: never twice in a week. */
const stepMs = 7 * dayMs;
/** About 600 zones exist, but names may be spelled in many ways; a formatter takes some 40 KB. */
const mostZones = 100;

const zones = new Map<string, TimeZone>();
const form = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;

/**
 * Finds a time zone by its IANA name, such as `Europe/Berlin`.
 * @returns undefined when there is no zone of that name
 */
export function timeZone(name: string): TimeZone | undefined {
  if (name.length > 64 || !form.test(name)) return undefined;
  const key = name.toLowerCase();
  let zone = zones.get(key);
  if (!zone) {
    try {
      zone = new TimeZone(name);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    if (zones.size >= mostZones) zones.delete(zones.keys().next().value!);
    zones.set(key, zone);
  }
  return zone;
}

/** The clock of a time zone. Intl knows its offset at any moment, but not when it changes; this finds the changes, a year at a time. */
export class TimeZone {
  private readonly format: Intl.DateTimeFormat;
  /** The stretches that begin in a year, by that year; the first one begins with the year. */
  private readonly years = new Map<number, Stretch[]>();

  /** @throws RangeError when there is no zone of that name */
  constructor(name: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The stretches that overlap the time from one instant to another, in order; each may be a part of a longer one. */
  stretches(from: number, to: number): Stretch[] {
    const found: Stretch[] = [];
    const last = new Date(to).getUTCFullYear();
    for (let year = new Date(from).getUTCFullYear(); year <= last; year += 1)
      for (const stretch of this.stretchesOf(year))
        if (stretch.end > from && stretch.start <= to) {
          const before = found.at(-1);
          if (before?.offset === stretch.offset) found[found.length - 1] = { ...before, end: stretch.end };
          else found.push(stretch);
        }
    return found;
  }

  /** The stretch that an instant is in, or a part of it that reaches at least to the end of the year. */
  stretchAt(instant: number): Stretch {
    return this.stretchesOf(new Date(instant).getUTCFullYear()).find(({ end }) => end > instant)!;
  }

  /** The time that the clock shows at an instant, as the ms of the same time in UTC. */
  wallTime(instant: number): number {
    return instant + this.stretchAt(instant).offset;
  }

  /**
   * The instant at which the clock shows a time: the first one when it shows it twice, and the end of the gap when it passes over it.
   * @param wall as the ms of the same time in UTC
   */
  instantOf(wall: number): number {
    // no clock is farther from UTC than 15 hours, or is moved by more than a day
    const near = this.stretches(wall - 2 * dayMs, wall + 2 * dayMs);
    for (const { start, end, offset } of near) {
      const instant = wall - offset;
      if (instant < start) return start;
      if (instant < end) return instant;
    }
    return wall - near.at(-1)!.offset;
  }

  private stretchesOf(year: number): Stretch[] {
    const known = this.years.get(year);
    if (known) return known;
    const made = this.findStretches(year);
    // a schedule looks a few years ahead
    if (this.years.size >= 50) this.years.clear();
    this.years.set(year, made);
    return made;
  }

  private findStretches(year: number): Stretch[] {
    const yearEnd = startOf(year + 1);
    const found: Stretch[] = [];
    let start = startOf(year);
    let offset = this.offsetAt(start);
    for (let at = start; at < yearEnd; at += stepMs) {
      const next = Math.min(at + stepMs, yearEnd - 1);
      const nextOffset = this.offsetAt(next);
      if (nextOffset === offset) continue;
      const change = this.findChange(at, next, offset);
      found.push({ start, end: change, offset });
      start = change;
      offset = nextOffset;
    }
    return [...found, { start, end: yearEnd, offset }];
  }

  /** Finds the first instant with another offset, by bisection. @param to an instant with another offset */
  private findChange(from: number, to: number, offset: number): number {
    let [before, after] = [from, to];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.offsetAt(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  private offsetAt(instant: number): number {
    const second = Math.floor(instant / 1000) * 1000;
    const part: Record<string, string> = {};
    for (const { type, value } of this.format.formatToParts(second)) part[type] = value;
    const year = part['era'] === 'BC' ? 1 - Number(part['year']) : Number(part['year']);
    const wall = new Date(0);
    wall.setUTCFullYear(year, Number(part['month']) - 1, Number(part['day']));
    return wall.setUTCHours(Number(part['hour']), Number(part['minute']), Number(part['second'])) - second;
  }
}

/** The first instant of a year in UTC; Date.UTC takes the years before 100 for those of 1900. */
const startOf = (year: number): number => new Date(0).setUTCFullYear(year, 0, 1);

/** Explains what is wrong with the name of a time zone. @returns undefined when nothing is */
export function zoneFault(name: string): string | undefined {
  return timeZone(name) ? undefined : 'There is no such time zone: send a name of IANA such as Europe/Berlin';
}
