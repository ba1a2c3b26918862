import { expect, test } from 'vitest';
import { AppError } from '../common/errors.js';
import { jsonLength } from './bounded-json.js';
import { inputsOf } from './message.js';

const fieldOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as AppError).details['field'];
  }
  return 'accepted';
};

test('a part of a message becomes its JSON', () => {
  const json = { ref: 'main', commit: { id: 'a', files: ['x', 'y'] }, none: null };
  const pointers = { ref: '/ref', commit: '/commit', again: '/commit', none: '/none', missing: '/other' };
  const commit = '{"id":"a","files":["x","y"]}';
  expect(inputsOf(pointers, json)).toEqual({ ref: 'main', commit, again: commit });
});

test('a part that is too long for an input is refused before it is written', () => {
  // 500 KiB that would become 2 MiB, for each of 50 inputs
  const large = JSON.parse(`[${'1e20,'.repeat(100_000)}1]`);
  let written = 0;
  const json = { large, toJSON: () => (written += 1) };
  const pointers = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`n${n}`, n % 2 ? '/large' : '']));
  expect(fieldOf(() => inputsOf(pointers, json))).toBe('inputs.n0');
  expect(written).toBe(0);
  const texts = Array.from({ length: 10 }, () => ['x'.repeat(60_000)]);
  const each = Object.fromEntries(texts.map((_, n) => [`n${n}`, `/${n}`]));
  expect(fieldOf(() => inputsOf(each, texts))).toBe('inputs');
  expect(fieldOf(() => inputsOf({ deep: '' }, JSON.parse('['.repeat(40_000) + ']'.repeat(40_000))))).toBe(
    'inputs.deep',
  );
});

test.each([
  ['text'],
  [12.5],
  [1e20],
  [true],
  [null],
  [[]],
  [{}],
  [[1, 'a', null]],
  [{ a: { b: [1, 2] }, c: 'd' }],
])('the length of %j is bounded', (value) => {
  const { length } = JSON.stringify(value);
  expect(jsonLength(value, 1e6)).toBeGreaterThanOrEqual(length);
  expect(jsonLength(value, 1e6)).toBeLessThanOrEqual(length + 3);
});

test('what is above the bound is not looked at to its end', () => {
  let looked = 0;
  const values = new Proxy(
    Array.from({ length: 10_000 }, () => 'x'.repeat(98)),
    {
      get: (target, name, self) => {
        looked += 1;
        return Reflect.get(target, name, self) as unknown;
      },
    },
  );
  expect(jsonLength(values, 1_000)).toBeGreaterThan(1_000);
  expect(looked).toBeLessThan(100);
});
