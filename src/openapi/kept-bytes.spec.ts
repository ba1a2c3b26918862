import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { KeptBytes, KeptForHost } from './kept-bytes.js';

test('a document is made once and sent in the encoding that its client accepts', async () => {
  let made = 0;
  const document = new KeptBytes(() => Buffer.from(`made ${(made += 1)}`));
  const [plain, br, gzip, refused] = [
    await document.in(undefined),
    await document.in('gzip, deflate, br'),
    await document.in('br;q=0, GZIP;q=0.5'),
    await document.in('br;q=0, gzip; q=0.000, identity'),
  ];
  expect([plain.encoding, br.encoding, gzip.encoding, refused.encoding]).toEqual([
    undefined,
    'br',
    'gzip',
    undefined,
  ]);
  expect([plain.bytes, brotliDecompressSync(br.bytes), gunzipSync(gzip.bytes)].map(String)).toEqual(
    Array(3).fill('made 1'),
  );
  expect((await document.in('br')).bytes).toBe(br.bytes);
  expect((await document.in('')).bytes).toBe(plain.bytes);
  expect(made).toBe(1);
});

test('a document with the address of the server is made once, whoever asks', () => {
  let made = 0;
  const document = new KeptForHost(
    (baseUrl) => {
      made += 1;
      return JSON.stringify({ at: baseUrl, again: `${baseUrl}/mcp`, $: '$& and $1' });
    },
    (baseUrl) => JSON.stringify(baseUrl).slice(1, -1),
  );
  for (const url of ['http://one:1', 'http://"$&\\'])
    expect(JSON.parse(String(document.with(url)))).toEqual({
      at: url,
      again: `${url}/mcp`,
      $: '$& and $1',
    });
  expect(made).toBe(1);
});
