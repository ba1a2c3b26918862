import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ExecutionRecords } from './execution-records.js';
import { backoffSeconds, isRetryable, type Outcome } from './execution-state.js';
import type { Execution } from './execution.entity.js';
import {
  admitOfProject,
  admitWithoutProject,
  claim,
  end,
  followExecution,
  insert,
  lockProject,
  scopesWithWaiting,
  takeBackStopped,
  waitingForTask,
  type ClaimedExecution,
  type EndGuard,
  type FollowedTask,
  type NewExecution,
} from './executions.queries.js';
import { lockOutput, storedBytes } from './output.queries.js';
import { countStored, rulesOf } from './project-rules.js';
import { QueueLimit } from './queue-limit.js';
import { noticeOfEnd, wantsNotice } from './run-notice.js';
import { reportRun } from './run-report.js';

/** Everything that moves an execution from one state to the next, each in one transaction with what follows from it. */
@Injectable()
export class ExecutionLifecycle {
  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly records: ExecutionRecords,
    private readonly limit: QueueLimit,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Stores a new execution, makes it the current one of its task, and admits it if nothing stands in its way.
   * @param input its limits as they were asked for, before the project has its say
   * @throws QUEUE_FULL, PROJECT_LIMIT_EXCEEDED, PROJECT_NOT_FOUND when the project is being deleted
   */
  async enqueue(
    tx: Transaction,
    actor: Actor,
    input: Omit<NewExecution, 'id' | 'network' | 'attempt' | 'retry_of' | 'delay'> & Partial<NewExecution>,
  ): Promise<Execution> {
    const id = uuid();
    const { project_id } = input;
    const [rules] = await Promise.all([rulesOf(tx, project_id, input.limits), this.limit.check(tx)]);
    // all are sent at once, and run one after the other
    const [execution, task, isThere] = await Promise.all([
      insert(tx, { id, attempt: 1, retry_of: null, delay: 0, ...input, ...rules }),
      followExecution(tx, id, true),
      this.admit(tx, project_id, id),
    ]);
    if (!isThere) throw new AppError('PROJECT_NOT_FOUND', { project_id });
    this.announceQueued(tx, execution, task, actor);
    return execution;
  }

  /**
   * Takes an execution for a worker.
   * @returns undefined when it is not to be run (any more): another worker was faster, it was cancelled or paused
   */
  async start(id: string, workerId: string): Promise<ClaimedExecution | undefined> {
    return this.database.transaction(async (tx) => {
      const [execution, task] = await Promise.all([
        claim(tx, id, workerId, this.infrastructure.config.LEASE_SECONDS),
        followExecution(tx, id),
      ]);
      if (!execution) return undefined;
      this.records.task(tx, execution, task, null);
      this.records.announce(tx, execution);
      reportRun(tx, this.infrastructure.logger, execution, task?.ref);
      return execution;
    });
  }

  /**
   * Ends an execution: it, its task, the activity, the deliveries and what may run next, in one transaction.
   * @returns undefined when the guard did not hold: somebody else has had the last word
   */
  async finish(
    id: string,
    guard: EndGuard,
    outcome: Outcome,
    outputBytes: number | null,
  ): Promise<Execution | undefined> {
    return this.database.transaction((tx) => this.finishIn(tx, id, guard, outcome, outputBytes, null));
  }

  /**
   * Writes down that a command which this worker ran has succeeded. All that follows is known beforehand, so it takes two round
   * trips where any other end takes six.
   * @returns undefined when somebody else has had the last word
   */
  async complete(
    run: Pick<Execution, 'id' | 'generation' | 'project_id' | 'requested_by'>,
    outcome: Outcome & { status: 'completed' },
    outputBytes: number,
  ): Promise<Execution | undefined> {
    const { id, generation, project_id, requested_by } = run;
    try {
      return await this.database.transaction(async (tx) => {
        const [execution, task, willing] = await Promise.all([
          end(tx, id, { generation }, outcome, outputBytes),
          followExecution(tx, id),
          wantsNotice(tx, requested_by),
          project_id === null ? undefined : countStored(tx, project_id, outputBytes),
          project_id === null ? undefined : this.admit(tx, project_id),
        ]);
        // takes back what followed
        if (!execution) throw new LostSay();
        this.records.task(tx, execution, task, null);
        if (task && willing) noticeOfEnd(tx, this.events, requested_by, task);
        this.records.announce(tx, execution);
        reportRun(tx, this.infrastructure.logger, execution, task?.ref);
        return execution;
      });
    } catch (error) {
      if (error instanceof LostSay) return undefined;
      throw error;
    }
  }

  /** Ends a queued execution within a transaction that has more to do. */
  async cancelQueued(
    tx: Transaction,
    id: string,
    actor: Actor,
    reason: string | null,
  ): Promise<Execution | undefined> {
    await tx.query(
      `UPDATE executions SET cancel_requested_at = now(), cancelled_by = $2, cancel_reason = $3
        WHERE id = $1 AND status = 'queued'`,
      [id, actor.id, reason],
    );
    const outcome: Outcome = { status: 'cancelled', reason: 'TASK_CANCELLED', exitCode: null };
    const execution = await this.finishIn(tx, id, { queued: true }, outcome, null, actor);
    if (execution) tx.afterCommit(() => this.queue.remove(id));
    return execution;
  }

  /** What follows when a task's status was set by hand: who waited for it may run, or never will. */
  async taskSettled(
    tx: Transaction,
    task: { id: string; project_id: string; status: string },
  ): Promise<void> {
    if (task.status === 'completed') await this.admit(tx, task.project_id);
    if (task.status === 'failed' || task.status === 'cancelled') await this.failDependents(tx, task.id);
  }

  /** Hands everything to the queue that nothing stands in the way of any more. */
  async admitWaiting(): Promise<void> {
    for (const projectId of await scopesWithWaiting(this.database)) {
      await this.database.transaction((tx) => this.admit(tx, projectId));
    }
  }

  /** Makes wait again what slipped through while its queue was being paused or maintenance began. */
  async takeBackStopped(): Promise<void> {
    for (const { id } of await takeBackStopped(this.database)) await this.queue.remove(id);
  }

  private async finishIn(
    tx: Transaction,
    id: string,
    guard: EndGuard,
    outcome: Outcome,
    outputBytes: number | null,
    actor: Actor | null,
  ): Promise<Execution | undefined> {
    // its own worker knows how much it has stored; for others it counts only when nothing can be added any more
    if (outputBytes === null) await lockOutput(tx, id);
    const bytes = outputBytes ?? (await storedBytes(tx, id));
    const execution = await end(tx, id, guard, outcome, bytes);
    if (!execution) return undefined;
    const retry =
      isRetryable(outcome, execution.final_exit_codes) &&
      execution.retries_left > 0 &&
      execution.cancel_requested_at === null;
    const task = retry ? undefined : await followExecution(tx, id);
    if (retry) {
      await this.retry(tx, execution);
    } else {
      this.records.task(tx, execution, task, actor);
      if (task && (await wantsNotice(tx, execution.requested_by)))
        noticeOfEnd(tx, this.events, execution.requested_by, task);
    }
    this.records.announce(tx, execution);
    reportRun(tx, this.infrastructure.logger, execution, task?.ref);
    if (execution.project_id !== null) await countStored(tx, execution.project_id, bytes);
    if (execution.task_id !== null && !retry && outcome.status !== 'completed') {
      await this.failDependents(tx, execution.task_id);
    }
    if (execution.project_id !== null) await this.admit(tx, execution.project_id);
    return execution;
  }

  private async retry(tx: Transaction, failed: Execution): Promise<void> {
    const next = await insert(tx, {
      ...failed,
      id: uuid(),
      retries_left: failed.retries_left - 1,
      attempt: failed.attempt + 1,
      retry_of: failed.id,
      delay: backoffSeconds(failed.attempt),
    });
    this.announceQueued(tx, next, await followExecution(tx, next.id, true), null);
    const wait = (next.not_before?.getTime() ?? 0) - Date.now();
    tx.afterCommit(() => {
      // the reconciler would find it too, a little later
      setTimeout(() => void this.admitWaiting().catch(() => undefined), Math.max(0, wait) + 10).unref();
    });
  }

  private async failDependents(tx: Transaction, taskId: string): Promise<void> {
    const outcome: Outcome = {
      status: 'failed',
      reason: 'TASK_DEPENDENCY_NOT_MET',
      exitCode: null,
      error: 'A task that this one depends on was not completed',
    };
    for (const { id } of await waitingForTask(tx, taskId)) {
      await this.finishIn(tx, id, { queued: true }, outcome, 0, null);
    }
  }

  private announceQueued(
    tx: Transaction,
    execution: Execution,
    task: FollowedTask | undefined,
    actor: Actor | null,
  ): void {
    if (execution.task_id === null) this.records.command(tx, execution, actor);
    else this.records.task(tx, execution, task, actor);
    this.records.announce(tx, execution);
  }

  /** @returns false when the project has been deleted */
  private async admit(tx: Transaction, projectId: string | null, executionId?: string): Promise<boolean> {
    const [isThere, entries] =
      projectId === null
        ? [true, await admitWithoutProject(tx, executionId)]
        : await Promise.all([lockProject(tx, projectId), admitOfProject(tx, projectId)]);
    // what does not reach the queue is found by the reconciler: Postgres knows that it was admitted
    if (entries.length > 0) tx.afterCommit(() => this.queue.offer(entries));
    return isThere;
  }
}

/** The guard of an end did not hold. */
class LostSay extends Error {}
