import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { migrations } from './index.js';

test('every migration of this folder is listed, in the order of their numbers', () => {
  const numbers = readdirSync(import.meta.dirname).flatMap((name) => /^(\d+)-/.exec(name)?.[1] ?? []);
  expect(migrations.map(({ name }) => /\d+$/.exec(name)?.[0])).toEqual(numbers.toSorted());
});
