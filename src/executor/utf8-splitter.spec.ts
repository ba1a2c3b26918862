import { describe, expect, it } from 'vitest';
import { Utf8Splitter } from './utf8-splitter.js';

/** Feeds the bytes in pieces of one size and returns what comes out. */
function split(bytes: Buffer, size: number) {
  const splitter = new Utf8Splitter();
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(splitter.push(bytes.subarray(at, at + size)));
  pieces.push(splitter.end());
  return pieces.filter((piece) => piece !== undefined);
}

describe('Utf8Splitter', () => {
  const text = 'aé€𝄞 — ñandú 日本語 🙂\n';

  it.each([1, 2, 3, 4, 5, 7, 1000])('never splits a character, in chunks of %i bytes', (size) => {
    const pieces = split(Buffer.from(text), size);
    expect(pieces.map(({ content }) => content.toString()).join('')).toBe(text);
    expect(pieces.every((piece) => piece.text && !piece.content.toString().includes('\ufffd'))).toBe(true);
  });

  it.each([1, 2, 3, 64])('passes on every byte that is not UTF-8, in chunks of %i bytes', (size) => {
    const bytes = Buffer.from([
      0x41, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x42, 0xf0, 0x9f, 0x80, 0xf8, 0x80, 0xe2, 0x82,
    ]);
    const pieces = split(bytes, size);
    expect(Buffer.concat(pieces.map(({ content }) => content))).toEqual(bytes);
    expect(pieces.some((piece) => !piece.text)).toBe(true);
  });

  it('emits an incomplete character at the end', () => {
    const splitter = new Utf8Splitter();
    expect(splitter.push(Buffer.from([0xe2, 0x82]))).toBeUndefined();
    expect(splitter.end()).toEqual({ content: Buffer.from([0xe2, 0x82]), text: false });
    expect(splitter.end()).toBeUndefined();
  });
});
