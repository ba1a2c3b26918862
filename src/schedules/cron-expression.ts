import { Cron, type CronOptions } from 'croner';

/** The longest expression. */
export const maxCronLength = 200;

const options: CronOptions = { utcOffset: 0, paused: true, mode: '5-or-6-parts' };
const nicknames = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@hourly'];
/** A range of time of which each day has the 24 hours of the clock. */
const someDay = new Date('2026-01-01T00:00:00Z');

/** The fields of an expression with five fields; one with six begins with seconds. */
const fields = [
  { name: 'second', most: '0 to 59' },
  { name: 'minute', most: '0 to 59' },
  { name: 'hour', most: '0 to 23' },
  { name: 'day of the month', most: '1 to 31, L, LW or a day with W such as 15W' },
  { name: 'month', most: '1 to 12 or JAN to DEC' },
  {
    name: 'day of the week',
    most: '0 to 7 or SUN to SAT, with #2 for the second one of a month or L for the last',
  },
];

/** A cron expression that cannot be read; the message says which field is wrong. */
export class CronFault extends Error {}

/**
 * A cron expression: the times of a clock that is never changed, each as the ms of the same time in UTC. What a change of clocks means
 * for them is decided in `schedule-times.ts`.
 */
export class CronExpression {
  private readonly cron: Cron;
  /** Whether it fires at certain hours, not in each hour. */
  readonly namesHours: boolean;

  /** @throws CronFault */
  constructor(text: string) {
    const pattern = text.trim().split(/\s+/).join(' ');
    this.cron = read(pattern);
    const parts = pattern.split(' ');
    this.namesHours = parts.length === 1 ? pattern.toLowerCase() !== '@hourly' : !isEachHour(parts.at(-4)!);
  }

  /** The first time after another; undefined when there is none, as for 30 February. The search ends after some ms. */
  nextWall(after: number): number | undefined {
    return this.cron.nextRun(new Date(after))?.getTime();
  }

  /** The last time before another; undefined when there is none. */
  previousWall(before: number): number | undefined {
    return this.cron.previousRuns(1, new Date(before))[0]?.getTime();
  }
}

/** @throws TypeError */
const parsed = (pattern: string): Cron => new Cron(pattern, options);

function read(pattern: string): Cron {
  const parts = pattern.split(' ');
  if (pattern.startsWith('@')) {
    if (nicknames.includes(pattern.toLowerCase())) return parsed(pattern);
    throw new CronFault(`There is no ${pattern}: write one of ${nicknames.join(', ')}`);
  }
  if (pattern === '') throw new CronFault('Write five fields: minute, hour, day, month, day of the week');
  if (parts.length < 5 || parts.length > 6)
    throw new CronFault(
      `It has ${parts.length === 1 ? 'one field' : `${parts.length} fields`}: write five (minute, hour, day of the month, month, day of the week) or six, seconds first`,
    );
  try {
    return parsed(pattern);
  } catch (error) {
    throw faultyField(parts) ?? new CronFault(plain(error));
  }
}

/** Finds the field that makes an expression faulty: the one that cannot be read in an expression that is otherwise of asterisks. */
function faultyField(parts: string[]): CronFault | undefined {
  const named = parts.length === 6 ? fields : fields.slice(1);
  for (const [index, part] of parts.entries()) {
    try {
      parsed(parts.map((_, at) => (at === index ? part : '*')).join(' '));
    } catch (error) {
      const { name, most } = named[index]!;
      return new CronFault(`The ${name} "${part}" cannot be read: write ${most}. ${plain(error)}`);
    }
  }
  return undefined;
}

const plain = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '');

/** Whether the field of the hours holds them all, as the asterisk does. */
function isEachHour(hours: string): boolean {
  const first = parsed(`0 0 ${hours} * * *`).nextRuns(24, new Date(someDay.getTime() - 1));
  return first.at(-1)!.getTime() - someDay.getTime() === 23 * 3600_000;
}
