import { expect, test } from 'vitest';
import { Pool } from './pool.js';

test('each is taken once, by its key or by its detail as well', () => {
  const items = ['a 1', 'a 2', 'b 1', 'a 1'].map((text) => ({ text }));
  const pool = new Pool(
    items,
    ({ text }) => text[0]!,
    ({ text }) => text[2]!,
  );
  expect(pool.take('a', '2')).toBe(items[1]);
  expect(pool.take('a', '2')).toBeUndefined();
  expect(pool.take('a')).toBe(items[0]);
  expect(pool.take('a', '1')).toBe(items[3]);
  expect(pool.take('a')).toBeUndefined();
  expect(pool.take('b', '3')).toBeUndefined();
  expect(pool.take('b')).toBe(items[2]);
  expect(pool.take('c')).toBeUndefined();
});

test('many with one key that others ask for in vain take no longer than their number', () => {
  // compared with each other these would be 40,000,000,000 comparisons
  const items = Array.from({ length: 200_000 }, (_, index) => ({ body: 'x', author: `a${index}` }));
  const pool = new Pool(
    items,
    ({ body }) => body,
    ({ author }) => author,
  );
  for (let index = 0; index < items.length; index += 1) expect(pool.take('x', `b${index}`)).toBeUndefined();
  expect(items.every((item) => pool.take('x', item.author) === item)).toBe(true);
});
