// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { DetailedHealth, Health, Liveness, Readiness } from '../types.js';

/** The state of a process for monitoring; without authentication */
export class HealthResource {
  constructor(protected readonly api: Api) {}

  /**
   * Check the health of this process.
   * Responds with 503 and status `unhealthy` while the database is unreachable.
   */
  get(options?: RequestOptions): Promise<Health> {
    return this.api.call({ method: 'GET', path: '/health', isPublic: true, options });
  }

  /**
   * Check every part in detail.
   * Returns figures of the database, Redis, sockets and the requests of the last minute. Responds with 503 while a required part is unreachable.
   */
  detailed(options?: RequestOptions): Promise<DetailedHealth> {
    return this.api.call({ method: 'GET', path: '/health/detailed', isPublic: true, options });
  }

  /**
   * Check that this process is alive.
   * Checks no other part. Restart a process that does not respond to this.
   */
  live(options?: RequestOptions): Promise<Liveness> {
    return this.api.call({ method: 'GET', path: '/health/live', isPublic: true, options });
  }

  /**
   * Check whether this process is ready for requests.
   * Responds with 503 and the reasons while the database, its migrations, Redis or the bus (in distributed mode) fail, and after SIGTERM.
   */
  ready(options?: RequestOptions): Promise<Readiness> {
    return this.api.call({ method: 'GET', path: '/health/ready', isPublic: true, options });
  }
}
