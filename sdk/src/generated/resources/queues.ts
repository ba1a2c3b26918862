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
   * Scopes, one of: `admin`.
   */
  clear(body: ClearQueue, options?: RequestOptions): Promise<QueueCleared> {
    return this.api.call({ method: 'DELETE', path: '/queues/clear', body, options });
  }

  /**
   * Show per queue and hour what came in, what ended, and how long it waited and ran.
   * Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  metrics(query?: QueuesMetricsQuery, options?: RequestOptions): Promise<QueueMetrics> {
    return this.api.call({ method: 'GET', path: '/queues/metrics', query, options });
  }

  /**
   * Let nothing more of a queue start.
   * Scopes, one of: `admin`.
   */
  pause(body: PauseQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/pause', body, options });
  }

  /**
   * Move queued tasks to another queue.
   * Scopes, one of: `execute`.
   */
  changePriority(body: ChangePriority, options?: RequestOptions): Promise<PriorityChanged> {
    return this.api.call({ method: 'POST', path: '/queues/priority', body, options });
  }

  /**
   * Let a paused queue go on.
   * Scopes, one of: `admin`.
   */
  resume(body: ResumeQueue, options?: RequestOptions): Promise<QueueChange> {
    return this.api.call({ method: 'POST', path: '/queues/resume', body, options });
  }

  /**
   * Show the queues, the workers and their performance.
   * Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  status(options?: RequestOptions): Promise<QueueStatus> {
    return this.api.call({ method: 'GET', path: '/queues/status', options });
  }
}
