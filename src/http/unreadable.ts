import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../common/errors.js';
import { originForm, refusalOf } from './protocol.js';
import { answerRaw } from './raw-answer.js';

/** The router would refuse a path that cannot be decoded before any hook runs: without limits, request id and security headers. */
const unreadableUrl = '/unreadable';

/** A letter, digit or mark that needs no escape in a URL. */
const needlessEscape = /%(?:2[DE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAE])/gi;

/**
 * The path that the router is given for a request target, whatever its form. `/%61pi` is another way to write `/api` (RFC 3986
 * §6.2.2.2): the router takes it, and whoever looks at the beginning of a path would not.
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

export function refuseUnreadableUrls(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const unreadable = request.url === unreadableUrl && !isReadable(request.originalUrl);
    done(
      unreadable ? new AppError('MALFORMED_REQUEST', {}, { message: 'The URL cannot be read' }) : undefined,
    );
  });
}

/** Bytes that are no HTTP request get the envelope too, before the connection is closed. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // who has asked for nothing, as browsers do that connect ahead of need, is not waiting for an answer
  const isSilent = socket.bytesRead === 0;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || isSilent) {
    socket.destroy();
    return;
  }
  answerRaw(socket, refusalOf(error));
}
