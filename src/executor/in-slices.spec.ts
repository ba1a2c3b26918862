import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inSlices } from './in-slices.js';

function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('slow work on a chunk lets others have their turns, and does all of it in order', async () => {
  const chunk = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));
  const slices: Buffer[] = [];
  let isDone = false;
  let turns = 0;
  const work = inSlices(
    chunk,
    () => false,
    (slice) => {
      slices.push(slice);
      busy(3);
    },
  ).finally(() => (isDone = true));
  while (!isDone) {
    turns += 1;
    await nextTurn();
  }
  await work;
  expect(Buffer.concat(slices).equals(chunk)).toBe(true);
  expect(turns).toBeGreaterThanOrEqual(slices.length - 1);
  expect(slices.length).toBeGreaterThan(5);
});

test('nothing is done once it is over', async () => {
  let done = 0;
  await inSlices(
    Buffer.alloc(50_000),
    () => done >= 2,
    () => (done += 1),
  );
  expect(done).toBe(2);
});
