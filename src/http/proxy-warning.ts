import proxyAddress from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';

/**
 * Warns once that requests come through a proxy that TRUST_PROXY does not name. All clients behind it then count as its address: they
 * share the limits of requests and of failed logins, and the log shows the proxy instead of them.
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

/**
 * Warns at the start that commands can impersonate the reverse proxy: it is trusted on loopback, commands share the host's network, and
 * they do not run as users of their own by which they could be told from it.
 */
export function warnOfSharedLoopback(
  { TRUST_PROXY, commandUsers }: Pick<Config, 'TRUST_PROXY' | 'commandUsers'>,
  logger: Logger,
): void {
  if (commandUsers || TRUST_PROXY.length === 0) return;
  const trusts = proxyAddress.compile(TRUST_PROXY);
  if (!['127.0.0.1', '::1'].some((address) => trusts(address, 0))) return;
  logger.warn(
    'TRUST_PROXY names loopback, and commands run as the same user as Millrace: with X-Forwarded-For they can claim any address, and ' +
      'so lock others out of signing in. docs/security.md says how to close this.',
  );
}
