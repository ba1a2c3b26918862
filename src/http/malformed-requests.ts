import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../common/errors.js';
import { originForm, refusalOf } from './protocol.js';
import { writeRawError } from './raw-error.js';

/** The path for undecodable URLs, which the router would refuse before any hook runs: without limits, request id and security headers. */
const unreadableUrl = '/unreadable';

/** Matches the escape of a letter, digit or mark that needs none in a URL. */
const needlessEscape = /%(?:2[DE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAE])/gi;

/**
 * Normalizes a request target for the router. `/%61pi` is equivalent to `/api` (RFC 3986 §6.2.2.2): the router would match it, but
 * checks of a path's prefix would not.
 */
export function routedUrl(url: string): string {
  if (!isReadable(url)) return unreadableUrl;
  const target = originForm(url);
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  return path.replace(needlessEscape, decodeURIComponent) + target.slice(path.length);
}

function isReadable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url.split('?')[0]!);
    return true;
  } catch {
    return false;
  }
}

export function refuseMalformedUrls(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const unreadable = request.url === unreadableUrl && !isReadable(request.originalUrl);
    done(
      unreadable ? new AppError('MALFORMED_REQUEST', {}, { message: 'The URL cannot be read' }) : undefined,
    );
  });
}

/** Answers bytes that are not an HTTP request with an error in the envelope, and closes the connection. */
export function refuseMalformedRequest(error: Error & { code?: string }, socket: Socket): void {
  // A client that has sent nothing, such as a browser that connects ahead of need, expects no response.
  const isSilent = socket.bytesRead === 0;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || isSilent) {
    socket.destroy();
    return;
  }
  writeRawError(socket, refusalOf(error));
}
