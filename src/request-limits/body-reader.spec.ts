import type { FastifyRequest } from 'fastify';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readBody } from './body-reader.js';
import { ReceivedBytes, receivedLimits, type Received } from './received-bytes.js';

const KiB = 1024;
let payload: PassThrough;
let received: Received;
let ends: string[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  payload = new PassThrough();
  received = new ReceivedBytes(receivedLimits.signedIn).open('a');
  ends = [];
});
afterEach(() => vi.useRealTimers());

function read(bodyLimit: number, headers: Record<string, string> = {}): void {
  // as much of a request as is looked at
  const request = { routeOptions: { bodyLimit }, headers } as unknown as FastifyRequest;
  readBody(request, payload, received, (error, body) => ends.push(error?.code ?? body.toString()));
}

/** Lets a piece arrive. */
async function send(piece: Buffer | string): Promise<void> {
  payload.write(piece);
  await vi.waitFor(() => expect(payload.readableLength).toBe(0));
}

test('accepts a body in chunks of any size and counts each', async () => {
  read(100);
  for (const piece of ['a', 'bc', 'd'.repeat(50), 'e']) await send(piece);
  payload.end();
  await vi.waitFor(() => expect(ends).toEqual([`abc${'d'.repeat(50)}e`]));
  // with room for more to come
  expect(received.bytes).toBe(100);
});

test('refuses a body as soon as it is known to be too large', async () => {
  read(10, { 'content-length': '11' });
  expect(ends).toEqual(['PAYLOAD_TOO_LARGE']);
  read(10);
  await send('0123456789');
  expect(ends).toHaveLength(1);
  await send('0');
  expect(ends).toEqual(['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE']);
});

test('aborts a body that makes no progress, and extends the time of one that does', async () => {
  read(1024 * KiB);
  await send('a');
  vi.advanceTimersByTime(19_000);
  await send(Buffer.alloc(64 * KiB));
  vi.advanceTimersByTime(2_900);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(ends).toEqual(['REQUEST_TIMEOUT']);
});

test('does not wait for a client that has disconnected', () => {
  received.close();
  read(10);
  expect(ends).toEqual(['MALFORMED_REQUEST']);
});
