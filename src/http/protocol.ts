import type { FastifyInstance } from 'fastify';
import FindMyWay, { type HTTPMethod } from 'find-my-way';
import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../common/errors.js';
import { writeRawError } from './raw-error.js';

/** The path and query of a request target, also of one in absolute form, which every server must accept (RFC 9112 §3.2.2). */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const [authority] = /^https?:\/\/[^/?#]*/i.exec(target) ?? [''];
  const rest = target.slice(authority.length);
  return authority === '' || rest.startsWith('/') ? rest : `/${rest}`;
}

const refusals: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** The error for bytes that Node could not parse as a request. */
export const refusalOf = ({ code = '' }: { code?: string }) =>
  new AppError(refusals[code] ?? 'MALFORMED_REQUEST');

const methods: HTTPMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Answers 405 with `Allow` where a path exists and only its method is wrong (RFC 9110 §15.5.6); must be installed before the routes. */
export function refuseOtherMethods(server: FastifyInstance): void {
  const router = FindMyWay({ ignoreTrailingSlash: true, maxParamLength: 16_384 });
  server.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat() as HTTPMethod[])
      if (methods.includes(one) && !router.hasRoute(one, url)) router.on(one, url, () => undefined);
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = request.url.split('?', 1)[0]!;
    const allowed = methods.filter((method) => router.find(method, path) !== null);
    if (allowed.length === 0) return done();
    void reply.header('Allow', allowed.join(', '));
    done(new AppError('METHOD_NOT_ALLOWED', { allowed }));
  });
}

/**
 * A request whose `Upgrade` is ignored unless it is WebSocket (allowed by RFC 9110 §7.8): clients that prefer HTTP/2, such as curl and
 * Java's, send `Upgrade: h2c` with every request, and Node would emit 'upgrade' for any protocol.
 */
export class HttpRequest extends IncomingMessage {
  declare private hasUpgradeHeader: unknown;

  get upgrade(): boolean {
    return this.hasUpgradeHeader === true && (this.method === 'CONNECT' || isWebSocket(this.headers.upgrade));
  }

  /** Called by Node's parser. */
  set upgrade(hasUpgradeHeader: unknown) {
    this.hasUpgradeHeader = hasUpgradeHeader;
  }
}

const isWebSocket = (protocol: string | undefined) => protocol?.toLowerCase() === 'websocket';

/** A valid Host: a name, an IPv4 address or an IPv6 one in brackets, with an optional port (RFC 3986 §3.2.2). It may be empty. */
const hostPattern = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/** The error for a request without a valid, single `Host` (RFC 9112 §3.2); Node would take the first of several. */
export function faultOfHost(request: IncomingMessage): AppError | undefined {
  const { headers, httpVersion, rawHeaders } = request;
  const refuse = (message: string) => new AppError('MALFORMED_REQUEST', {}, { message });
  if (headers.host === undefined)
    return httpVersion === '1.1' ? refuse('The Host header is missing') : undefined;
  if (!hostPattern.test(headers.host)) return refuse('The Host header is no host');
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  return hosts.length > 1 ? refuse('There are several Host headers') : undefined;
}

/** Handles requests that Node would refuse by itself with an empty body, so that they get the envelope, too. */
export function answerUnusual(server: FastifyInstance): void {
  // An unknown expectation may be ignored (RFC 9110 §10.1.1).
  server.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.server.emit('request', request, response),
  );
  // CONNECT requests a tunnel through a proxy (RFC 9110 §9.3.6), and the bytes after it would not be HTTP.
  server.server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    writeRawError(socket, new AppError('METHOD_NOT_ALLOWED', { allowed: methods }), {
      Allow: methods.join(', '),
    }),
  );
  server.addHook('onRequest', (request, _reply, done) => {
    done(faultOfHost(request.raw));
  });
}
