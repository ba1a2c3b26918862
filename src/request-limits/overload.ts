import type { FastifyInstance } from 'fastify';
import { AppError } from '../common/errors.js';
import { isProbe } from '../http/request.js';
import type { Infrastructure } from '../infra/infrastructure.js';

/** Requests are refused when this many wait for a database connection, since waiting requests hold memory. */
const maxWaiting = 200;

/** Answers 503 while too many requests wait for a database connection, except to health probes. */
export function refuseOverload(server: FastifyInstance, infrastructure: Infrastructure): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const overloaded =
      infrastructure.database.poolState.waiting >= maxWaiting &&
      request.url.startsWith('/api') &&
      !isProbe(request);
    done(overloaded ? new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 }) : undefined);
  });
}
