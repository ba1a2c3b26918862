import { expect, test } from 'vitest';
import { FairQueue } from './fair-queue.js';

test('serves users round-robin, keeps the order of each user, and limits the waiting entries of each', () => {
  const queue = new FairQueue<string>(3);
  for (const item of ['a1', 'a2', 'a3']) expect(queue.add('a', item)).toBe(true);
  expect(queue.add('a', 'a4')).toBe(false);
  expect(queue.take()).toBe('a1');
  queue.add('b', 'b1');
  queue.add('c', 'c1');
  expect(Array.from({ length: 5 }, () => queue.take())).toEqual(['a2', 'b1', 'c1', 'a3', undefined]);
});
