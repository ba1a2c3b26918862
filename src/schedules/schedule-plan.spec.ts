import { expect, it } from 'vitest';
import { planAfter } from './schedule-plan.js';

const schedule = {
  id: 'a',
  enabled: true,
  cron: '*/20 * * * * *',
  every: null,
  timezone: null,
  starts_at: null,
  ends_at: null,
  created_at: new Date(0),
};

it('fires each time before the next one, however long the jitter', () => {
  const delays = [];
  let after = Date.UTC(2026, 6, 1);
  for (let n = 0; n < 500; n += 1) {
    const { next_at, due_at } = planAfter({ ...schedule, jitter_seconds: 240 }, 'UTC', after);
    after = next_at!.getTime();
    delays.push(due_at!.getTime() - after);
  }
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(20_000);
  expect(new Set(delays).size).toBeGreaterThan(400);
});

it('delays the last time by its whole jitter', () => {
  const ends_at = new Date(Date.UTC(2026, 6, 1, 0, 0, 20));
  const delays = Array.from({ length: 50 }, (_, n) => {
    const last = { ...schedule, id: String(n), ends_at, jitter_seconds: 240 };
    const { next_at, due_at } = planAfter(last, 'UTC', ends_at.getTime() - 1);
    return due_at!.getTime() - next_at!.getTime();
  });
  expect(Math.max(...delays)).toBeGreaterThan(120_000);
});
