import { CronExpressionParser } from 'cron-parser';
import { describe, expect, it } from 'vitest';
import { CronExpression, CronFault } from './cron-expression.js';

const at = (text: string) => Date.parse(`${text}Z`);
const iso = (wall: number | undefined) => (wall === undefined ? undefined : new Date(wall).toISOString());
const next = (expression: string, after: string) => iso(new CronExpression(expression).nextWall(at(after)));
const read = (expression: string) => new CronExpression(expression);

describe('a cron expression', () => {
  it.each([
    ['30 4 * * *', '2026-07-01T04:30:00.000Z'],
    ['15 30 4 * * *', '2026-07-01T04:30:15.000Z'],
    ['*/20 * * * *', '2026-07-01T00:20:00.000Z'],
    ['0 9-17/4 * * *', '2026-07-01T09:00:00.000Z'],
    ['0 0 1,15 * *', '2026-07-15T00:00:00.000Z'],
    ['0 0 * JAN-MAR *', '2027-01-01T00:00:00.000Z'],
    ['0 0 * * sat,sun', '2026-07-04T00:00:00.000Z'],
    ['0 0 * * 7', '2026-07-05T00:00:00.000Z'],
    // the last day of a month, the last working day, the working day next to a Saturday
    ['0 0 L * *', '2026-07-31T00:00:00.000Z'],
    ['0 0 LW 10 *', '2026-10-30T00:00:00.000Z'],
    ['0 0 15W 8 *', '2026-08-14T00:00:00.000Z'],
    ['0 0 L 2 *', '2027-02-28T00:00:00.000Z'],
    ['0 0 29 2 *', '2028-02-29T00:00:00.000Z'],
    // the second Tuesday, the last Friday, the fifth Monday
    ['0 0 * * TUE#2', '2026-07-14T00:00:00.000Z'],
    ['0 0 * * FRI#L', '2026-07-31T00:00:00.000Z'],
    ['0 0 * * 1#5', '2026-08-31T00:00:00.000Z'],
    // a day of the month or a day of the week, as in Vixie cron; with a plus both
    ['0 0 13 * FRI', '2026-07-03T00:00:00.000Z'],
    ['0 0 13 * +FRI', '2026-11-13T00:00:00.000Z'],
    ['@hourly', '2026-07-01T01:00:00.000Z'],
    ['@daily', '2026-07-02T00:00:00.000Z'],
    ['@weekly', '2026-07-05T00:00:00.000Z'],
    ['@monthly', '2026-08-01T00:00:00.000Z'],
    ['@yearly', '2027-01-01T00:00:00.000Z'],
  ])('%s fires next at %s', (expression, expected) => {
    expect(next(expression, '2026-07-01T00:00:00')).toBe(expected);
  });

  it('fires after the time given, and before it', () => {
    const expression = new CronExpression('0 12 * * *');
    const noon = at('2026-07-01T12:00:00');
    expect(iso(expression.nextWall(noon))).toBe('2026-07-02T12:00:00.000Z');
    expect(iso(expression.nextWall(noon - 1))).toBe('2026-07-01T12:00:00.000Z');
    expect(iso(expression.previousWall(noon))).toBe('2026-06-30T12:00:00.000Z');
    expect(iso(expression.previousWall(noon + 1))).toBe('2026-07-01T12:00:00.000Z');
  });

  it.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 30W 2 *', '0 0 29 2,4 +MON#1'])(
    '%s never fires',
    (expression) => {
      const never = new CronExpression(expression);
      expect(never.nextWall(at('2026-07-01T00:00:00'))).toBeUndefined();
      expect(never.previousWall(at('2026-07-01T00:00:00'))).toBeUndefined();
    },
  );

  it.each([
    ['', /five fields/],
    ['* * * *', /4 fields/],
    ['hourly', /one field/],
    ['0 0 0 * * * 2030', /7 fields/],
    ['61 * * * *', /minute "61".*0 to 59/],
    ['0 61 * * * *', /minute "61"/],
    ['0 24 * * *', /hour "24".*0 to 23/],
    ['0 0 0 * *', /day of the month "0".*1 to 31/],
    ['0 0 * FOO *', /month "FOO".*JAN/],
    ['0 0 * * 8', /day of the week "8"/],
    ['0 0 * * MON#6', /day of the week "MON#6"/],
    ['*/0 * * * *', /minute "\*\/0"/],
    ['5-1 * * * *', /minute "5-1"/],
    ['@reboot', /no @reboot/],
    ['@every 5m', /2 fields|no @every/],
    ['2030-01-01T00:00:00', /one field/],
  ])('explains what is wrong with "%s"', (expression, message) => {
    expect(() => read(expression)).toThrow(CronFault);
    expect(() => read(expression)).toThrow(message);
  });

  it.each([
    ['0 * * * *', false],
    ['*/10 * * * *', false],
    ['0 0-23 * * *', false],
    ['0 */1 * * *', false],
    ['@hourly', false],
    ['0 */2 * * *', true],
    ['0 2 * * *', true],
    ['0 0-22 * * *', true],
    ['0 0 3,4 * * *', true],
    ['@daily', true],
  ])('%s names hours: %s', (expression, names) => {
    expect(new CronExpression(expression).namesHours).toBe(names);
  });
});

/** Numbers of a fixed sequence (mulberry32), so that each run compares the same expressions. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('held against cron-parser', () => {
  const random = sequence(2026);
  const pick = <T>(values: readonly T[]): T => values[random(values.length)]!;
  const between = (least: number, most: number) => least + random(most - least + 1);
  const range = (least: number, most: number) => {
    const from = between(least, most);
    return `${from}-${between(from, most)}`;
  };
  const item = (least: number, most: number): string =>
    pick([
      () => `${between(least, most)}`,
      () => range(least, most),
      () => `${range(least, most)}/${between(1, 7)}`,
      () => `*/${between(1, most - least)}`,
    ])();
  const field = (least: number, most: number): string =>
    pick([
      () => '*',
      () => item(least, most),
      // cron-parser takes no value twice
      () => {
        const middle = between(least + 1, most - 1);
        return `${between(least, middle - 1)},${range(middle, most)}`;
      },
    ])();
  const days = () => pick([() => field(1, 31), () => field(1, 28), () => 'L'])();
  const months = () => pick([() => field(1, 12), () => '*', () => pick(['JAN', 'MAR-MAY', 'feb,AUG'])])();
  const weekdays = () =>
    pick([
      () => field(0, 6),
      () => '*',
      () => pick(['MON-FRI', 'sun', 'TUE,THU', '7', '1-7']),
      () => `${between(0, 6)}#${between(1, 5)}`,
    ])();

  /**
   * Compares the times after six moments of a year, since all of them would take a minute. Not compared, since cron-parser lacks them
   * or reads them otherwise: W and LW, a plus, FRI#L (it writes 5L), a value twice in a list (it refuses it), and a step of a single
   * number (it reads 5/15 as 5-59/15, which is refused here as in Vixie cron).
   */
  function differences(expression: string, year: number): string[] {
    const theirs = CronExpressionParser.parse(expression, { tz: 'UTC' });
    const ours = new CronExpression(expression);
    return Array.from({ length: 6 }, () => Date.UTC(year, 0, 1) + random(365 * 24 * 3600) * 1000).flatMap(
      (after) => {
        const wall = ours.nextWall(after);
        // it throws where nothing fires
        if (wall === undefined) return [];
        theirs.reset(new Date(after));
        const expected = theirs.next().getTime();
        return wall === expected
          ? []
          : [`${expression} after ${iso(after)}: ${iso(wall)}, and not ${iso(expected)}`];
      },
    );
  }

  it('reads the fields of a date alike', () => {
    for (let count = 0; count < 250; count += 1) {
      const expression = `0 0 ${days()} ${months()} ${weekdays()}`;
      expect(differences(expression, between(2020, 2060))).toEqual([]);
    }
  });

  it('reads the fields of a time alike', () => {
    for (let count = 0; count < 250; count += 1) {
      const seconds = pick(['', '', `${field(0, 59)} `]);
      const expression = `${seconds}${field(0, 59)} ${field(0, 23)} ${between(1, 28)} ${between(1, 12)} *`;
      expect(differences(expression, 2027)).toEqual([]);
    }
  });
});
