import type { FastifyInstance } from 'fastify';
import { AppError } from '../common/errors.js';
import { isProbe } from '../http/request.js';
import type { Infrastructure } from '../infra/infrastructure.js';

/** Waiting requests hold memory: when this many wait for a database connection, more are refused at once. */
const longestLine = 200;

/** Answers 503 while too many requests wait for a database connection; health is answered all the same. */
export function refuseOverload(server: FastifyInstance, infrastructure: Infrastructure): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const overloaded =
      infrastructure.database.poolState.waiting >= longestLine &&
      request.url.startsWith('/api') &&
      !isProbe(request);
    done(overloaded ? new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 }) : undefined);
  });
}
