import { expect, test } from 'vitest';
import { nextRuns } from './next-runs.js';

const rare = {
  cron: '0 0 29 2 *',
  every: null,
  timezone: null,
  starts_at: null,
  ends_at: null,
  created_at: new Date(0),
};
const day = 86_400_000;

test('times are found once until the first of them has passed', () => {
  const begin = Date.UTC(2027, 0, 1);
  const first = nextRuns(rare, 'UTC', begin, 3);
  expect(first.map((time) => new Date(time).getUTCFullYear())).toEqual([2028, 2032, 2036]);
  for (let days = 0; days < 400; days += 1) expect(nextRuns(rare, 'UTC', begin + days * day, 3)).toBe(first);
  expect(nextRuns(rare, 'UTC', Date.UTC(2028, 2, 1), 3)[0]).toBe(first[1]);
  // a clock that was set back, another zone and another bound
  expect(nextRuns(rare, 'UTC', begin, 3)).toEqual(first);
  expect(nextRuns(rare, 'Asia/Tokyo', begin, 3)[0]).toBe(first[0]! - 9 * 3_600_000);
  expect(nextRuns({ ...rare, ends_at: new Date(first[0]!) }, 'UTC', begin, 3)).toEqual([first[0]]);
});

test('an interval is counted from its own beginning', () => {
  const every = { ...rare, cron: null, every: 60, created_at: new Date(30_000) };
  expect(nextRuns(every, 'UTC', 100_000, 2)).toEqual([150_000, 210_000]);
  expect(nextRuns({ ...every, created_at: new Date(40_000) }, 'UTC', 100_000, 2)).toEqual([160_000, 220_000]);
  expect(nextRuns(every, 'UTC', 150_000, 2)).toEqual([210_000, 270_000]);
});
