import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { migrations } from './index.js';

test('every migration in the folder is registered, in order of number', () => {
  const numbers = readdirSync(import.meta.dirname).flatMap((name) => /^(\d+)-/.exec(name)?.[1] ?? []);
  expect(migrations.map(({ name }) => /\d+$/.exec(name)?.[0])).toEqual(numbers.toSorted());
});
