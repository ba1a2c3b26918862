import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inSlices } from './in-slices.js';
import { maskText, SecretMasker } from './secret-masker.js';
import { SecretPatterns } from './secret-patterns.js';

function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('slow work on a chunk keeps its order and yields to the event loop between slices', async () => {
  const chunk = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));
  const slices: Buffer[] = [];
  let isDone = false;
  let turns = 0;
  const work = inSlices(
    chunk,
    () => false,
    (slice) => {
      slices.push(slice);
      busy(3);
    },
  ).finally(() => (isDone = true));
  while (!isDone) {
    turns += 1;
    await nextTurn();
  }
  await work;
  expect(Buffer.concat(slices).equals(chunk)).toBe(true);
  expect(turns).toBeGreaterThanOrEqual(slices.length - 1);
  expect(slices.length).toBeGreaterThan(5);
});

test('no slice is processed after the work has finished', async () => {
  let done = 0;
  await inSlices(
    Buffer.alloc(50_000),
    () => done >= 2,
    () => (done += 1),
  );
  expect(done).toBe(2);
});

test('chunks of many streams share a turn of the event loop round-robin, a slice each', async () => {
  let turn = 0;
  let isDone = false;
  const slices: { stream: number; turn: number }[] = [];
  const work = Promise.all(
    Array.from({ length: 6 }, (_, stream) =>
      inSlices(
        Buffer.alloc(24 * 1024),
        () => false,
        () => {
          slices.push({ stream, turn });
          busy(3);
        },
      ),
    ),
  ).finally(() => (isDone = true));
  while (!isDone) {
    await nextTurn();
    turn += 1;
  }
  await work;
  expect(slices.map(({ stream }) => stream)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
  // no turn of the event loop had two of them
  expect(new Set(slices.map((slice) => slice.turn)).size).toBe(slices.length);
});

test('a failed job does not stop the others', async () => {
  let done = 0;
  const results = await Promise.allSettled([
    inSlices(
      Buffer.alloc(24 * 1024),
      () => false,
      () => {
        throw new Error('broken');
      },
    ),
    inSlices(
      Buffer.alloc(24 * 1024),
      () => false,
      ({ length }) => (done += length),
    ),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(done).toBe(24 * 1024);
});

const long = ['a'.repeat(32_000) + 'b', `${'a'.repeat(31_000)}\n${'a'.repeat(100)}`];
test.each([
  ['a short secret', ['aaaa']],
  ['two long secrets', long],
])('output in which every byte ends %s is masked in slices as it is in one pass', async (_, secrets) => {
  const patterns = SecretPatterns.of(secrets)!;
  const flood = Buffer.concat([
    Buffer.from('before '),
    Buffer.alloc(1024 * 1024, 'a'),
    Buffer.from(' after'),
  ]);
  const masker = new SecretMasker(patterns);
  const pieces: Buffer[] = [];
  let largest = 0;
  await inSlices(
    flood,
    () => false,
    (slice) => {
      largest = Math.max(largest, slice.length);
      pieces.push(masker.push(slice));
    },
  );
  expect(largest).toBeLessThanOrEqual(8 * 1024);
  const whole = new SecretMasker(patterns);
  const expected = Buffer.concat([whole.push(flood), whole.end()]).toString();
  expect(Buffer.concat([...pieces, masker.end()]).toString()).toBe(expected);
  expect(expected).toBe('before *** after');
});

test('patterns are prepared in slices, once for concurrent runs, and match as if prepared at once', async () => {
  const secrets = Array.from({ length: 100 }, (_, index) => `${index}-`.repeat(300));
  let turns = 0;
  let isDone = false;
  const work = Promise.all([SecretPatterns.prepare(secrets), SecretPatterns.prepare(secrets)]).finally(
    () => (isDone = true),
  );
  while (!isDone) {
    await nextTurn();
    turns += 1;
  }
  const [patterns, same] = await work;
  expect(same).toBe(patterns);
  expect(turns).toBeGreaterThan(5);
  expect(await SecretPatterns.prepare(secrets)).toBe(patterns);
  const text = `x ${secrets[7]} y ${Buffer.from(secrets[93]!).toString('base64')} z`;
  expect(maskText(patterns!, text)).toBe(maskText(SecretPatterns.of(secrets)!, text));
  expect(maskText(patterns!, text)).not.toContain(secrets[7]!);
});
