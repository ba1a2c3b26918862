import { describe, expect, test } from 'vitest';
import { maskText, SecretMasker } from './secret-masker.js';
import { withoutEscapes } from './json-escape.js';
import { secretForms } from './secret-forms.js';
import { SecretPatterns } from './secret-patterns.js';
import { SkipTable } from './skip-table.js';

const awkward = 'pä"ss\\n<w>&r/d\t\u2028😀é';
const plain = 'ghp_0123456789abcdefABCDEF';
const lines = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\n-----END KEY-----';

const hex = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const upperHex = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
const ascii = (json: string, escape = hex) => json.replaceAll(/[\u0080-\uffff]/g, escape);

/** Functions that convert the result of `JSON.stringify` to the notation of other JSON encoders. */
const encoders: [string, (json: string) => string][] = [
  ['JavaScript', (json) => json],
  ['Python', (json) => ascii(json)],
  ['Python with large digits', (json) => ascii(json, upperHex)],
  ['Go', (json) => json.replaceAll(/[&<>\u2028\u2029]/g, hex)],
  ['PHP', (json) => ascii(json.replaceAll('/', '\\/'))],
  ['PHP, unescaped Unicode', (json) => json.replaceAll('/', '\\/')],
  ['Gson', (json) => json.replaceAll(/[&<>='\u2028\u2029]/g, hex)],
  ['.NET', (json) => ascii(json.replaceAll('\\"', '\\u0022'), upperHex).replaceAll(/[&<>'+`]/g, upperHex)],
];

/** Masks `text` in chunks of `size` bytes, so that every cut is tried. */
function inPieces(patterns: SecretPatterns, text: string, size: number): string {
  const masker = new SecretMasker(patterns);
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size)
    pieces.push(masker.push(Buffer.from(bytes.subarray(at, at + size))));
  return Buffer.concat([...pieces, masker.end()]).toString();
}

describe('a secret in JSON is masked as written by', () => {
  test.each(encoders)('%s', (_, encode) => {
    for (const secret of [awkward, plain, lines, 'é1/é2', '\\\\host\\share\\u0041']) {
      const patterns = SecretPatterns.of([secret])!;
      const once = encode(JSON.stringify({ before: 'a\\b\n', secret, after: 'ü/&\ud83d' }));
      const shown = maskText(patterns, once);
      expect(JSON.parse(shown)).toEqual({ before: 'a\\b\n', secret: '***', after: 'ü/&\ud83d' });
      const twice = encode(JSON.stringify({ text: once }));
      expect(JSON.parse(JSON.parse(maskText(patterns, twice)).text).secret).toBe('***');
      for (const size of [1, 2, 7]) {
        expect(inPieces(patterns, once, size)).toBe(shown);
        expect(inPieces(patterns, twice, size)).toBe(maskText(patterns, twice));
      }
    }
  });

  test('no encoder: text that only resembles an escape passes', () => {
    const patterns = SecretPatterns.of([awkward, plain])!;
    const rows = [
      '\\u12',
      'C:\\users\\u00',
      '\\ud83d\\u0041',
      '\\ud83d\\ud83d',
      '\\ud83dx',
      '\\'.repeat(100),
    ];
    for (const text of [...rows, `${rows.join('\n')}\n`, 'a\\\nb'])
      for (const size of [1, 3, 1000]) expect(inPieces(patterns, text, size)).toBe(text);
  });

  test('a long row of backslashes is not held back', () => {
    const masker = new SecretMasker(SecretPatterns.of([plain])!);
    const length = 100_000;
    const passed = masker.push(Buffer.from('\\'.repeat(length)));
    expect(passed.length).toBeGreaterThan(length - 64);
  });
});

/** Breaks `text` into lines of a width. */
const fold = (text: string, width: number, end: string) =>
  text.match(new RegExp(`.{1,${width}}`, 'gsu'))!.join(end);

/** Returns the length of the longest part of `text` that `shown` still contains, without line breaks. */
function longestLeft(text: string, shown: string): number {
  const rest = shown.replaceAll(/[\r\n]/g, '');
  for (let length = text.length; length > 0; length -= 1)
    for (let at = 0; at + length <= text.length; at += 1)
      if (rest.includes(text.slice(at, at + length))) return length;
  return 0;
}

describe('a secret that is wrapped over lines is masked at line width', () => {
  test.each([1, 2, 3, 4, 5, 7, 12, 16, 20, 60, 76])('%i', (width) => {
    for (const secret of [plain, 'correct horse battery staple', awkward]) {
      const patterns = SecretPatterns.of([secret])!;
      for (const end of ['\n', '\r\n']) {
        for (let before = 0; before < 6; before += 1) {
          const text = `${'#'.repeat(before)}${secret}`;
          const shown = maskText(patterns, fold(`${text}#`, width, end));
          // the characters before the first line break may be too few to be held
          expect(longestLeft(secret, shown)).toBeLessThanOrEqual(3);
          expect(shown).toContain('***');
        }
      }
    }
  });

  test.each([1, 2, 3, 4, 5, 7, 12, 16, 20, 60, 76])('%i, in base64', (width) => {
    const patterns = SecretPatterns.of([plain])!;
    for (const end of ['\n', '\r\n']) {
      for (let before = 0; before < 6; before += 1) {
        const encoded = Buffer.from(`${'#'.repeat(before)}${plain}#`).toString('base64');
        const shown = maskText(patterns, `${fold(encoded, width, end)}\n`);
        const start = Math.ceil((before * 8) / 6);
        const own = encoded.slice(start, start + Math.floor((plain.length * 8) / 6) - 2);
        expect(longestLeft(own, shown)).toBeLessThanOrEqual(4);
      }
    }
  });
});

test('lines of ordinary output pass without delay', () => {
  const masker = new SecretMasker(SecretPatterns.of([plain, awkward, lines])!);
  for (const line of ['building\n', 'done\n', 'step 1 of g\n', 'the path\n'])
    expect(masker.push(Buffer.from(line)).toString()).toBe(line);
});

test('a secret of backslashes is prepared like any other', () => {
  // an expression that takes each row of backslashes as a possible escape would need minutes for this
  const secret = `${'\\'.repeat(500_000)}x`;
  expect(withoutEscapes(secret)).toBe('x');
  expect(withoutEscapes(String.raw`a\\\u00e9\u00E9\n`)).toBe('aéén');
});

describe('other work runs between', () => {
  const stepsOf = (steps: Generator<undefined>) => Array.from(steps).length;

  test('the secrets of many, and the forms of each', () => {
    const secrets = Array.from({ length: 50 }, (_, index) => ` secret number ${index}\n`);
    expect(stepsOf(secretForms(secrets))).toBeGreaterThanOrEqual(3 * secrets.length);
  });

  test('the lines of one secret, each of which is masked', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `line ${index} of it`);
    expect(stepsOf(secretForms([rows.join('\n')]))).toBeGreaterThanOrEqual(rows.length / 500);
    const strings = rows.map((row) => Buffer.from(row));
    expect(stepsOf(new SkipTable(strings).build(strings))).toBeGreaterThanOrEqual(rows.length / 2_000);
    const patterns = SecretPatterns.of([rows.join('\r\n')])!;
    expect(maskText(patterns, `<${rows[0]}> <${rows[5_000]}> <${rows.at(-1)}> <line>`)).toBe(
      '<***> <***> <***> <line>',
    );
  });
});
