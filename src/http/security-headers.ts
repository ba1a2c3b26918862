import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import type { Config } from '../common/config.js';

/** What helmet sets is the same for every answer, so it is asked once and not for each of them. */
function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => undefined,
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: true,
      // Swagger UI carries styles inline, and no script; `upgrade-insecure-requests` would break plain http on another host
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

/** Sets the headers that guard browsers on every answer, and answers requests of other origins that are allowed. */
export async function secure(server: FastifyInstance, config: Config): Promise<void> {
  const headers = securityHeaders();
  // what is answered is for who asked, and may hold a token: no browser and no proxy is to keep it (RFC 9111 §5.2.2.5)
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
