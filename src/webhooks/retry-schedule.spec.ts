import { describe, expect, test } from 'vitest';
import { maxTries, retryAfterMs, retryDelay } from './retry-schedule.js';

/** Returns the start of each attempt in ms after the first, if each takes `tryMs` and starts `lateMs` after it is due. */
function beginnings(random: number, tryMs: number, lateMs: number): number[] {
  const times = [0];
  for (let tries = 1, delay; (delay = retryDelay(tries, () => random)) !== undefined; tries += 1) {
    times.push((times.at(-1) ?? 0) + Math.max(delay, tryMs) + lateMs);
  }
  return times;
}

describe('retryDelay', () => {
  test.each([0, 0.5, 0.999])(
    'schedules five attempts within a minute, even if none is answered (jitter %d)',
    (random) => {
      expect(beginnings(random, 0, 0)[4]).toBeLessThan(31_000);
      expect(beginnings(random, 10_000, 2_000)[4]).toBeLessThan(60_000);
    },
  );

  test.each([0, 0.999])('stops after about a day (jitter %d)', (random) => {
    const times = beginnings(random, 0, 0);
    expect(times).toHaveLength(maxTries);
    const hours = (times.at(-1) ?? 0) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(28);
  });

  test('grows, with jitter, up to six hours', () => {
    for (let tries = 1; tries < maxTries; tries += 1) {
      const least = retryDelay(tries, () => 0.999) ?? 0;
      const most = retryDelay(tries, () => 0) ?? 0;
      expect(least).toBeLessThan(most);
      expect(most).toBeLessThanOrEqual(6 * 3_600_000);
      expect(most).toBeGreaterThanOrEqual(retryDelay(tries - 1, () => 0) ?? 0);
    }
    expect(retryDelay(maxTries)).toBeUndefined();
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-07-30T12:00:00Z');

  test.each([
    [undefined, 0],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['999999999', 86_400_000],
    ['Thu, 30 Jul 2026 12:01:00 GMT', 60_000],
    ['Thu, 30 Jul 2026 11:00:00 GMT', 0],
    ['Thu, 30 Jul 2099 11:00:00 GMT', 86_400_000],
    ['soon', 0],
    ['', 0],
    ['1e9', 0],
  ])('parses %j as %d ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
