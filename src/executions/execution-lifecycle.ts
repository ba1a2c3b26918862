import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { ActivityLog } from '../activity/activity-log.js';
import { formatDuration } from '../common/duration.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { ExecutionQueue, type QueueEntry } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
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
import { noticeOfEnd } from './run-notice.js';
import { reportRun } from './run-report.js';

/** Everything that moves an execution from one state to the next, each in one transaction with what follows from it. */
@Injectable()
export class ExecutionLifecycle {
  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly activity: ActivityLog,
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
    await this.refuseWhenFull(tx);
    const rules = await rulesOf(tx, input.project_id, input.limits);
    const first = { id: uuid(), attempt: 1, retry_of: null, delay: 0 };
    const execution = await insert(tx, { ...first, ...input, ...rules });
    await this.announceQueued(tx, execution, actor);
    const isThere = await this.admit(tx, execution.project_id, execution.id);
    if (!isThere) throw new AppError('PROJECT_NOT_FOUND', { project_id: execution.project_id });
    return execution;
  }

  /**
   * Takes an execution for a worker.
   * @returns undefined when it is not to be run (any more): another worker was faster, it was cancelled or paused
   */
  async start(id: string, workerId: string): Promise<ClaimedExecution | undefined> {
    return this.database.transaction(async (tx) => {
      const execution = await claim(tx, id, workerId, this.infrastructure.config.LEASE_SECONDS);
      if (!execution) return undefined;
      const task = await followExecution(tx, execution);
      this.recordTask(tx, execution, task, null);
      this.announce(tx, execution);
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
    const task = retry ? undefined : await followExecution(tx, execution);
    if (retry) {
      await this.retry(tx, execution);
    } else {
      this.recordTask(tx, execution, task, actor);
      if (task) await noticeOfEnd(tx, this.events, execution, task);
    }
    this.announce(tx, execution);
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
    await this.announceQueued(tx, next, null);
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

  /** Makes an execution the current one of its task. */
  private async announceQueued(tx: Transaction, execution: Execution, actor: Actor | null): Promise<void> {
    if (execution.task_id !== null) {
      await tx.query('UPDATE tasks SET execution_id = $2 WHERE id = $1', [execution.task_id, execution.id]);
      this.recordTask(tx, execution, await followExecution(tx, execution), actor);
    } else {
      this.activity.record(tx, {
        actor,
        entityType: 'execution',
        entityId: execution.id,
        action: 'command_queued',
        newValue: { command: execution.command },
      });
    }
    this.announce(tx, execution);
  }

  /** @returns false when the project has been deleted */
  private async admit(tx: Transaction, projectId: string | null, executionId?: string): Promise<boolean> {
    if (projectId !== null && !(await lockProject(tx, projectId))) return false;
    const entries =
      projectId === null ? await admitWithoutProject(tx, executionId) : await admitOfProject(tx, projectId);
    if (entries.length > 0) tx.afterCommit(() => this.send(entries));
    return true;
  }

  /** What does not reach the queue now is found by the reconciler: Postgres knows that it was admitted. */
  private async send(entries: QueueEntry[]): Promise<void> {
    await this.queue.add(entries);
  }

  private async refuseWhenFull(tx: Transaction): Promise<void> {
    const limit = this.infrastructure.config.QUEUE_LIMIT;
    const [row] = await tx.query<{ full: boolean }>(
      "SELECT count(*) >= $1 AS full FROM (SELECT 1 FROM executions WHERE status = 'queued' LIMIT $1) AS waiting",
      [limit],
    );
    if (row?.full) throw new AppError('QUEUE_FULL', { limit }, { retryAfterSeconds: 5 });
  }

  private recordTask(
    tx: Transaction,
    execution: Execution,
    task: FollowedTask | undefined,
    actor: Actor | null,
  ): void {
    if (!task) return;
    const name =
      task.status === 'completed'
        ? 'task.completed'
        : task.status === 'failed'
          ? 'task.failed'
          : 'task.updated';
    this.activity.record(tx, {
      actor,
      entityType: 'task',
      entityId: task.id,
      projectId: task.project_id,
      action: 'status_changed',
      oldValue: task.old_status,
      newValue: task.status,
      event: {
        name,
        data: {
          task_id: task.id,
          project_id: task.project_id,
          title: task.title,
          status: task.status,
          execution_id: execution.id,
          attempt: execution.attempt,
          exit_code: execution.exit_code,
          reason: execution.reason,
          duration: formatDuration(task.actual_duration),
        },
      },
      task: {
        status: task.status,
        progress_percentage: task.progress_percentage,
        updated_at: task.updated_at.toISOString(),
      },
    });
  }

  private announce(tx: Transaction, execution: Execution): void {
    const { started_at, finished_at } = execution;
    this.events.emitAfter(tx, 'execution.changed', {
      execution_id: execution.id,
      task_id: execution.task_id,
      project_id: execution.project_id,
      requested_by: execution.requested_by,
      status: execution.status,
      reason: execution.reason,
      exit_code: execution.exit_code,
      error: execution.error,
      duration: started_at && finished_at ? (finished_at.getTime() - started_at.getTime()) / 1000 : null,
      at: (finished_at ?? started_at ?? execution.created_at).toISOString(),
    });
  }
}
