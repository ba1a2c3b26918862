import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { AnsiStripper } from './ansi-stripper.js';

const sequences: [string, string][] = [
  ['plain äöü 日本\n', 'plain äöü 日本\n'],
  ['\x1b[31mred\x1b[0m \x1b[1;38;5;196mbright\x1b[m', 'red bright'],
  ['\x1b]0;a title\x07text\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\', 'textlink'],
  ['\x1b[2K\x1b[1A50 %\r\x1b[?25h', '50 %\r'],
  ['\x1b(Bascii\x1b=keypad\x1bM', 'asciikeypad'],
  ['\x1bPdevice\x1b\\after', 'after'],
  ['\x1b]never ended\nnext line', '\nnext line'],
  ['\x1b[31\x18kept', 'kept'],
  // C1 controls in UTF-8, and bytes that look like them inside of characters
  ['ěščř', 'ěščř'],
  ['end\x1b', 'end'],
  ['\x1b]a\x1b[31mb', 'b'],
];

test.each(sequences)('%j is stripped to %j', (text, expected) => {
  expect(new AnsiStripper().push(Buffer.from(text)).toString()).toBe(expected);
});

test('the result does not depend on the chunk boundaries', () => {
  const text = Buffer.from(sequences.map(([raw]) => raw).join(''));
  const stripper = new AnsiStripper();
  const bytes = Array.from(text, (byte) => stripper.push(Buffer.from([byte])));
  expect(Buffer.concat(bytes).equals(new AnsiStripper().push(text))).toBe(true);
});

test('removes the same colour codes as stripVTControlCharacters of Node', () => {
  const text = '\x1b[1mbold\x1b[22m \x1b[38;2;1;2;3mrgb\x1b[39m\n';
  expect(new AnsiStripper().push(Buffer.from(text)).toString()).toBe(stripVTControlCharacters(text));
});
