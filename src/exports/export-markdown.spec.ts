import { expect, test } from 'vitest';
import { oneLine } from './export-markdown.js';

test('lines are joined without the blanks around their ends', () => {
  expect(oneLine('  a \r\n\n  b  c\n')).toBe('a b  c');
});

test('a million blanks in a line take no longer than a million letters', () => {
  const text = `a${' '.repeat(1_000_000)}b`;
  expect(oneLine(text)).toBe(text);
});
