import { expect, test } from 'vitest';
import { hashOfToken, hintOf, isWellFormed, looksLikeToken, makeToken } from './token-format.js';

test('a token matches the pattern of secret scanners', () => {
  const made = Array.from({ length: 200 }, () => makeToken());
  for (const token of made) {
    expect(token).toMatch(/^mlr_pat_[0-9A-Za-z]{38}$/);
    expect(isWellFormed(token)).toBe(true);
  }
  expect(new Set(made).size).toBe(200);
});

test('the checksum is the CRC-32 of the random part in base 62', () => {
  // CRC-32 of these 32 zeros is 0xa0f292d0, as Python's zlib has it
  const zeros = '0'.repeat(32);
  expect(isWellFormed(`mlr_pat_${zeros}000000`)).toBe(false);
  expect(isWellFormed(`mlr_pat_${zeros}2wjyrI`)).toBe(true);
});

test('a changed, truncated or foreign text is no valid token', () => {
  const token = makeToken();
  const other = token[20] === 'a' ? 'b' : 'a';
  for (const text of [
    token.slice(0, 20) + other + token.slice(21),
    token.slice(0, -1),
    `${token}0`,
    token.replace('mlr_pat_', 'mlr_xxx_'),
    '',
  ])
    expect(isWellFormed(text)).toBe(false);
  expect(looksLikeToken('mlr_pat_x')).toBe(true);
  expect(looksLikeToken('eyJhbGciOiJIUzI1NiJ9')).toBe(false);
});

test('a key has a prefix of its own', () => {
  const key = makeToken('key');
  expect(key).toMatch(/^mlr_key_[0-9A-Za-z]{38}$/);
  expect(isWellFormed(key)).toBe(true);
  expect(looksLikeToken(key)).toBe(true);
  expect(hintOf(key)).toBe(`mlr_key_…${key.slice(-4)}`);
});

test('the hint and the stored hash do not reveal the token', () => {
  const token = makeToken();
  expect(hintOf(token)).toBe(`mlr_pat_…${token.slice(-4)}`);
  expect(hashOfToken(token).toString('latin1')).not.toContain(token.slice(8));
});
