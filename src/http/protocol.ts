import type { FastifyInstance } from 'fastify';
import FindMyWay, { type HTTPMethod } from 'find-my-way';
import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../common/errors.js';
import { answerRaw } from './raw-answer.js';

/** A request target in absolute form, which every server must take (RFC 9112 §3.2.2), as the path and query it names. */
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

/** What a client is answered whose bytes Node could not read as a request. */
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
 * A request that asks for another protocol than WebSocket is an ordinary one (RFC 9110 §7.8 lets a server ignore `Upgrade`): clients
 * that would rather speak HTTP/2, as curl and Java's do, send `Upgrade: h2c` with every request. Node takes any `Upgrade` for one
 * that its listener answers.
 */
export class HttpRequest extends IncomingMessage {
  declare private asked: unknown;

  get upgrade(): boolean {
    return this.asked === true && (this.method === 'CONNECT' || isWebSocket(this.headers.upgrade));
  }

  /** Node sets it. */
  set upgrade(asked: unknown) {
    this.asked = asked;
  }
}

const isWebSocket = (protocol: string | undefined) => protocol?.toLowerCase() === 'websocket';

/** A name, an IPv4 address or an IPv6 one in brackets, with a port or without (RFC 3986 §3.2.2). It may be empty. */
const hostPattern = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/** What is wrong with the `Host` of a request that must be refused for it (RFC 9112 §3.2). Node takes the first of several. */
export function faultOfHost(request: IncomingMessage): AppError | undefined {
  const { headers, httpVersion, rawHeaders } = request;
  const refuse = (message: string) => new AppError('MALFORMED_REQUEST', {}, { message });
  if (headers.host === undefined)
    return httpVersion === '1.1' ? refuse('The Host header is missing') : undefined;
  if (!hostPattern.test(headers.host)) return refuse('The Host header is no host');
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  return hosts.length > 1 ? refuse('There are several Host headers') : undefined;
}

/** What Node would refuse by itself, with an empty body: it goes the way of every other request. */
export function answerUnusual(server: FastifyInstance): void {
  // RFC 9110 §10.1.1: an expectation that is not known may be passed over
  server.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.server.emit('request', request, response),
  );
  // it asks for a tunnel through a proxy (RFC 9110 §9.3.6), and what follows would not be HTTP
  server.server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    answerRaw(socket, new AppError('METHOD_NOT_ALLOWED', { allowed: methods }), {
      Allow: methods.join(', '),
    }),
  );
  server.addHook('onRequest', (request, _reply, done) => {
    done(faultOfHost(request.raw));
  });
}
