import { expect, it } from 'vitest';
import { isOfDowntime } from './schedule-lateness.js';

const now = Date.UTC(2026, 6, 1);
const ago = (seconds: number) => now - seconds * 1000;
const at = (seconds: number) => new Date(ago(seconds));

it.each([
  ['a minute late after a start', 60, ago(1), false],
  ['later than a minute after a start', 61, ago(1), true],
  ['late on a busy server', 61, ago(3600), false],
  ['an hour late on a busy server', 3599, ago(3600), false],
  ['due before the start', 3601, ago(3600), true],
  ['late when no process was ever seen', 61, null, true],
])('%s', (_, late, up_since, expected) => {
  expect(isOfDowntime({ due_at: at(late), up_since }, now)).toBe(expected);
});
