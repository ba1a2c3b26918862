import { expect, test } from 'vitest';
import { collectorFrames, mostOfRun, relativePath } from './collector-frames.js';

const frame = (kind: string, text: string) => {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
};

async function read(bytes: Buffer, step: number): Promise<string[]> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, n) =>
    bytes.subarray(n * step, (n + 1) * step),
  );
  const frames: string[] = [];
  // `Readable.from` would join the chunks
  const stream = async function* () {
    yield* chunks;
  };
  for await (const { kind, content } of collectorFrames(stream()))
    frames.push(`${kind}:${content.toString()}`);
  return frames;
}

test.each([1, 2, 5, 7, 100])('frames are the same however the stream is cut (%i bytes)', async (step) => {
  const bytes = Buffer.concat([
    frame('F', 'dist/ä'),
    frame('D', ''),
    frame('D', 'x'.repeat(20)),
    frame('E', ''),
    frame('O', '0 0'),
  ]);
  expect(await read(bytes, step)).toEqual(['F:dist/ä', 'D:', `D:${'x'.repeat(20)}`, 'E:', 'O:0 0']);
});

test.each([
  ['frames', 5, mostOfRun.frames + 1],
  ['bytes', 1024 * 1024, mostOfRun.bytes / 1024 / 1024 + 1],
])('more %s than the collector writes are refused', async (_, length, count) => {
  const one = frame('X', 'x'.repeat(length - 5));
  let read = 0;
  const stream = async function* () {
    for (let left = count; left > 0; left -= 1) yield one;
  };
  await expect(async () => {
    for await (const { content } of collectorFrames(stream())) read += content.length + 5;
  }).rejects.toThrow('too much');
  expect(read).toBe(one.length * (count - 1));
});

test.each([
  ['another kind', Buffer.concat([frame('Q', 'x')])],
  ['a length beyond any frame', Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff])],
  ['an end within a frame', frame('D', 'text').subarray(0, 7)],
  ['an end within a head', frame('D', 'text').subarray(0, 3)],
])('%s is an error', async (_name, bytes) => {
  await expect(read(bytes, 4)).rejects.toThrow('The collector');
});

test.each(['a', 'a/b', '.hidden', '..a/b..', 'a b/ü\n', 'x'.repeat(2000)])(
  '%j is a path in the workspace',
  (path) => {
    expect(relativePath(Buffer.from(path))).toBe(path);
  },
);

test.each(['', '/', '/etc/passwd', 'a//b', 'a/', './a', '../a', 'a/../../b', 'a\0b', 'x'.repeat(2001)])(
  '%j is not',
  (path) => {
    expect(relativePath(Buffer.from(path))).toBeUndefined();
  },
);

test('a path that is not UTF-8 is none', () => {
  expect(relativePath(Buffer.from([0x61, 0xff]))).toBeUndefined();
});
