import { describe, expect, it } from 'vitest';
import { CronExpression } from './cron-expression.js';
import {
  boundedTimes,
  cronTimes,
  intervalTimes,
  jitterMs,
  nextTimes,
  type ScheduleTimes,
} from './schedule-times.js';
import { timeZone } from '../common/time-zone.js';

const at = (text: string) => Date.parse(text);
const iso = (instant: number) => new Date(instant).toISOString().replace(':00.000Z', 'Z');
const cron = (expression: string, zone: string) => cronTimes(new CronExpression(expression), timeZone(zone)!);

/** The times after `from` and before `to`, which must be the same when they are sought backwards. */
function between(times: ScheduleTimes, from: string, to: string): string[] {
  const forwards: number[] = [];
  for (let time = times.next(at(from)); time !== undefined && time < at(to); time = times.next(time))
    forwards.push(time);
  const backwards: number[] = [];
  for (let time = times.previous(at(to)); time !== undefined && time > at(from); time = times.previous(time))
    backwards.unshift(time);
  expect(backwards).toEqual(forwards);
  return forwards.map(iso);
}

describe('the clocks go forward', () => {
  // Berlin passes over 02:00 to 03:00 at 01:00 UTC
  const berlin = (expression: string) =>
    between(cron(expression, 'Europe/Berlin'), '2026-03-28T23:30Z', '2026-03-29T02:30Z');

  it.each([
    ['30 2 * * *', ['2026-03-29T01:00Z']],
    ['0,30 2 * * *', ['2026-03-29T01:00Z']],
    ['*/15 2 * * *', ['2026-03-29T01:00Z']],
    // those of the gap and that at its end are one
    ['0 2,3 * * *', ['2026-03-29T01:00Z']],
    ['30 1-3 * * *', ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z']],
    ['0 */2 * * *', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    // by elapsed time
    ['30 * * * *', ['2026-03-29T00:30Z', '2026-03-29T01:30Z']],
    ['0 * * * *', ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['@daily', []],
  ])('in Berlin: %s', (expression, expected) => {
    expect(berlin(expression)).toEqual(expected);
  });

  it('in New York', () => {
    const times = cron('30 2 * * *', 'America/New_York');
    expect(between(times, '2026-03-07T00:00Z', '2026-03-10T00:00Z')).toEqual([
      '2026-03-07T07:30Z',
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ]);
  });

  it('on Lord Howe Island, by half an hour', () => {
    // 02:00 becomes 02:30 at 15:30 UTC
    const times = cron('*/10 2 * * *', 'Australia/Lord_Howe');
    expect(between(times, '2026-10-03T15:00Z', '2026-10-03T17:00Z')).toEqual([
      '2026-10-03T15:30Z',
      '2026-10-03T15:40Z',
      '2026-10-03T15:50Z',
    ]);
    const hourly = cron('0 * * * *', 'Australia/Lord_Howe');
    expect(between(hourly, '2026-10-03T14:00Z', '2026-10-03T17:30Z')).toEqual([
      '2026-10-03T14:30Z',
      '2026-10-03T16:00Z',
      '2026-10-03T17:00Z',
    ]);
  });

  it('by a whole day, as on Samoa at the end of 2011', () => {
    const times = cron('0 12 * * *', 'Pacific/Apia');
    expect(between(times, '2011-12-29T00:00Z', '2012-01-01T00:00Z')).toEqual([
      '2011-12-29T22:00Z',
      '2011-12-30T10:00Z',
      '2011-12-30T22:00Z',
      '2011-12-31T22:00Z',
    ]);
  });
});

describe('the clocks go back', () => {
  // Berlin shows 02:00 to 03:00 twice, from 00:00 to 02:00 UTC
  const berlin = (expression: string) =>
    between(cron(expression, 'Europe/Berlin'), '2026-10-24T22:45Z', '2026-10-25T02:45Z');

  it.each([
    ['30 2 * * *', ['2026-10-25T00:30Z']],
    [
      '0,15,30,45 2 * * *',
      ['2026-10-25T00:00Z', '2026-10-25T00:15Z', '2026-10-25T00:30Z', '2026-10-25T00:45Z'],
    ],
    ['0 2,3 * * *', ['2026-10-25T00:00Z', '2026-10-25T02:00Z']],
    ['0 */2 * * *', ['2026-10-25T00:00Z']],
    ['30 1-3 * * *', ['2026-10-24T23:30Z', '2026-10-25T00:30Z', '2026-10-25T02:30Z']],
    // by elapsed time
    ['30 * * * *', ['2026-10-24T23:30Z', '2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z']],
  ])('in Berlin: %s', (expression, expected) => {
    expect(berlin(expression)).toEqual(expected);
  });

  it('from within the second round', () => {
    const times = cron('30 2 * * *', 'Europe/Berlin');
    expect(iso(times.next(at('2026-10-25T01:10Z'))!)).toBe('2026-10-26T01:30Z');
    expect(iso(times.previous(at('2026-10-25T01:10Z'))!)).toBe('2026-10-25T00:30Z');
  });

  it('in New York', () => {
    const times = cron('30 1 * * *', 'America/New_York');
    expect(between(times, '2026-10-31T00:00Z', '2026-11-03T00:00Z')).toEqual([
      '2026-10-31T05:30Z',
      '2026-11-01T05:30Z',
      '2026-11-02T06:30Z',
    ]);
  });

  it('on Lord Howe Island, by half an hour', () => {
    // 02:00 becomes 01:30 at 15:00 UTC
    const times = cron('*/10 1 * * *', 'Australia/Lord_Howe');
    expect(between(times, '2026-04-04T14:15Z', '2026-04-04T17:00Z')).toEqual([
      '2026-04-04T14:20Z',
      '2026-04-04T14:30Z',
      '2026-04-04T14:40Z',
      '2026-04-04T14:50Z',
    ]);
  });
});

describe('times', () => {
  it('of a zone without changes', () => {
    expect(between(cron('30 2 * * *', 'Asia/Kolkata'), '2026-03-28T00:00Z', '2026-03-30T00:00Z')).toEqual([
      '2026-03-28T21:00Z',
      '2026-03-29T21:00Z',
    ]);
  });

  it('of 29 February and the last day of a month', () => {
    expect(nextTimes(cron('0 0 29 2 *', 'UTC'), at('2026-01-01T00:00Z'), 3).map(iso)).toEqual([
      '2028-02-29T00:00Z',
      '2032-02-29T00:00Z',
      '2036-02-29T00:00Z',
    ]);
    // the year 2100 has none
    expect(iso(cron('0 0 29 2 *', 'Europe/Berlin').next(at('2096-03-01T00:00Z'))!)).toBe('2104-02-28T23:00Z');
    expect(nextTimes(cron('0 * L * *', 'Europe/Berlin'), at('2028-02-29T21:30Z'), 2).map(iso)).toEqual([
      '2028-02-29T22:00Z',
      '2028-03-30T22:00Z',
    ]);
  });

  it('that never come', () => {
    expect(nextTimes(cron('0 0 30 2 *', 'Europe/Berlin'), at('2026-01-01T00:00Z'), 5)).toEqual([]);
    expect(nextTimes(cron('0 * 30 2 *', 'Europe/Berlin'), at('2026-01-01T00:00Z'), 5)).toEqual([]);
  });

  it('of an interval, through a change of clocks', () => {
    const times = intervalTimes(7 * 3600_000, at('2026-03-28T20:00Z'));
    expect(between(times, '2026-03-01T00:00Z', '2026-03-29T18:00Z')).toEqual([
      '2026-03-28T20:00Z',
      '2026-03-29T03:00Z',
      '2026-03-29T10:00Z',
      '2026-03-29T17:00Z',
    ]);
    expect(times.previous(at('2026-03-28T20:00Z'))).toBeUndefined();
  });

  it('within bounds, which belong to them', () => {
    const times = boundedTimes(cron('0 * * * *', 'UTC'), at('2026-07-01T10:00Z'), at('2026-07-01T12:00Z'));
    expect(between(times, '2026-01-01T00:00Z', '2027-01-01T00:00Z')).toEqual([
      '2026-07-01T10:00Z',
      '2026-07-01T11:00Z',
      '2026-07-01T12:00Z',
    ]);
  });
});

it('knows the zones of IANA and no others', () => {
  const known = ['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia', 'Etc/GMT+5'];
  expect(known.filter((name) => timeZone(name) !== undefined)).toEqual(known);
  const unknown = ['', 'Berlin', 'Mars/Olympus', '+02:00', 'GMT+2', 'Europe/Berlin ', 'a'.repeat(1000)];
  expect(unknown.filter((name) => timeZone(name) !== undefined)).toEqual([]);
});

it('delays an occurrence always alike, within the bound', () => {
  const delays = Array.from({ length: 1000 }, (_, index) => jitterMs('a', index * 60_000, 10));
  expect(delays).toEqual(Array.from({ length: 1000 }, (_, index) => jitterMs('a', index * 60_000, 10)));
  expect(Math.min(...delays)).toBeLessThan(500);
  expect(Math.max(...delays)).toBeGreaterThan(9_500);
  expect(Math.max(...delays)).toBeLessThanOrEqual(10_000);
  expect(jitterMs('b', 0, 10)).not.toBe(jitterMs('a', 0, 10));
  expect(jitterMs('a', 0, 0)).toBe(0);
});
