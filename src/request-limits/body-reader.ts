import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AppError } from '../common/errors.js';
import { bodyLimits } from '../common/limits.js';
import type { Received } from './received-bytes.js';

/** A body has this long to arrive … */
const patienceMs = 20_000;
/** … and a second more for each of these bytes that have come: the rule of Apache's `RequestReadTimeout body=20,MinRate=32768`. */
const leastBytesPerSecond = 32 * 1024;

const patienceFor = (bytes: number) => patienceMs + (bytes / leastBytesPerSecond) * 1000;
/** The longest that a body can take. */
export const longestBodyMs = patienceFor(bodyLimits.large);

/**
 * Reads a body as long as its route takes it and it makes progress.
 * @param received counts what it takes in memory, and may refuse the rest
 * @param done gets PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, MALFORMED_REQUEST when the client goes, or why `received` refuses it
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
  const look = () => {
    const left = begun + patienceFor(body.size) - performance.now();
    if (left <= 0) end(new AppError('REQUEST_TIMEOUT'));
    else timer = setTimeout(look, left).unref();
  };
  let timer = setTimeout(look, patienceMs).unref();
  if (announced > bodyLimit) return end(new AppError('PAYLOAD_TOO_LARGE'));
  // the client has hung up, and nothing comes any more
  if (received.closed.aborted) return fail(undefined);
  received.onRefused = end;
  payload.on('data', take).on('end', arrive).on('error', fail).resume();
}

/** Bytes that arrive in pieces, in one buffer: a piece of one byte would take a hundred times as much of its own. */
class CollectedBytes {
  size = 0;
  private buffer = Buffer.alloc(0);

  /** @param most how many bytes can come */
  constructor(private readonly most: number) {}

  /** @returns how many bytes it takes more in memory */
  push(piece: Buffer): number {
    const size = this.size + piece.length;
    const before = this.buffer.length;
    if (size > before) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * this.size, this.most)));
      this.buffer.copy(larger, 0, 0, this.size);
      this.buffer = larger;
    }
    piece.copy(this.buffer, this.size);
    this.size = size;
    return this.buffer.length - before;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.size);
  }
}
