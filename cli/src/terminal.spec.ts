import { expect, test } from 'vitest';
import { escapedJson, harmless, harmlessPieces } from './terminal.js';

const hostile = 'a\u001b]52;c;ZXZpbA==\u0007b\u009b2Jc\u001b[2Jd\u001b[31mred\u001b[0m\r\n';

test('nothing of a text steers the terminal but its colours and line feeds', () => {
  expect(harmless(hostile)).toBe('a]52;c;ZXZpbA==b2Jc[2Jd\u001b[31mred\u001b[0m\n');
});

test('a text in pieces is harmless wherever it is cut', async () => {
  const bytes = Buffer.from(hostile);
  for (let at = 0; at <= bytes.length; at += 1) {
    const pieces = (async function* () {
      yield bytes.subarray(0, at);
      yield bytes.subarray(at);
    })();
    let text = '';
    for await (const piece of harmlessPieces(pieces)) text += piece;
    expect(harmless(text)).toBe(text);
    expect(text.replaceAll('\u001b', '').replaceAll(/\[(31|0)m/g, '')).toBe('a]52;c;ZXZpbA==b2Jc[2Jdred\n');
  }
});

test('JSON has no control character as it is, and says the same', () => {
  const json = escapedJson({ title: hostile });
  expect(json).toMatch(/^[\u0020-\u007e]*$/);
  expect(JSON.parse(json)).toEqual({ title: hostile });
});
