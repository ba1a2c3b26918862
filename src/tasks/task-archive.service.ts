import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { Database, type Transaction } from '../infra/database.js';
import { deleteFilesOfTask } from './attached-files.js';
import { recordTaskChange } from './task-activity.js';
import { refuseClaimed } from './task-claims.queries.js';
import { hasRoom } from './task-room.js';
import { requireTask, type AccessibleTask } from './tasks.queries.js';
import { toTask, type TaskView } from './tasks.schema.js';
import { TasksService } from './tasks.service.js';

type Shelf = Pick<AccessibleTask, 'is_draft' | 'archived_at'>;

/** Moves tasks into the archive and out of it, and drafts into the lists. Nothing else of a task changes with that. */
@Injectable()
export class TaskArchiveService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TasksService,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Archives a task; one that is archived already stays as it is.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, RESOURCE_IN_USE while it is queued or running, TASK_ALREADY_CLAIMED, TASK_IS_DRAFT
   */
  archive(actor: Actor, name: string): Promise<TaskView> {
    return this.database.transaction((tx) => this.archiveIn(tx, actor, name));
  }

  /** Archives a task within the caller's transaction; see `archive`. */
  async archiveIn(tx: Transaction, actor: Actor, name: string): Promise<TaskView> {
    const task = await this.lock(tx, actor, name);
    if (task.is_draft) throw new AppError('TASK_IS_DRAFT', { task_id: task.id });
    if (task.archived_at !== null) return toTask(task);
    await this.tasks.refuseActive(tx, task.id, 'RESOURCE_IN_USE');
    await refuseClaimed(tx, task);
    const after = await this.move(tx, actor, task, { is_draft: false, archived_at: new Date() }, 'archived');
    // what waits for it waits for nothing any more
    this.lifecycle.onTaskGone(tx, task);
    return after;
  }

  /**
   * Brings a task back from the archive, and a discarded draft back to the drafts.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  restore(actor: Actor, name: string): Promise<TaskView> {
    return this.database.transaction((tx) => this.restoreIn(tx, actor, name));
  }

  /** Brings a task back within the caller's transaction; see `restore`. */
  async restoreIn(tx: Transaction, actor: Actor, name: string): Promise<TaskView> {
    const task = await this.lock(tx, actor, name);
    if (task.archived_at === null) return toTask(task);
    if (!task.is_draft) await hasRoom(tx, task);
    this.lifecycle.onTaskReturned(tx, task.id);
    return this.move(tx, actor, task, { is_draft: task.is_draft, archived_at: null }, 'restored');
  }

  /**
   * Makes a draft a task.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED; TASK_ARCHIVED for one that was discarded
   */
  publish(actor: Actor, name: string): Promise<TaskView> {
    return this.database.transaction(async (tx) => {
      const task = await this.lock(tx, actor, name);
      if (task.archived_at !== null) throw new AppError('TASK_ARCHIVED', { task_id: task.id });
      if (!task.is_draft) return toTask(task);
      await hasRoom(tx, task);
      return this.move(tx, actor, task, { is_draft: false, archived_at: null }, 'published');
    });
  }

  /** Archives a draft; its files are gone. @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, TASK_NOT_DRAFT for a task that is none */
  discard(actor: Actor, name: string): Promise<TaskView> {
    return this.database.transaction(async (tx) => {
      const task = await this.lock(tx, actor, name);
      if (!task.is_draft) throw new AppError('TASK_NOT_DRAFT', { task_id: task.id });
      if (task.archived_at !== null) return toTask(task);
      await deleteFilesOfTask(tx, task.id);
      return this.move(tx, actor, task, { is_draft: true, archived_at: new Date() }, 'discarded');
    });
  }

  private lock(tx: Transaction, actor: Actor, name: string): Promise<AccessibleTask> {
    return requireTask(tx, actor, name, 'write', { lock: true });
  }

  private async move(
    tx: Transaction,
    actor: Actor,
    before: AccessibleTask,
    { is_draft, archived_at }: Shelf,
    action: 'archived' | 'restored' | 'published' | 'discarded',
  ): Promise<TaskView> {
    const [row] = await tx.query<Pick<AccessibleTask, 'updated_at' | 'version'>>(
      `UPDATE tasks SET is_draft = $2, archived_at = $3, is_archived = $3::timestamptz IS NOT NULL, updated_at = now(), version = version + 1
        WHERE id = $1 RETURNING updated_at, version`,
      [before.id, is_draft, archived_at],
    );
    const after = toTask({ ...before, is_draft, archived_at, ...row! });
    const { id, project_id, title, status, ref, priority, progress_percentage, updated_at } = after;
    const data = { task_id: id, project_id, ref, title, status, priority };
    recordTaskChange(this.activity, tx, after, {
      actor,
      action,
      newValue: action === 'published' ? { title, status, priority, ref } : undefined,
      event: { name: eventOf[action], data },
      task: { status, progress_percentage, updated_at },
    });
    return after;
  }
}

const eventOf = {
  archived: 'task.archived',
  restored: 'task.restored',
  published: 'task.created',
  discarded: 'task.updated',
} as const;
