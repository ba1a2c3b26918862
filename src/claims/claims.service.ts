import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import { setTimeout as delay } from 'node:timers/promises';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { alphanumeric } from '../credentials/token-format.js';
import { Database, type Transaction } from '../infra/database.js';
import { recordTaskChange } from '../tasks/task-activity.js';
import { refuseClaimed, settleWaiting } from '../tasks/task-claims.queries.js';
import { refOf } from '../tasks/task-ref.js';
import { TaskUpdateService } from '../tasks/task-update.service.js';
import { requireTask, type AccessibleTask } from '../tasks/tasks.queries.js';
import { toTask, type TaskView, type UpdateTask } from '../tasks/tasks.schema.js';
import {
  endHeld,
  findHeld,
  insertClaim,
  lockClaimable,
  passLimits,
  renewHeld,
  type Wanted,
} from './claims.queries.js';
import type {
  ClaimTask,
  ClaimView,
  CompleteClaim,
  FailClaim,
  ReleaseClaim,
  RenewedClaim,
} from './claims.schema.js';

/** How often the line is looked at when everything in it is locked, and how much later each time. */
const mostLooks = 8;
const lockedMs = 5;

/** Makes a token: 24 characters of 62, which are 142 bits, and none that a command line could take for an option. */
const makeClaimToken = customAlphabet(alphanumeric, 24);

/**
 * Claims: a user works on a task as long as the lease of the claim is renewed, and alone. What the holder writes with a claim that has
 * lapsed is refused (a fencing token, as in Kleppmann, How to do distributed locking, 2016).
 */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly database: Database,
    private readonly updates: TaskUpdateService,
    private readonly activity: ActivityLog,
  ) {}

  /** Claims the most urgent task that the actor may claim in a project. @returns undefined when there is none */
  async claimNext(actor: Actor, wanted: Wanted, leaseSeconds: number): Promise<ClaimView | undefined> {
    for (let looks = 1; ; looks += 1) {
      const found = await this.database.transaction(async (tx) => {
        const { id, passed, is_cut } = await lockClaimable(tx, actor.id, wanted);
        // what they wait for may have ended while they were marked
        if (passed.length > 0) void tx.behindCommit(() => settleWaiting(tx, passed));
        return {
          isCut: is_cut,
          claim: id === null ? undefined : await this.store(tx, actor, id, leaseSeconds),
        };
      });
      if (!found.isCut || looks === mostLooks) return found.claim;
      // everything is locked by other claims, of which some may give it back
      await delay(looks * lockedMs);
    }
  }

  /** Gives back a claim that could not be answered, since the client has gone: as if there had been none. */
  async giveBack(actor: Actor, { claim_id, token }: ClaimView): Promise<void> {
    await this.release(actor, claim_id, { token, note: 'The client had gone' });
  }

  /**
   * Claims one task.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, TASK_ALREADY_CLAIMED, TASK_ALREADY_RUNNING, TASK_ARCHIVED,
   * TASK_IS_DRAFT, TASK_DEPENDENCY_NOT_MET, TASK_NOT_CLAIMABLE when it is done, blocked or assigned to somebody else
   */
  claimTask(actor: Actor, name: string, { lease_seconds }: ClaimTask): Promise<ClaimView> {
    return this.database.transaction(async (tx) => {
      const task = await requireTask<{ waits: boolean }>(tx, actor, name, 'write', {
        lock: true,
        also: 'waits_for_tasks(t.id) AS waits',
      });
      await refuseClaimed(tx, task);
      refuseUnclaimable(actor, task);
      return this.store(tx, actor, task.id, lease_seconds);
    });
  }

  /** Renews a claim for as long as it was made for. @throws CLAIM_LOST, and the errors of who may not write in the project any more */
  renew(actor: Actor, id: string, token: string): Promise<RenewedClaim> {
    return this.database.transaction(async (tx) => {
      const held = await findHeld(tx, id, actor.id, token);
      if (!held) throw new AppError('CLAIM_LOST', { claim_id: id });
      await requireTask(tx, actor, held.task_id, 'write');
      const expiresAt = await renewHeld(tx, id, actor.id, token);
      if (!expiresAt) throw new AppError('CLAIM_LOST', { claim_id: id });
      return { claim_id: id, expires_at: toInstant(expiresAt) };
    });
  }

  /** Ends a claim without a result: the task is open again. @throws the errors of `end` */
  release(actor: Actor, id: string, { token, note }: ReleaseClaim): Promise<TaskView> {
    return this.end(actor, id, token, (tx, task, reopened) => {
      this.record(tx, actor, task, 'claim_released', note === undefined ? {} : { note });
      return reopened;
    });
  }

  /** Completes the task of a claim. @throws the errors of `end` */
  complete(actor: Actor, id: string, { token, result }: CompleteClaim): Promise<TaskView> {
    return this.end(actor, id, token, () => ({ status: 'completed', result }));
  }

  /** Fails the task of a claim, or opens it again for another try. @throws the errors of `end` */
  fail(actor: Actor, id: string, { token, reason, retry }: FailClaim): Promise<TaskView> {
    return this.end(actor, id, token, (tx, task, reopened) => {
      this.record(tx, actor, task, 'claim_failed', { reason, retry });
      return retry ? reopened : { ...reopened, status: 'failed', result: reason };
    });
  }

  /**
   * Ends a claim.
   * @param changesOf returns what changes in the task; it is given what opens the task again
   * @throws CLAIM_LOST when the claim has lapsed or ended, and then nothing is written; TASK_ALREADY_RUNNING while a run of the task is
   * queued or running; PROJECT_LIMIT_EXCEEDED for a result that the tasks of the project have no room for; the errors of who may not write in
   * the project any more
   */
  private end(
    actor: Actor,
    id: string,
    token: string,
    changesOf: (tx: Transaction, task: AccessibleTask, reopened: UpdateTask) => UpdateTask,
  ): Promise<TaskView> {
    return this.database.transaction(async (tx) => {
      const held = await findHeld(tx, id, actor.id, token);
      if (!held) throw new AppError('CLAIM_LOST', { claim_id: id });
      // sent in one packet: the claim is ended when its task is locked
      const [task, isEnded] = await Promise.all([
        requireTask(tx, actor, held.task_id, 'write', { lock: true }),
        endHeld(tx, id, actor.id, token),
      ]);
      if (!isEnded) throw new AppError('CLAIM_LOST', { claim_id: id });
      const reopened: UpdateTask = {
        status: 'pending',
        ...(held.was_assigned || task.assigned_to !== actor.id ? {} : { assigned_to: null }),
      };
      const changes = changesOf(tx, task, reopened);
      if ((changes.result ?? null) === null) await passLimits(tx);
      return this.updates.updateLocked(tx, actor, { ...task, claim_id: null }, changes);
    });
  }

  /** Stores the claim of a locked task that is open. */
  private async store(
    tx: Transaction,
    actor: Actor,
    taskId: string,
    leaseSeconds: number,
  ): Promise<ClaimView> {
    const [id, token] = [newId(), makeClaimToken()];
    const claim = { id, taskId, userId: actor.id, token, leaseSeconds };
    // sent in one packet, so that the second statement reads what the first has written
    const [expiresAt, task] = await Promise.all([
      insertClaim(tx, claim),
      requireTask(tx, actor, taskId, 'write'),
    ]);
    const expires_at = toInstant(expiresAt);
    this.record(tx, actor, task, 'claimed', { claim_id: id, expires_at });
    const { status, progress_percentage } = task;
    recordTaskChange(this.activity, tx, task, {
      actor,
      action: 'status_changed',
      oldValue: 'pending',
      newValue: status,
      event: {
        name: 'task.updated',
        data: { task_id: task.id, project_id: task.project_id, title: task.title, status },
      },
      task: { status, progress_percentage, updated_at: toInstant(task.updated_at) },
    });
    return { claim_id: id, token, expires_at, task: toTask(task) };
  }

  private record(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    action: string,
    newValue: Record<string, unknown>,
  ): void {
    recordTaskChange(this.activity, tx, task, { actor, action, newValue });
  }
}

/** @throws the errors of `claimTask` for a task that is not open to the actor */
function refuseUnclaimable(actor: Actor, task: AccessibleTask & { waits: boolean }): void {
  const { id: task_id, status, blocker, assigned_to } = task;
  if (task.archived_at !== null) throw new AppError('TASK_ARCHIVED', { task_id });
  if (task.is_draft) throw new AppError('TASK_IS_DRAFT', { task_id });
  if (status === 'queued' || status === 'running') throw new AppError('TASK_ALREADY_RUNNING', { task_id });
  const refuse = (message: string, details: Record<string, unknown>) => {
    throw new AppError('TASK_NOT_CLAIMABLE', { task_id, ref: refOf(task), ...details }, { message });
  };
  if (status !== 'pending') refuse(`The task is ${status}: set its status to pending first`, { status });
  if (blocker !== null) refuse('The task is blocked: clear its blocker first', { blocker });
  if (assigned_to !== null && assigned_to !== actor.id)
    refuse('The task is assigned to somebody else', { assigned_to });
  if (task.waits) throw new AppError('TASK_DEPENDENCY_NOT_MET', { task_id });
}
