import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { MaskedSource } from './masked-source.js';
import { SecretMasker } from './secret-masker.js';
import { SecretPatterns } from './secret-patterns.js';

const secret = 'a secret of some length';

/** Returns the masked bytes of a stream that ends with its only chunk. */
async function masked(chunk: Buffer): Promise<{ text: string; ends: number }> {
  const readable = new Readable({ highWaterMark: 2 * chunk.length, read: () => undefined });
  readable.push(chunk);
  readable.push(null);
  const pieces: Buffer[] = [];
  let ends = 0;
  const source = new MaskedSource(readable, new SecretMasker(SecretPatterns.of([secret, 'aaaa'])!), {
    push: (bytes) => void pieces.push(bytes),
    end: () => (ends += 1),
    isOver: () => false,
    hasRoom: () => true,
  });
  await new Promise((resolve) => readable.once('end', resolve));
  await source.settled();
  return { text: Buffer.concat(pieces).toString(), ends };
}

test('the end of a stream waits for the last chunk, and reveals no part of a truncated secret', async () => {
  const flood = 'a'.repeat(256 * 1024);
  // the boundary of a slice is at several positions in the secret
  for (let at = 0; at < secret.length; at += 5) {
    const before = ' '.repeat(8 * 1024 - at);
    const { text, ends } = await masked(
      Buffer.from(`${before}${secret}\n${flood}\n${before}${secret}\nlast`),
    );
    expect(text).toBe(`${before}***\n***\n${before}***\nlast`);
    expect(ends).toBe(1);
  }
});
