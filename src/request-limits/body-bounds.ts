import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accountOf } from '../common/permissions.js';
import { AppError } from '../common/errors.js';
import { backgroundTurn } from '../common/background-turns.js';
import { networkOf } from '../common/network.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { readBody } from './body-reader.js';
import { faultOfJson } from './json-bounds.js';
import { parseMultipart } from '../http/multipart.js';
import { RawBody } from '../http/raw-body.js';
import { onClosed } from '../http/on-closed.js';
import { ReceivedBytes, receivedLimits, type Received } from './received-bytes.js';
import { hasBody, type ActorRequest } from '../http/request.js';

/** Applies the body limit that each route declares with `@Endpoint`; all other paths, unknown ones included, have the smallest limit. */
export function limitBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const limit = route.config?.rules?.bodyLimit;
    if (limit !== undefined) route.bodyLimit = limit;
  });
}

/** Bodies above this size are parsed one after the other: one of 10 MB blocks the event loop for 30 ms, and ten would for 0.3 s. */
const largeBytes = 256 * 1024;
/** The queue of large bodies, whose memory `receivedLimits` bounds. */
const queue = { perUser: 100, inAll: 1_000, timeoutMs: 10_000 };

declare module 'fastify' {
  interface FastifyRequest {
    /** The count of the request's body; null when it has none. */
    received: Received | null;
  }
}

/** Accepts JSON bodies and empty ones, and files and raw bodies where a route takes them; every other body is refused with 415. */
export function acceptBodies(server: FastifyInstance): void {
  countBodies(server);
  const turns = new TurnsPerUser({ perUser: 1, inAll: 1 }, queue);
  const parseInTurn = (request: FastifyRequest, body: Buffer, { owner, closed }: Received) =>
    turns.take(
      owner,
      async () => {
        await backgroundTurn();
        return parseJson(request, body);
      },
      closed,
    );
  server.removeContentTypeParser('text/plain');
  addParser(server, 'application/json', (request, body, received) => {
    if (takesRaw(request)) return rawBody(request, body);
    return body.length > largeBytes ? parseInTurn(request, body, received) : parseJson(request, body);
  });
  addParser(server, 'multipart/form-data', (request, body) => {
    if (!request.routeOptions.config?.rules?.takesFile) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
    return parseMultipart(request.headers, body);
  });
  addParser(server, '*', (request, body) => {
    if (takesRaw(request)) return rawBody(request, body);
    if (body.length > 0) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
    return undefined;
  });
}

const takesRaw = ({ routeOptions }: FastifyRequest) => routeOptions.config?.rules?.takesRaw === true;

function rawBody(request: FastifyRequest, body: Buffer): RawBody {
  refuseEncodings(request);
  return new RawBody(body, request.headers['content-type'] ?? '');
}

/** Begins the count of each body after authentication, when its owner is known, and before it is read. */
function countBodies(server: FastifyInstance): void {
  const signedIn = new ReceivedBytes(receivedLimits.signedIn);
  const anonymous = new ReceivedBytes(receivedLimits.anonymous);
  server.decorateRequest('received', null);
  server.addHook('preParsing', (request: ActorRequest, reply, payload, done) => {
    if (hasBody(request)) {
      const { user, bodyOwner, ip } = request;
      const owner = user ? accountOf(user) : bodyOwner;
      const received = owner === null ? anonymous.open(networkOf(ip)) : signedIn.open(owner);
      request.received = received;
      onClosed(reply.raw, () => received.close());
    }
    done(null, payload);
  });
}

function addParser(
  server: FastifyInstance,
  type: string,
  parse: (request: FastifyRequest, body: Buffer, received: Received) => unknown,
): void {
  server.addContentTypeParser(type, (request, payload, done) => {
    const { received } = request;
    if (received === null) return done(null);
    readBody(request, payload, received, (error, body) => {
      if (error) return done(error);
      try {
        const parsed = parse(request, body, received);
        // oxlint-disable-next-line promise/no-callback-in-promise, promise/no-promise-in-callback -- most bodies are parsed synchronously
        if (parsed instanceof Promise) parsed.then((value: unknown) => done(null, value), done);
        else done(null, parsed);
      } catch (thrown) {
        done(thrown as Error);
      }
    });
  });
}

/**
 * Parses a body as JSON. `JSON.parse` makes an ordinary field of `__proto__`; validation refuses it later, like other faults.
 * @throws MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE, VALIDATION_INVALID_FORMAT
 */
function parseJson(request: FastifyRequest, body: Buffer): unknown {
  refuseEncodings(request);
  if (body.length === 0) return undefined;
  // Decoding would replace invalid bytes, so that the stored text would differ from the sent one (RFC 8259 §8.1).
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

/** Refuses a body that is declared as compressed or in another charset than UTF-8 (RFC 9110 §15.5.16). */
function refuseEncodings({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', {}, { message: 'Send the body without a Content-Encoding' });
  }
  const type = headers['content-type'] ?? '';
  if (/charset/i.test(type) && !utf8Charset.test(type))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', {}, { message: 'Send the body as UTF-8' });
}
