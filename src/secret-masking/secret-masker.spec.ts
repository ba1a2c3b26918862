import { describe, expect, test } from 'vitest';
import { maskText, SecretMasker } from './secret-masker.js';
import { SecretPatterns } from './secret-patterns.js';

const secret = 'p&ss w+rd/äöü';
const token = 'ghp_0123456789abcdefABCDEF';
const certificate = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\n-----END KEY-----\n';
const patterns = SecretPatterns.of([secret, token, certificate])!;

/** A deterministic random generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function inChunks(text: Buffer, next: () => number, most: number, known = patterns): Buffer {
  const masker = new SecretMasker(known);
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length;) {
    const size = 1 + Math.floor(next() * most);
    pieces.push(masker.push(Buffer.from(text.subarray(at, at + size))));
    at += size;
  }
  return Buffer.concat([...pieces, masker.end()]);
}

const hidden: [string, string, string][] = [
  ['in plain text', `a ${token} b ${secret} c`, 'a *** b *** c'],
  ['twice in a row', `${token}${token}`, '******'],
  ['of several lines', `<${certificate}>`, '<***>'],
  ['of which each line is printed separately', 'x MIIEvQIBADANBgkq y\n  hkiG9w0B\n', 'x *** y\n  ***\n'],
  ['in JSON', JSON.stringify({ certificate }), '{"certificate":"***"}'],
  ['in a URL', `?a=${encodeURIComponent(secret)}&b`, '?a=***&b'],
  ['in a form', `a=${new URLSearchParams([['', secret]]).toString().slice(1)}&b`, 'a=***&b'],
  [
    'in percent-encoding with lower-case digits',
    encodeURIComponent(secret).replaceAll(/%../g, (hex) => hex.toLowerCase()),
    '***',
  ],
  ['in a URL of encodeURI', encodeURI(secret), '***'],
  ['after a percent sign', `100%${secret} 5%${encodeURIComponent(secret)}`, '100%*** 5%***'],
];

describe('a secret is masked', () => {
  test.each(hidden)('%s', (_, text, expected) => {
    expect(maskText(patterns, text)).toBe(expected);
  });

  test('in base64 at any position, with or without padding or line breaks, in either alphabet', () => {
    const tail = Buffer.from('~~~ the end of it');
    for (const value of [secret, token, '?>?>?>~~~', certificate]) {
      const known = SecretPatterns.of([value])!;
      for (let before = 0; before < 6; before += 1) {
        for (const after of [0, 1, 2, 3, tail.length]) {
          const bytes = Buffer.concat([
            Buffer.from('abcdef').subarray(0, before),
            Buffer.from(value),
            tail.subarray(0, after),
          ]);
          const plain = bytes.toString('base64');
          const lines = plain.replaceAll(/.{16}/g, '$&\n');
          for (const text of [
            plain,
            plain.replaceAll('=', ''),
            bytes.toString('base64url'),
            lines,
            lines.replaceAll('\n', '\r\n'),
          ]) {
            const shown = maskText(known, text);
            expect(shown).toContain('***');
            // the rest reveals at most four bits at each end of the secret
            const left = shown.replaceAll(/[\r\n=]/g, '').length - 3;
            const most = Math.ceil((before * 8) / 6) + Math.ceil((after * 8) / 6) + 1;
            expect(left, `${before} ${after} ${shown}`).toBeLessThanOrEqual(most);
          }
        }
      }
    }
  });
});

test('the result does not depend on the chunk boundaries', () => {
  const next = random(7);
  const parts = [
    ...hidden.map(([, text]) => text),
    token.slice(0, 9),
    secret.slice(1),
    '%',
    '%4',
    '\n',
    '\\\n',
    '\\',
    '\\u00e4',
    '\r\n',
    `${token.slice(0, 2)}\n${token.slice(2)}`,
    secret.replaceAll('ö', '\\u00f6'),
    'ghp_ghp_',
    'plain text, ',
    Buffer.from(token).toString('base64'),
  ];
  for (let round = 0; round < 150; round += 1) {
    const text = Buffer.from(
      Array.from({ length: 12 }, () => parts[Math.floor(next() * parts.length)]).join(''),
    );
    const whole = inChunks(text, () => 0.999_999, text.length);
    expect(whole.toString()).not.toContain(token);
    for (const most of [1, 3, 40]) expect(inChunks(text, next, most).equals(whole)).toBe(true);
  }
});

test('masks a secret that is a prefix of another one, overlaps it, or is periodic', () => {
  const known = SecretPatterns.of(['abcd', 'abcdefgh', 'ghijkl', 'xyxyxyxy'])!;
  expect(maskText(known, 'abcd abcdefgX abcdefgh abcdefghijkl ghij')).toBe('*** ***efgX *** *** ghij');
  expect(maskText(known, `-${'xy'.repeat(500)}-`)).toBe('-***-');
  expect(inChunks(Buffer.from('abcdefghijkl'), () => 0, 1, known).toString()).toBe('***');
});

test('holds back only bytes that may be the start of a secret, until that is decided', () => {
  const masker = new SecretMasker(patterns);
  const push = (text: string) => masker.push(Buffer.from(text)).toString();
  expect(push('plain\n')).toBe('plain\n');
  expect(push('then ghp_01234')).toBe('then ');
  expect(push('56')).toBe('');
  expect(push('x')).toBe('ghp_0123456x');
  expect(push('ghp_')).toBe('');
  expect(masker.end().toString()).toBe('ghp_');
});

test('bytes that are not UTF-8 pass unchanged', () => {
  const next = random(3);
  const bytes = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(next() * 256)));
  expect(inChunks(bytes, next, 5000).equals(bytes)).toBe(true);
});

test('an empty list of secrets needs no search', () => {
  expect(SecretPatterns.of([])).toBeUndefined();
  expect(SecretPatterns.of(['abc'])).toBeUndefined();
});
