import { createHash, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { contentHashes, pieceCharacters, piecesOf } from './content-hash.js';

const pieceBytes = (pieceCharacters / 4) * 3;
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const entryOf = (bytes: Buffer, name = 'x') => ({ name, content: bytes.toString('base64') });

test.each([0, 1, 2, 3, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes + 2])(
  'pieces of %i bytes are the bytes again, and each is small',
  (size) => {
    const bytes = randomBytes(size);
    const pieces = [...piecesOf(bytes.toString('base64'))];
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(pieces.every(({ length }) => length <= pieceBytes)).toBe(true);
  },
);

test('files have the hashes of their contents, each alone, and a link has none', async () => {
  const contents = [0, 5, pieceBytes + 7].map((size) => randomBytes(size));
  const entries = contents.map((bytes) => entryOf(bytes));
  const link = { name: 'link', url: 'https://example.com' };
  const find = await contentHashes([...entries, link]);
  expect(entries.map(find)).toEqual(contents.map(hashOf));
  expect(find(link)).toBeNull();
});

test('others are served while large files are hashed, and a signal ends it', async () => {
  const entries = Array.from({ length: 40 }, () => entryOf(Buffer.alloc(pieceBytes)));
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    while (!isOver) {
      await nextTurn();
      turns += 1;
    }
  })();
  await contentHashes(entries);
  isOver = true;
  await counting;
  expect(turns).toBeGreaterThan(1);
  const again = Array.from({ length: 40 }, () => entryOf(Buffer.alloc(pieceBytes)));
  await expect(contentHashes(again, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});
