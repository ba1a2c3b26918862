import { Inject, Injectable } from '@nestjs/common';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { rightsLost } from '../executions/transitions/execution-state.js';
import { ExecutionPublisher } from '../executions/transitions/execution-publisher.js';
import { committedTransitions } from '../executions/transitions/transition-statement.js';
import { claim, renewClaim, type ClaimedExecution } from '../executions/transitions/transitions.queries.js';
import { isRefused } from '../executions/run-rights.js';
import { QueueLimit } from '../executions/admission/queue-limit.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { WorkerConnections } from '../infra/reserved-connections.js';

/** The lifecycle of executions on the database connections of the worker, which remain available when requests use up all others. */
@Injectable()
export class WorkerLifecycle extends ExecutionLifecycle {
  constructor(
    // named explicitly, since Nest would inject the parameter type of the base class
    @Inject(WorkerConnections) connections: WorkerConnections,
    queue: ExecutionQueue,
    publisher: ExecutionPublisher,
    limit: QueueLimit,
    infrastructure: Infrastructure,
  ) {
    super(connections, queue, publisher, limit, infrastructure);
  }

  /**
   * Claims an execution for a worker.
   * @returns undefined when it cannot be run: another worker has claimed it, it was cancelled or its queue paused, or its requester has
   * lost the right to run it, in which case it is cancelled
   */
  async start(
    id: string,
    workerId: string,
    labels: readonly string[],
  ): Promise<ClaimedExecution | undefined> {
    const result = await claim(this.database, id, workerId, this.infrastructure.config.LEASE_SECONDS, labels);
    if (result) this.publisher.transitioned(result);
    else if (await isRefused(this.database, id)) await this.cancelWithoutActor(id, rightsLost);
    return result?.execution;
  }

  /** Ends executions whose lease has expired because their worker is lost, a hundred at most. @returns how many */
  async endLost(): Promise<number> {
    // a process that froze during a write keeps its row locked: to wait for that would delay the end of all others
    const lost = await this.database.query<{ id: string; cancelled: boolean }>(
      `SELECT id, cancel_requested_at IS NOT NULL AS cancelled FROM executions
        WHERE status = 'running' AND lease_expires_at < now() ORDER BY lease_expires_at LIMIT 100
          FOR UPDATE SKIP LOCKED`,
    );
    for (const { id, cancelled } of lost) {
      this.infrastructure.logger.warn({ execution_id: id }, 'the worker of an execution was lost');
      await this.finish(
        id,
        { leaseExpired: true },
        cancelled
          ? { status: 'cancelled', reason: 'TASK_CANCELLED', exitCode: null }
          : {
              status: 'failed',
              reason: 'WORKER_LOST',
              exitCode: null,
              error: 'The worker that ran the command was lost',
            },
        null,
      );
    }
    return lost.length;
  }

  /**
   * Takes up a claim that was committed, although the connection broke before the worker could know.
   * @returns undefined when the worker has no such claim
   */
  async resume(id: string, workerId: string): Promise<ClaimedExecution | undefined> {
    const result = await renewClaim(this.database, id, workerId, this.infrastructure.config.LEASE_SECONDS);
    if (result) await this.publishCommitted(id);
    return result?.execution;
  }

  /** Publishes the state of an execution whose last transition was committed by a connection that broke before it could be published. */
  async publishCommitted(id: string): Promise<void> {
    for (const result of await committedTransitions(this.database, id)) {
      if (result.execution.status === 'queued') this.publisher.queued(result);
      else this.publisher.transitioned(result);
    }
  }
}
