import { describe, expect, test } from 'vitest';
import { faultOfJson } from './json-bounds.js';

const fault = (text: string) => faultOfJson(Buffer.from(text));

describe('the bounds of a JSON document', () => {
  test('limit the nesting to 64 levels below the root', () => {
    expect(fault('['.repeat(65) + ']'.repeat(65))).toBeUndefined();
    expect(fault('['.repeat(66))).toBe('Nested deeper than 64 levels');
    expect(fault('{"a":'.repeat(66))).toBe('Nested deeper than 64 levels');
    expect(fault(`[${'[],'.repeat(70)}[]]`)).toBeUndefined();
  });

  test('limit the document to 100000 values, including field names', () => {
    expect(fault(`[${'1,'.repeat(99_999)}1]`)).toBeUndefined();
    expect(fault(`[${'1,'.repeat(100_000)}1]`)).toBe('More than 100000 values');
    expect(fault(`{${'"a":1,'.repeat(50_001)}"a":1}`)).toBe('More than 100000 values');
  });

  test('ignore brackets and commas in strings', () => {
    const text = '[,:{'.repeat(100_000);
    expect(fault(JSON.stringify({ text }))).toBeUndefined();
    expect(fault(JSON.stringify({ text: `"${text}` }))).toBeUndefined();
    expect(fault(JSON.stringify({ text: `\\${text}\\` }))).toBeUndefined();
    // a string ends at its quote, also behind an escaped backslash
    expect(fault(`["\\\\",${'['.repeat(66)}`)).toBe('Nested deeper than 64 levels');
    for (let length = 50; length < 150; length += 1) {
      const long = 'x'.repeat(length);
      for (const end of ['', '\\\\', '\\"', '\\\\\\"', `\\"${long}`]) {
        expect(fault(`["${long}${end}",${'['.repeat(65)}`)).toBe('Nested deeper than 64 levels');
        expect(fault(`["${long}${end}${'['.repeat(65)}"]`)).toBeUndefined();
      }
    }
    expect(fault('"')).toBeUndefined();
    expect(fault('"\\')).toBeUndefined();
  });
});
