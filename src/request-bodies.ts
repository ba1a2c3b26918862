import type { FastifyInstance } from 'fastify';
import { AppError } from './common/errors.js';
import { boundExceeded } from './common/json-bounds.js';
import type { ActorRequest } from './common/request.js';
import { TurnsPerUser } from './common/turns-per-user.js';

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
  const json = server.getDefaultJsonParser('error', 'ignore');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, content, done) => {
    const body = content as Buffer;
    if (body.length === 0) return done(null, undefined);
    const issue = boundExceeded(body);
    if (issue !== undefined) return done(new AppError('VALIDATION_INVALID_FORMAT', { issue }), undefined);
    if (body.length <= large) return void json(request, body.toString(), done);
    // others have their turns between the steps of a large body: of 9 MB each takes up to 10 ms
    setImmediate(() => {
      const text = body.toString();
      const isPlain = !mayNameProto(body);
      setImmediate(() => void (isPlain ? parsePlain(text, done) : json(request, text, done)));
    });
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE'), undefined);
  });
}

/** The framework's parser looks for `__proto__` with two expressions, which take longer than the parsing: 25 ms for 9 MB. */
const mayNameProto = (body: Buffer) => body.includes('__proto__') || body.includes('\\u00');

function parsePlain(text: string, done: (error: Error | null, body?: unknown) => void): void {
  let body: unknown;
  try {
    body = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    return done(new AppError('MALFORMED_REQUEST', {}, { message: 'The body is not JSON', cause }));
  }
  done(null, body);
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
