import { expect, test } from 'vitest';
import { isExactNumber } from './exact-number.js';

test.each([
  ['1', true],
  ['-0.5e3', true],
  ['1000000000000000000000', true],
  ['1.10000000', true],
  ['0.1', true],
  ['9007199254740993', false],
  ['1e400', false],
  ['0.10000000000000000001', false],
  ['1.' + '0'.repeat(900), true],
  ['1.' + '0'.repeat(1_000), false],
])('%s', (text, isExact) => {
  expect(isExactNumber(text)).toBe(isExact);
});

// an expression for the zeros at the end takes hours for each of these
test.each(['0', '10', '1000'])('a number of a million characters of %s is refused at once', (digits) => {
  const text = `1.${digits.repeat(1_000_000 / digits.length)}1`;
  expect(isExactNumber(text)).toBe(false);
});
