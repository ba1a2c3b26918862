import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorEnvelope } from './envelope.js';
import type { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';

const lastWordMs = 2_000;

/** Answers with an error where there is no request that could be answered, and closes the connection. */
export function answerRaw(socket: Socket, error: AppError, headers: Record<string, string> = {}): void {
  const body = errorEnvelope(error, newId());
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // a client that does not close its end, or does not read, must not hold the connection
  setTimeout(() => socket.destroy(), lastWordMs).unref();
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroySoon(),
  );
}
