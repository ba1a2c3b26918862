import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorEnvelope } from './envelope.js';
import type { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';

const closeGraceMs = 2_000;

/** Writes an error response to a socket that has no request object, and closes the connection. */
export function writeRawError(socket: Socket, error: AppError, headers: Record<string, string> = {}): void {
  const body = errorEnvelope(error, newId());
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // A client that does not read, or does not close its end, must not hold the connection.
  setTimeout(() => socket.destroy(), closeGraceMs).unref();
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroySoon(),
  );
}
