// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { Worker, Workers } from '../types.js';

/** The processes that run commands: their labels, their slots, and draining them */
export class WorkersResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the workers with their labels and slots.
   * Those that live, the oldest first. One whose heartbeat has stopped for the time of a lease is lost and not listed any more. The name of the host, and the label with it, are for administrators only. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  list(options?: RequestOptions): Promise<Workers> {
    return this.api.call({ method: 'GET', path: '/workers', options });
  }

  /**
   * Drain a worker: it finishes what it runs and takes nothing new.
   * It stays drained until it is resumed or its process ends. Draining a drained worker changes nothing. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT
   */
  drain(workerId: string, options?: RequestOptions): Promise<Worker> {
    return this.api.call({
      method: 'POST',
      path: '/workers/{workerId}/drain',
      parameters: { workerId },
      options,
    });
  }

  /**
   * Let a drained worker take runs again.
   * Resuming a worker that is not drained changes nothing. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT
   */
  resume(workerId: string, options?: RequestOptions): Promise<Worker> {
    return this.api.call({
      method: 'POST',
      path: '/workers/{workerId}/resume',
      parameters: { workerId },
      options,
    });
  }
}
