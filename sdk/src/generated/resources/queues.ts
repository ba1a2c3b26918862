// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  ChangePriority,
  ClearQueue,
  PauseQueue,
  PriorityChanged,
  QueueChange,
  QueueCleared,
  QueueMetrics,
  QueueStatus,
  QueuesMetricsQuery,
  ResumeQueue,
} from '../types.js';

/** What waits to run, and who runs it */
export class QueuesResource {
  constructor(protected readonly api: Api) {}

  /**
   * Cancel everything that waits in a queue.
   * What runs goes on. Takes `confirm: true`. Scopes, one of: `admin`.
   */
  clear(body: ClearQueue, options?: RequestOptions): Promise<QueueCleared> {
    return this.api.call({ method: 'DELETE', path: '/queues/clear', body, options });
  }

  /**
   * Show per queue and hour what came in, what ended, and how long it waited and ran.
   * Counted over the period that ends now. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  metrics(query?: QueuesMetricsQuery, options?: RequestOptions): Promise<QueueMetrics> {
    return this.api.call({ method: 'GET', path: '/queues/metrics', query, options });
  }

  /**
   * Let nothing more of a queue start.
   * What runs goes on, and what comes in waits. Scopes, one of: `admin`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  pause(body: PauseQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/pause', body, options });
  }

  /**
   * Move queued tasks to another queue.
   * Each task is moved by itself; `errors` says for each of `failed` why it was not. Scopes, one of: `execute`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  changePriority(body: ChangePriority, options?: RequestOptions): Promise<PriorityChanged> {
    return this.api.call({ method: 'POST', path: '/queues/priority', body, options });
  }

  /**
   * Let a paused queue go on.
   * What waits is started in its order. Scopes, one of: `admin`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  resume(body: ResumeQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/resume', body, options });
  }

  /**
   * Show the queues, the workers and their performance.
   * `workers` counts slots over all worker processes. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  status(options?: RequestOptions): Promise<QueueStatus> {
    return this.api.call({ method: 'GET', path: '/queues/status', options });
  }
}
