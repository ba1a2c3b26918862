import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import type { Actor } from '../../common/permissions.js';
import { Database, type ConnectionPool, type Transaction } from '../../infra/database.js';
import { ExecutionQueue } from '../../infra/execution-queue.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { ExecutionPublisher } from './execution-publisher.js';
import { FailedDependencies } from './failed-dependencies.js';
import { backoffSeconds, isRetryable, rightsLost, type Outcome } from './execution-state.js';
import type { Execution } from '../execution.entity.js';
import {
  isInVain,
  keepProject,
  ownerOf,
  revokeSuspended,
  settleDependents,
} from '../admission/admission.queries.js';
import { causeOf, groupsOf, type EndedRun } from '../admission/admission-cause.js';
import { Admissions } from '../admission/admissions.js';
import { lockOutput, storedBytes } from '../stored-output.queries.js';
import { addUsage } from '../output-usage.queries.js';
import { QueueLimit } from '../admission/queue-limit.js';
import { frontOfLine, mayRunAgain, refusedInLine } from '../run-rights.js';
import {
  insertExecution,
  usualExecution,
  type NewExecution,
  type QueuedResult,
} from './new-executions.queries.js';
import { complete, end, syncTask, type EndGuard } from './transitions.queries.js';
import type { PublicExecution } from './transition-statement.js';

const dependencyNotMet: Outcome = {
  status: 'failed',
  reason: 'TASK_DEPENDENCY_NOT_MET',
  exitCode: null,
  error: 'A task that this one depends on was not completed',
};

/** The state transitions of executions, each in one transaction with everything that depends on it. */
@Injectable()
export class ExecutionLifecycle {
  private readonly admissions: Admissions;
  private readonly failedDependencies: FailedDependencies;
  /** Where the search for refused executions goes on. */
  private checkedTo = frontOfLine;

  constructor(
    @Inject(Database) protected readonly database: ConnectionPool,
    private readonly queue: ExecutionQueue,
    protected readonly publisher: ExecutionPublisher,
    private readonly limit: QueueLimit,
    protected readonly infrastructure: Infrastructure,
  ) {
    this.admissions = new Admissions(database, queue, infrastructure);
    this.failedDependencies = new FailedDependencies(database, infrastructure, (id) => this.failInVain(id));
  }

  /**
   * Stores a new execution, makes it the current one of its task, and admits it after the commit if nothing blocks it. Its statements are
   * sent in one packet with the commit of the transaction.
   * @param input its limits and network as `runRules` gave them
   * @returns its id
   * @throws QUEUE_FULL, RESOURCE_LIMIT_EXCEEDED; the transaction throws PROJECT_NOT_FOUND when the project has been deleted meanwhile
   */
  async enqueue(
    tx: Transaction,
    actor: Actor,
    input: Omit<NewExecution, keyof typeof usualExecution | 'id'> & Partial<NewExecution>,
  ): Promise<string> {
    const execution = { ...usualExecution, id: newId(), ...input };
    await this.limit.check(tx, execution.requested_by);
    const { id } = execution;
    const { project_id } = execution;
    if (project_id !== null) void tx.withCommit(() => keepProject(tx, project_id));
    const queued = tx.withCommit(() => insertExecution(tx, actor, execution));
    const admitted = this.admissions.behindCommit(tx, {
      owner: ownerOf(execution),
      groups: groupsOf(execution),
    });
    tx.afterCommit(async () => {
      const result = await queued;
      this.publisher.queued(result);
      await admitted();
      await this.settleBlocked(result);
    });
    return id;
  }

  /** Admits what nothing blocks of many new executions that were committed: one owner after the other, in the background. */
  async admitNew(results: readonly QueuedResult[], groups: readonly string[]): Promise<void> {
    const owners = new Set(results.map(({ execution }) => ownerOf(execution)));
    this.admissions.requestInTurn(owners, groups);
    for (const result of results) await this.settleBlocked(result);
  }

  /**
   * Ends an execution, updates its task, records the activity and deliveries, and admits after it what may run next.
   * @returns undefined when the guard did not hold, since another write has ended it or claimed it anew
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
   * Ends an execution that this worker ran with success. Its statements do not depend on each other's results, so they take one round
   * trip where any other end takes seven.
   * @returns undefined when the guard did not hold, as for `finish`
   */
  async complete(
    run: EndedRun & Pick<Execution, 'id' | 'generation'>,
    outcome: Outcome & { status: 'completed' },
    outputBytes: number,
  ): Promise<PublicExecution | undefined> {
    let ended: PublicExecution | undefined;
    await this.database.transaction((tx) => {
      const completed = tx.withCommit(() => complete(tx, run, outcome, outputBytes));
      // harmless when the guard did not hold
      const admitted = this.admissions.behindCommit(tx, causeOf(run, outcome));
      tx.afterCommit(async () => {
        const result = await completed;
        ended = result?.execution;
        if (result) this.publisher.transitioned(result);
        await admitted();
      });
    });
    return ended;
  }

  /** Cancels a queued execution within the caller's transaction. */
  async cancelQueued(
    tx: Transaction,
    id: string,
    actor: Actor | null,
    reason: string | null,
  ): Promise<Execution | undefined> {
    await tx.query(
      `UPDATE executions SET cancel_requested_at = now(), cancelled_by = $2, cancel_reason = $3
        WHERE id = $1 AND status = 'queued'`,
      [id, actor?.id ?? null, reason],
    );
    const outcome: Outcome = {
      status: 'cancelled',
      reason: 'TASK_CANCELLED',
      exitCode: null,
      // without an actor, the error is the only place that says why
      error: actor === null ? (reason ?? undefined) : undefined,
    };
    const execution = await this.finishIn(tx, id, { queued: true }, outcome, null, actor);
    if (execution) tx.afterCommit(() => this.queue.remove(execution));
    return execution;
  }

  /** Cancels a queued execution on behalf of Millrace itself. */
  async cancelWithoutActor(id: string, reason: string): Promise<void> {
    await this.database.transaction((tx) => this.cancelQueued(tx, id, null, reason));
  }

  /** Admits or fails, after the commit, the executions that depend on a task whose status was set by hand. */
  onTaskStatusSet(tx: Transaction, task: { id: string; project_id: string; status: string }): void {
    if (task.status === 'completed')
      tx.afterCommit(() => this.admissions.request({ owner: task.project_id, endedTasks: [task.id] }));
    else this.onTaskReturned(tx, task.id);
    if (task.status === 'failed' || task.status === 'cancelled') this.failDependents(tx, task.id);
  }

  /** Lets the tasks wait again that depend on a task which was restored or is not completed any more. */
  onTaskReturned(tx: Transaction, taskId: string): void {
    void tx.behindCommit(() => settleDependents(tx, [taskId]));
  }

  /** Admits the executions that a deleted or archived task does not keep from starting any more. */
  onTaskGone(tx: Transaction, task: { id: string; project_id: string }): void {
    tx.afterCommit(() => this.admissions.request({ owner: task.project_id, endedTasks: [task.id] }));
  }

  /** Admits every waiting execution that nothing blocks any more. */
  admitWaiting(): Promise<void> {
    return this.admissions.requestAll();
  }

  /** Admits or fails a queued execution after the dependencies of its task were changed. */
  async onDependenciesChanged(executionId: string): Promise<void> {
    await this.admissions.requestBlocked(executionId);
    await this.failInVain(executionId);
  }

  /** Looks at some of the executions that wait for tasks, since the process that was to admit or to fail them may have died. */
  settleForgotten(): Promise<void> {
    return this.failedDependencies.settleForgotten();
  }

  /** Cancels refused executions among some of the queued ones: those that were being stored while their requester lost the right. */
  async cancelRefused(): Promise<void> {
    const { refused, last } = await refusedInLine(this.database, this.checkedTo);
    this.checkedTo = last;
    for (const id of refused) await this.cancelWithoutActor(id, rightsLost);
  }

  /** Revokes the admission of executions that were admitted while their queue was being paused or maintenance began. */
  async revokeSuspended(): Promise<void> {
    for (const job of await revokeSuspended(this.database)) await this.queue.remove(job);
  }

  /** Looks again at a new execution that waits for tasks: what it waits for may have come to its end while it was being stored. */
  private async settleBlocked({ execution: { id, blocked } }: QueuedResult): Promise<void> {
    if (!blocked) return;
    await this.admissions.requestBlocked(id);
    await this.failInVain(id);
  }

  private async finishIn(
    tx: Transaction,
    id: string,
    guard: EndGuard,
    outcome: Outcome,
    outputBytes: number | null,
    actor: Actor | null,
  ): Promise<Execution | undefined> {
    // only the worker that ran it knows how much it has stored; anybody else must lock the output before counting
    if (outputBytes === null) await lockOutput(tx, id);
    const bytes = outputBytes ?? (await storedBytes(tx, id));
    const execution = await end(tx, id, guard, outcome, bytes);
    if (!execution) return undefined;
    const retry =
      isRetryable(outcome, execution.final_exit_codes) &&
      execution.retries_left > 0 &&
      execution.cancel_requested_at === null &&
      (await mayRunAgain(tx, execution));
    let isClaimed = false;
    if (retry) {
      tx.afterCommit(() => this.publisher.attemptEnded(execution));
      await this.retry(tx, execution);
    } else {
      const result = await syncTask(tx, actor, id);
      isClaimed = result.task?.status === 'running';
      tx.afterCommit(() => this.publisher.transitioned(result));
    }
    if (bytes > 0) await addUsage(tx, ownerOf(execution), bytes);
    if (execution.task_id !== null && !retry && !isClaimed && outcome.status !== 'completed') {
      this.failDependents(tx, execution.task_id);
    }
    tx.afterCommit(() => this.admissions.request(causeOf(execution, outcome)));
    return execution;
  }

  private async retry(tx: Transaction, failed: Execution): Promise<void> {
    const delay = backoffSeconds(failed.attempt);
    const result = await insertExecution(tx, null, {
      ...failed,
      id: newId(),
      retries_left: failed.retries_left - 1,
      attempt: failed.attempt + 1,
      retry_of: failed.id,
      delay,
    });
    tx.afterCommit(() => {
      this.publisher.queued(result);
      // the reconciler would find it too, a little later
      setTimeout(
        () => void this.admissions.requestBlocked(result.execution.id).catch(() => undefined),
        delay * 1000 + 10,
      ).unref();
    });
  }

  private failDependents(tx: Transaction, taskId: string): void {
    tx.afterCommit(() => this.failedDependencies.failDependents(taskId));
  }

  /** Fails a queued execution if it waits for a task that has failed or was cancelled. */
  private async failInVain(id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (await isInVain(tx, id)) await this.finishIn(tx, id, { queued: true }, dependencyNotMet, 0, null);
    });
  }
}
