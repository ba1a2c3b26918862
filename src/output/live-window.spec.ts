import { expect, test } from 'vitest';
import { LiveWindow, WindowBudget } from './live-window.js';
import type { OutputFrame } from './output-frame.js';

const frame = (offset: number, text: string): OutputFrame => ({
  offset,
  stream: 'stdout',
  text: true,
  time: 0,
  content: Buffer.from(text),
});
const roomy = () => new LiveWindow(10_000, new WindowBudget(10_000));

test('finds the frame that contains a given byte', () => {
  const window = roomy();
  const frames = [frame(5, 'abc'), frame(8, 'd'), frame(9, 'ef')];
  for (const each of frames) window.push(each);
  const found = Array.from({ length: 8 }, (_, index) => window.at(4 + index));
  const [abc, d, ef] = frames;
  expect(found).toEqual([undefined, abc, abc, abc, d, ef, ef, undefined]);
  expect([4, 5, 11].map((offset) => window.hasPassed(offset))).toEqual([true, false, false]);
});

test('restarts after a gap and at a repeated frame', () => {
  const window = roomy();
  window.push(frame(0, 'abc'));
  window.push(frame(5, 'fg'));
  expect([window.at(0), window.hasPassed(0), window.at(5)]).toEqual([undefined, true, frame(5, 'fg')]);
  window.push(frame(0, 'abc'));
  expect([window.at(0), window.at(5)]).toEqual([frame(0, 'abc'), undefined]);
});

test('removes the frames that all readers have read, and the oldest ones above its size limit', () => {
  const window = roomy();
  for (let offset = 0; offset < 6; offset += 2) window.push(frame(offset, 'ab'));
  window.dropBefore(3);
  expect([window.at(1), window.at(3)]).toEqual([undefined, frame(2, 'ab')]);

  const budget = new WindowBudget(3_000);
  const [one, other] = [new LiveWindow(2_000, budget), new LiveWindow(2_000, budget)];
  for (let offset = 0; offset < 5_000; offset += 500) one.push(frame(offset, 'x'.repeat(500)));
  expect([one.at(3_999), one.at(4_000)?.offset]).toEqual([undefined, 4_000]);
  for (let offset = 0; offset < 5_000; offset += 500) other.push(frame(offset, 'x'.repeat(500)));
  // the bytes of the first window reduce what the second one may hold
  expect([other.at(4_499), other.at(4_500)?.offset]).toEqual([undefined, 4_500]);
  expect(budget.used).toBeLessThanOrEqual(3_000);
  for (const each of [one, other]) each.clear();
  expect(budget.used).toBe(0);
});

test('keeps the newest frame, however large', () => {
  const window = new LiveWindow(10, new WindowBudget(10));
  window.push(frame(0, 'x'.repeat(100)));
  window.push(frame(100, 'y'.repeat(100)));
  expect([window.at(0), window.at(150)?.offset]).toEqual([undefined, 100]);
});
