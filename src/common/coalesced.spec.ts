import { expect, test } from 'vitest';
import { Coalesced } from './coalesced.js';

test('any number of requests during a run cause exactly one more run', async () => {
  const ends: (() => void)[] = [];
  const work = new Coalesced(() => new Promise<void>((resolve) => ends.push(resolve)));
  for (let count = 0; count < 5; count += 1) work.request();
  expect(ends).toHaveLength(1);
  ends[0]!();
  await expect.poll(() => ends.length).toBe(2);
  ends[1]!();
  await new Promise(setImmediate);
  expect(ends).toHaveLength(2);
  work.request();
  expect(ends).toHaveLength(3);
});
