// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { DetailedHealth, Health, Liveness, Readiness } from '../types.js';

/** For those who watch over a process; open to anybody */
export class HealthResource {
  constructor(protected readonly api: Api) {}

  /**
   * Say whether this process can do its work.
   * Answers 503 with status `unhealthy` while the database does not answer.
   */
  get(options?: RequestOptions): Promise<Health> {
    return this.api.call({ method: 'GET', path: '/health', isPublic: true, options });
  }

  /**
   * Measure every part.
   * Database, Redis and sockets, each with its own figures, and what the requests of the last minute were like. Answers 503 while a part that is needed does not answer.
   */
  detailed(options?: RequestOptions): Promise<DetailedHealth> {
    return this.api.call({ method: 'GET', path: '/health/detailed', isPublic: true, options });
  }

  /**
   * Say that this process is up.
   * Asks nothing else: restart a process that does not answer this.
   */
  live(options?: RequestOptions): Promise<Liveness> {
    return this.api.call({ method: 'GET', path: '/health/live', isPublic: true, options });
  }

  /**
   * Say whether this process should be sent requests.
   * Answers 503 with the reasons while the database, its migrations, Redis or the bus (in distributed mode) fail, and from SIGTERM on.
   */
  ready(options?: RequestOptions): Promise<Readiness> {
    return this.api.call({ method: 'GET', path: '/health/ready', isPublic: true, options });
  }
}
