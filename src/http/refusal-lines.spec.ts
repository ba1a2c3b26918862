import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { RefusalLines } from './refusal-lines.js';

afterEach(() => void vi.useRealTimers());

test('at most twenty refused requests a second are logged each, and one line counts the others', () => {
  vi.useFakeTimers();
  const written: { requests?: number }[] = [];
  const logger = pino({}, { write: (line: string) => written.push(JSON.parse(line) as object) });
  const lines = new RefusalLines(logger);
  const refuse = (count: number) => Array.from({ length: count }, () => lines.take()).filter(Boolean).length;
  expect([refuse(15), refuse(1000)]).toEqual([15, 5]);
  vi.advanceTimersByTime(1000);
  expect(written.map(({ requests }) => requests)).toEqual([995]);
  expect(refuse(3)).toBe(3);
  vi.advanceTimersByTime(2000);
  expect([written.length, refuse(30)]).toEqual([1, 20]);
});
