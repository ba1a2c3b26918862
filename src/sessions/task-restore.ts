import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import type { Transaction } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { canSee } from '../projects/projects.queries.js';
import type { MemberRole } from '../projects/projects.schema.js';
import type { RestoredTasks } from './session-restore.schema.js';
import {
  changedTasks,
  firstValues,
  earlierState,
  type ChangedTask,
  type FirstValue,
  type RestorePoint,
} from './task-restore.queries.js';
import {
  isTaken,
  restorableFields,
  writeTask,
  type TaskAfter,
  type TaskFields,
} from './task-write.queries.js';

/** The most tasks of a restore, since one transaction keeps them all locked. */
const mostTasks = 500;

type Left = RestoredTasks['left'][number]['reason'];

/**
 * Restores the fields of tasks that a session has changed. The tasks module has the same rank and cannot be imported, so the rows are
 * updated here, with everything that its update does: the version, the activity with its webhook event, and the effects of a status
 * that was set by hand.
 */
@Injectable()
export class TaskRestore {
  constructor(
    private readonly projects: ProjectAccess,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Restores the tasks of a session.
   * @returns what became of them, and which of them are drafts
   * @throws RESOURCE_LIMIT_EXCEEDED, PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED for the session's project
   */
  async restore(
    tx: Transaction,
    actor: Actor,
    point: RestorePoint,
  ): Promise<{ tasks: RestoredTasks; drafts: ReadonlySet<string> }> {
    if (point.projectId !== null) await this.projects.require(actor, point.projectId, 'write', tx);
    const tasks = await changedTasks(tx, point, mostTasks + 1);
    if (tasks.length > mostTasks)
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'tasks', value: mostTasks });
    const access = await this.accessTo(tx, actor, tasks);
    const result: RestoredTasks = { restored: [], left: [] };
    const changed: TaskAfter[] = [];
    for (const task of tasks) {
      const name = { task_id: task.id, ref: task.ref };
      const reason = reasonToLeave(actor, task, access.get(task.project_id));
      if (reason !== undefined) {
        result.left.push({ ...name, reason });
        continue;
      }
      const { fields, kept } = await this.restoreTask(tx, actor, point, task, changed);
      if (fields.length + kept.length > 0) result.restored.push({ ...name, fields, kept });
    }
    for (const task of changed) this.lifecycle.onTaskStatusSet(tx, task);
    return { tasks: result, drafts: new Set(tasks.filter(({ is_draft }) => is_draft).map(({ id }) => id)) };
  }

  /** The access of the actor to the projects of tasks; of those in which the actor may write. */
  private async accessTo(
    tx: Transaction,
    actor: Actor,
    tasks: ChangedTask[],
  ): Promise<Map<string, MemberRole>> {
    const access = new Map<string, MemberRole>();
    for (const id of new Set(tasks.filter(({ deleted }) => !deleted).map(({ project_id }) => project_id))) {
      try {
        access.set(id, (await this.projects.require(actor, id, 'write', tx)).access);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }
    return access;
  }

  /** @param changed the tasks whose status has changed, to which this one is added */
  private async restoreTask(
    tx: Transaction,
    actor: Actor,
    point: RestorePoint,
    task: ChangedTask,
    changed: TaskAfter[],
  ): Promise<{ fields: string[]; kept: string[] }> {
    const before: Partial<TaskFields> = {};
    const kept: string[] = [];
    const values = await firstValues(tx, point, task.id);
    for (const { field, value } of values) {
      if (await this.cannotRestore(tx, task, field, value)) kept.push(field);
      else Object.assign(before, { [field]: value });
    }
    const progress = values.find(({ field }) => field === 'progress_percentage');
    if (progress?.value === null) {
      before.progress_percentage = (await earlierState(tx, task.id, progress.sequence)).progress ?? 0;
    }
    const status = values.find(({ field }) => field === 'status' && field in before);
    const times = status && status.value !== task.status ? await this.timesOf(tx, task.id, status) : {};
    const update = await writeTask(tx, task.id, { ...before, ...times });
    if (update) this.record(tx, actor, task, update.after, update.changes);
    if (update?.changes['status']) changed.push(update.after);
    return { fields: Object.keys(update?.changes ?? {}), kept };
  }

  private async cannotRestore(
    tx: Transaction,
    task: ChangedTask,
    field: string,
    value: unknown,
  ): Promise<boolean> {
    if (!restorableFields.has(field)) return true;
    if (field === 'status') return value === 'queued';
    if (field === 'external_ref') return value !== null && (await isTaken(tx, task, value));
    if (field !== 'assigned_to' || typeof value !== 'string') return false;
    return (await canSee(tx, value, task.project_id)) !== true;
  }

  /** Derives the times that go with a restored status. */
  private async timesOf(tx: Transaction, taskId: string, { sequence, value }: FirstValue) {
    const none = { started_at: null, completed_at: null, actual_duration: null };
    if (value === 'pending') return none;
    const { started_at, ended_at, ended_from } = await earlierState(tx, taskId, sequence, value);
    if (value === 'running') return { ...none, started_at };
    const ran = ended_from === 'running' && started_at !== null && ended_at !== null;
    const actual_duration = ran ? (ended_at.getTime() - started_at.getTime()) / 1000 : null;
    return { started_at, completed_at: ended_at, actual_duration };
  }

  /** Records what was restored: of a draft in its history alone, as `recordTaskChange` does. */
  private record(
    tx: Transaction,
    actor: Actor,
    { is_draft }: ChangedTask,
    after: TaskAfter,
    changes: Record<string, { old: unknown; new: unknown }>,
  ): void {
    const { id, project_id, title, status, progress_percentage, updated_at } = after;
    const entry = {
      actor,
      entityType: 'task',
      entityId: id,
      projectId: is_draft ? null : project_id,
    } as const;
    const data = { task_id: id, project_id, title, status, changes: Object.keys(changes), restored: true };
    // a restored status is not a completion or failure that happens now, so webhooks receive an update
    const published = is_draft
      ? {}
      : ({
          event: { name: 'task.updated', data },
          task: { status, progress_percentage, updated_at: updated_at.toISOString() },
        } as const);
    const { status: statusChange, planned, ...others } = changes;
    const side = (which: 'old' | 'new') =>
      Object.fromEntries(Object.entries(others).map(([key, value]) => [key, value[which]]));
    if (Object.keys(others).length > 0) {
      this.activity.record(tx, {
        ...entry,
        action: 'updated',
        oldValue: side('old'),
        newValue: side('new'),
        ...(statusChange ? {} : published),
      });
    }
    if (planned && status === 'pending') {
      const [oldValue, newValue] = [planned.old, planned.new].map((is) => (is ? 'planned' : 'backlogged'));
      this.activity.record(tx, { ...entry, action: 'workflow_status_changed', oldValue, newValue });
    }
    if (!statusChange) return;
    this.activity.record(tx, {
      ...entry,
      action: 'status_changed',
      oldValue: statusChange.old,
      newValue: status,
      ...published,
    });
  }
}

/** @param access the actor's access to the project of the task; undefined when it does not permit to write */
function reasonToLeave(actor: Actor, task: ChangedTask, access: MemberRole | undefined): Left | undefined {
  if (task.deleted) return 'deleted';
  if (access === undefined) return 'access_denied';
  // a draft is hidden from who has neither made it nor owns the project
  if (task.is_draft && task.created_by !== actor.id && access !== 'owner') return 'access_denied';
  return task.status === 'queued' || task.status === 'running' ? task.status : undefined;
}
