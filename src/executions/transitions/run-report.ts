import type { Logger } from '../../common/logger.js';
import { queueWait, runs } from '../../common/metrics.js';
import { isFinal } from './execution-state.js';
import { queueNames } from '../executions.schema.js';
import type { PublicExecution } from './transition-statement.js';

const secondsBetween = (from: Date | null, to: Date | null) =>
  from && to ? Math.max(0, to.getTime() - from.getTime()) / 1000 : 0;

/**
 * Reports the start or the end of a run to the log and the metrics. The process that wrote the transition reports it, so that it is
 * reported once over all processes.
 * @param taskRef the ref of the task, such as `SHOP-42`; undefined for a command that belongs to no task
 * @param requestId the id of the request that caused the transition, if one did
 */
export function reportRun(
  logger: Logger,
  execution: PublicExecution,
  taskRef: string | undefined,
  requestId: string | undefined,
): void {
  const { status, reason, created_at, started_at, finished_at } = execution;
  const facts = {
    request_id: requestId,
    execution_id: execution.id,
    task_id: execution.task_id,
    task_ref: taskRef,
    worker_id: execution.worker_id,
    attempt: execution.attempt,
  };
  if (!isFinal(status)) {
    queueWait.observe(
      { queue: queueNames[execution.queue] ?? 'other' },
      secondsBetween(created_at, started_at),
    );
    logger.debug(facts, 'a run began');
    return;
  }
  const duration = secondsBetween(started_at, finished_at);
  runs.observe({ outcome: status, reason: reason ?? 'none' }, duration);
  logger.info(
    { ...facts, outcome: status, reason, exit_code: execution.exit_code, duration_s: duration },
    'a run ended',
  );
}
