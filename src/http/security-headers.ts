import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import type { Config } from '../common/config.js';

/** Computes helmet's headers once, since they are the same for every response. */
function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => undefined,
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: true,
      // Swagger UI has inline styles, but no inline script; `upgrade-insecure-requests` would break plain http on another host.
      directives: {
        'script-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'upgrade-insecure-requests': null,
      },
    },
    strictTransportSecurity: false,
  });
  setHeaders({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error) throw error;
  });
  return headers;
}

/** Sets security headers on every response, and enables CORS for the configured origins. */
export async function secure(server: FastifyInstance, config: Config): Promise<void> {
  const headers = securityHeaders();
  // Responses of the API are private and may contain a token, so no browser or proxy may store them (RFC 9111 §5.2.2.5).
  const ofApi = { ...headers, 'Cache-Control': 'no-store' };
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(request.url.startsWith('/api') ? ofApi : headers);
    done();
  });
  const origins = config.CORS_ORIGINS;
  if (origins.length > 0) {
    await server.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        'X-Request-ID',
        'Retry-After',
        'Location',
        'Idempotency-Replayed',
        'X-RateLimit-Limit',
        'X-RateLimit-Remaining',
        'X-RateLimit-Reset',
        'X-RateLimit-Window',
      ],
    });
  }
}
