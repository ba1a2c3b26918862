import { expect, test } from 'vitest';
import { wholeText } from './whole-text.js';

const text = 'aé€😀z';
const bytes = Buffer.from(text);

test('pieces of any size are the text again, whatever characters they cut', () => {
  for (let size = 4; size <= bytes.length; size += 1) {
    let read = '';
    for (let from = 0; from < bytes.length;) {
      const piece = wholeText(bytes.subarray(from, from + size), from + size >= bytes.length)!;
      read += piece.text;
      expect(piece.bytes).toBeGreaterThan(0);
      from += piece.bytes;
    }
    expect(read).toBe(text);
  }
});

test('a piece that begins within a character begins with the next one', () => {
  expect(wholeText(bytes.subarray(2), true)).toEqual({ text: '€😀z', bytes: bytes.length - 2 });
});

test('what is no UTF-8, has NUL, or ends within a character at the end of the file is no text', () => {
  for (const other of [Buffer.from([0xff, 0xfe, 0x61]), Buffer.from('a\0b'), Buffer.from([0x61, 0xc3])])
    expect(wholeText(other, true)).toBeUndefined();
  expect(wholeText(Buffer.alloc(0), true)).toEqual({ text: '', bytes: 0 });
});
