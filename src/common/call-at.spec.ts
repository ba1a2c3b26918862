import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { callAt } from './call-at.js';

const day = 86_400_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([1, 30, 400])('a call scheduled %i days ahead runs exactly then', (days) => {
  let calls = 0;
  callAt(new Date(Date.now() + days * day), () => (calls += 1));
  vi.advanceTimersByTime(days * day - 1);
  expect(calls).toBe(0);
  vi.advanceTimersByTime(1);
  expect(calls).toBe(1);
});

test('a cancelled call never runs', () => {
  let calls = 0;
  const cancel = callAt(new Date(Date.now() + 60 * day), () => (calls += 1));
  vi.advanceTimersByTime(40 * day);
  cancel();
  vi.advanceTimersByTime(40 * day);
  expect(calls).toBe(0);
});
