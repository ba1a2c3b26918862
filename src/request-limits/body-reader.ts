import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AppError } from '../common/errors.js';
import { bodyLimits } from '../common/body-limits.js';
import type { Received } from './received-bytes.js';

/** The time that a body has to arrive, extended at `minBytesPerSecond`: Apache's rule `RequestReadTimeout body=20,MinRate=32768`. */
const baseTimeoutMs = 20_000;
/** Each of this many bytes received extends the timeout of a body by a second. */
const minBytesPerSecond = 32 * 1024;

const timeoutFor = (bytes: number) => baseTimeoutMs + (bytes / minBytesPerSecond) * 1000;
/** The longest time that a body can take to arrive. */
export const maxBodyMs = timeoutFor(bodyLimits.raw);

/**
 * Reads a body within the size limit of its route and a minimum rate.
 * @param received counts the memory that the body takes, and may refuse it
 * @param done gets PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, MALFORMED_REQUEST when the client disconnects, or the error of `received`
 */
export function readBody(
  request: FastifyRequest,
  payload: Readable,
  received: Received,
  done: (error: AppError | undefined, body: Buffer) => void,
): void {
  const { bodyLimit } = request.routeOptions;
  const announced = Number(request.headers['content-length'] ?? bodyLimit);
  const body = new CollectedBytes(Math.min(announced, bodyLimit));
  const begun = performance.now();
  const end = (error?: AppError) => {
    clearTimeout(timer);
    payload.off('data', take).off('end', arrive).off('error', fail);
    received.complete();
    done(error, body.bytes);
  };
  const arrive = () => end();
  const fail = (cause: unknown) => end(new AppError('MALFORMED_REQUEST', {}, { cause }));
  const take = (chunk: Buffer) => {
    if (body.size + chunk.length > bodyLimit) return end(new AppError('PAYLOAD_TOO_LARGE'));
    received.add(body.push(chunk));
  };
  const checkTimeout = () => {
    const left = begun + timeoutFor(body.size) - performance.now();
    if (left <= 0) end(new AppError('REQUEST_TIMEOUT'));
    else timer = setTimeout(checkTimeout, left).unref();
  };
  let timer = setTimeout(checkTimeout, baseTimeoutMs).unref();
  if (announced > bodyLimit) return end(new AppError('PAYLOAD_TOO_LARGE'));
  // The client has disconnected already, so the payload emits nothing any more.
  if (received.closed.aborted) return fail(undefined);
  received.onRefused = end;
  payload.on('data', take).on('end', arrive).on('error', fail).resume();
}

/** Collects chunks in one growing buffer: a chunk of one byte, kept as a buffer of its own, would take a hundred times as much memory. */
class CollectedBytes {
  size = 0;
  private buffer = Buffer.alloc(0);

  /** @param maxBytes the most bytes that can arrive */
  constructor(private readonly maxBytes: number) {}

  /** Appends a chunk. @returns by how many bytes the buffer has grown */
  push(chunk: Buffer): number {
    const size = this.size + chunk.length;
    const before = this.buffer.length;
    if (size > before) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * this.size, this.maxBytes)));
      this.buffer.copy(larger, 0, 0, this.size);
      this.buffer = larger;
    }
    chunk.copy(this.buffer, this.size);
    this.size = size;
    return this.buffer.length - before;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.size);
  }
}
