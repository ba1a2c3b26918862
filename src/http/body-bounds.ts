import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/errors.js';
import { faultOfJson } from './json-bounds.js';
import type { ActorRequest } from './request.js';
import { TurnsPerUser } from '../common/turns-per-user.js';

/** Each route takes as large a body as its `@Endpoint` says; everything else, also what leads nowhere, takes the least. */
export function limitBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const limit = route.config?.rules?.bodyLimit;
    if (limit !== undefined) route.bodyLimit = limit;
  });
}

/** JSON, and nothing where nothing is required; every other body is refused with 415. */
export function acceptBodies(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, content, done) => {
    try {
      done(null, parseJson(request, content as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE'), undefined);
  });
}

/**
 * Reads a body as JSON. A field named `__proto__` is an ordinary one to `JSON.parse`, and is refused by name with the other faults of
 * a body.
 * @throws MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE, VALIDATION_INVALID_FORMAT
 */
function parseJson(request: FastifyRequest, body: Buffer): unknown {
  refuseEncodings(request);
  if (body.length === 0) return undefined;
  // decoding would replace the bytes that are wrong, and what is stored would not be what was sent (RFC 8259 §8.1)
  if (!isUtf8(body)) throw new AppError('MALFORMED_REQUEST', {}, { message: 'The body is not UTF-8' });
  const issue = faultOfJson(body);
  if (issue !== undefined) throw new AppError('VALIDATION_INVALID_FORMAT', { issue });
  try {
    return JSON.parse(body.toString().replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new AppError('MALFORMED_REQUEST', {}, { message: 'The body is not JSON', cause });
  }
}

const utf8Charset = /charset\s*=\s*"?(utf-?8|us-ascii)"?\s*(;|$)/i;

/** Refuses a body that says it is compressed or in another charset than UTF-8 (RFC 9110 §15.5.16). */
function refuseEncodings({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', {}, { message: 'Send the body without a Content-Encoding' });
  }
  const type = headers['content-type'] ?? '';
  if (/charset/i.test(type) && !utf8Charset.test(type))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', {}, { message: 'Send the body as UTF-8' });
}

/** From this size on the bodies of a user take turns: one of 10 MB keeps others waiting for 30 ms, and ten would for 0.3 s. */
const large = 256 * 1024;

/** Bounds how many large bodies are taken at once, after it is known whose they are and before they are read. */
export function takeTurns(server: FastifyInstance): void {
  const turns = new TurnsPerUser({ perUser: 1, inAll: 16 });
  server.addHook('onRequest', (request: ActorRequest, reply, done) => {
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    if (chunked === undefined && !(Number(length) > large)) return done();
    try {
      reply.raw.once('close', turns.begin(request.user?.id ?? request.ip));
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}
