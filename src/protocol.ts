import type { FastifyInstance } from 'fastify';
import { IncomingMessage, type ServerResponse } from 'node:http';
import { AppError } from './common/errors.js';

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

/** What Node would refuse by itself, with an empty body: it goes the way of every other request. */
export function answerUnusual(server: FastifyInstance): void {
  // RFC 9110 §10.1.1: an expectation that is not known may be passed over
  server.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.server.emit('request', request, response),
  );
  server.addHook('onRequest', (request, _reply, done) => {
    const { headers, httpVersion } = request.raw;
    const isNameless = headers.host === undefined && httpVersion === '1.1';
    done(
      isNameless
        ? new AppError('MALFORMED_REQUEST', {}, { message: 'The Host header is missing' })
        : undefined,
    );
  });
}
