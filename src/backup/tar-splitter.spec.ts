import { expect, test } from 'vitest';
import { makeHeader, moveInto, paddingOf, readHeader } from './tar.js';
import { TarSplitter } from './tar-splitter.js';

const files: [path: string, content: Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['a/short', Buffer.from('some text')],
  ['a/block', Buffer.alloc(512, 'x')],
  ['a/long', Buffer.alloc(1_300, 'y')],
];
const archive = Buffer.concat([
  ...files.flatMap(([path, content]) => [
    makeHeader(path, content.length),
    content,
    Buffer.alloc(paddingOf(content.length)),
  ]),
  Buffer.alloc(1024),
]);

function split(bytes: Buffer, at: number): [string, Buffer][] {
  const splitter = new TarSplitter();
  const found: [string, Buffer][] = [];
  for (let from = 0; from < bytes.length; from += at)
    for (const part of splitter.take(bytes.subarray(from, from + at))) {
      if ('entry' in part) found.push([part.entry.path, Buffer.alloc(0)]);
      else found.at(-1)![1] = Buffer.concat([found.at(-1)![1], part.content]);
    }
  splitter.end();
  return found;
}

test.each([1, 7, 511, 512, 513, 100_000])('splits an archive that comes in pieces of %i bytes', (at) => {
  expect(split(archive, at)).toEqual(files);
});

test('refuses an archive that is cut anywhere', () => {
  for (const length of [0, 100, 512, 1_000, 1_024, 1_040, archive.length - 1_024, archive.length - 512])
    expect(() => split(archive.subarray(0, length), 512)).toThrow('cut short');
});

test('reads the sizes of large files, and paths in folders', () => {
  const header = makeHeader('base/1', 0);
  header.write('\x80', 124, 'latin1');
  header.writeBigUInt64BE(10n ** 12n, 128);
  expect(readHeader(moveInto('postgres', header))).toEqual({
    path: 'postgres/base/1',
    type: 'file',
    mode: 0o600,
    size: 10 ** 12,
  });
  expect(readHeader(makeHeader('./a//b/', 0))).toMatchObject({ path: 'a/b', type: 'folder' });
  expect(readHeader(makeHeader('a/../b', 0))?.path).toBe('a/../b');
});
