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

/** The queues of runs */
export class QueuesResource {
  constructor(protected readonly api: Api) {}

  /**
   * Cancel all waiting executions of a queue.
   * Running executions continue. Requires `confirm: true`. Scopes, one of: `admin`.
   */
  clear(body: ClearQueue, options?: RequestOptions): Promise<QueueCleared> {
    return this.api.call({ method: 'DELETE', path: '/queues/clear', body, options });
  }

  /**
   * Show the metrics of each queue by hour: arrivals, ends, waiting times and run times.
   * Returns figures for a period that ends now; they are up to a second old. An execution counts as enqueued in the queue in which it was at first, and as ended in the hour of its end. The figures of an hour stay when its executions are deleted. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  metrics(query?: QueuesMetricsQuery, options?: RequestOptions): Promise<QueueMetrics> {
    return this.api.call({ method: 'GET', path: '/queues/metrics', query, options });
  }

  /**
   * Pause a queue.
   * Running executions continue, and new ones wait. Scopes, one of: `admin`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  pause(body: PauseQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/pause', body, options });
  }

  /**
   * Move queued tasks to another queue.
   * The tasks are moved independently of each other; `errors` has the reason for each of `failed`. Scopes, one of: `execute`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  changePriority(body: ChangePriority, options?: RequestOptions): Promise<PriorityChanged> {
    return this.api.call({ method: 'POST', path: '/queues/priority', body, options });
  }

  /**
   * Resume a paused queue.
   * Waiting executions start in their order. Scopes, one of: `admin`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  resume(body: ResumeQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/resume', body, options });
  }

  /**
   * Show the queues, the workers and their performance.
   * Returns the state of each queue; `workers` counts the slots of all worker processes. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  status(options?: RequestOptions): Promise<QueueStatus> {
    return this.api.call({ method: 'GET', path: '/queues/status', options });
  }
}
