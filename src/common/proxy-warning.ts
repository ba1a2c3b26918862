import type { FastifyInstance } from 'fastify';
import type { Logger } from './logger.js';

/**
 * Says once that requests come through a proxy which nobody named. Its address then stands for all who are behind it: they share
 * their limits of requests and of failed logins, and the log shows it instead of them.
 */
export function warnOfUnnamedProxy(server: FastifyInstance, logger: Logger): void {
  let isSaid = false;
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isSaid && request.headers['x-forwarded-for'] !== undefined) {
      isSaid = true;
      logger.warn(
        { address: request.socket.remoteAddress },
        'a request carries X-Forwarded-For, which is not trusted: if this address is your reverse proxy, name it in TRUST_PROXY',
      );
    }
    done();
  });
}
