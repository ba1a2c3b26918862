import { expect, test } from 'vitest';
import { newId } from './ids.js';

test('ids are UUIDs of version 7: unique, with their creation time, in order of creation', () => {
  const before = Date.now();
  const ids = Array.from({ length: 10_000 }, newId);
  const after = Date.now();
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const made = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(made).toBeGreaterThanOrEqual(before);
    expect(made).toBeLessThanOrEqual(after);
  }
});

test('random bytes are never reused', () => {
  const tails = Array.from({ length: 10_000 }, () => newId().slice(-11));
  expect(new Set(tails).size).toBe(tails.length);
});
