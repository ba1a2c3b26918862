import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { Keyset } from '../http/keyset.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { canSee } from '../projects/projects.queries.js';
import {
  blankHistory,
  detailColumns,
  historyOf,
  requireTask,
  type AccessibleTask,
  type DetailColumns,
} from './tasks.queries.js';
import { deleteFilesOfTask } from './attached-files.js';
import { recordLostClaim, recordTaskChange } from './task-activity.js';
import { takeClaim, type EndedClaim } from './task-claims.queries.js';
import { toTask, type TaskDetail, type TaskHistory, type TaskHistoryQuery } from './tasks.schema.js';

@Injectable()
export class TasksService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly activity: ActivityLog,
    private readonly lifecycle: ExecutionLifecycle,
  ) {}

  /** Loads a task with its dependencies and recent history. @throws TASK_NOT_FOUND */
  async detail(actor: Actor, name: string): Promise<TaskDetail> {
    const task = await requireTask<DetailColumns>(this.database, actor, name, 'read', {
      also: detailColumns,
    });
    const { claim, dependencies, children, former_refs, recent } = task;
    return { ...toTask(task), claim, former_refs, dependencies, children, history: recent };
  }

  /** Reads the latest history of a task, or that before a cursor. @throws TASK_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async history(actor: Actor, name: string, { limit, cursor }: TaskHistoryQuery): Promise<TaskHistory> {
    const task = await requireTask(this.database, actor, name, 'read');
    const { id } = task;
    const keyset = new Keyset([['a.sequence', 'sequence']], 'desc', ['task history', id], cursor);
    const { rows, next_cursor } = keyset.cut(
      await this.heavy.read(actor, (tx) => historyOf(tx, actor, task, keyset, limit)),
      limit,
    );
    return {
      task_id: id,
      next_cursor,
      history: rows.toReversed().map((row) => ({
        id: row.id,
        timestamp: toInstant(row.at),
        action: row.action,
        user_id: row.actor_id,
        user_name: row.user_name,
        details:
          row.action === 'created'
            ? { initial_data: row.new_value }
            : {
                old_value: row.old_value,
                new_value: row.new_value,
                ...(row.run ? { run: row.run } : {}),
              },
      })),
    };
  }

  /**
   * Deletes a task.
   * @param permanent whether to remove its rows and the texts of its history, which owners of the project may; otherwise it becomes invisible,
   * and its history is kept
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, RESOURCE_IN_USE while it is queued or running
   */
  async remove(
    actor: Actor,
    name: string,
    permanent: boolean,
  ): Promise<{ message: string; deleted_at: string }> {
    const { deletedAt } = await this.database.transaction((tx) =>
      permanent ? this.eraseIn(tx, actor, name, 'own') : this.removeIn(tx, actor, name),
    );
    return { message: 'Task deleted successfully', deleted_at: toInstant(deletedAt) };
  }

  /** Deletes a task softly within the caller's transaction; see `remove`. */
  async removeIn(tx: Transaction, actor: Actor, name: string): Promise<{ id: string; deletedAt: Date }> {
    const task = await requireTask(tx, actor, name, 'write', { lock: true });
    await this.refuseActive(tx, task.id, 'RESOURCE_IN_USE');
    await this.loseClaim(tx, actor, task, 'deleted');
    const [row] = await tx.query<{ deleted_at: Date }>(
      'UPDATE tasks SET deleted_at = now(), updated_at = now(), version = version + 1 WHERE id = $1 RETURNING deleted_at',
      [task.id],
    );
    this.recordRemoval(tx, actor, task, 'deleted');
    return { id: task.id, deletedAt: row!.deleted_at };
  }

  /**
   * Removes the rows of a task, and the texts of its history: who did what and when stays. The rows of its runs stay until their retention is
   * over.
   * @param permission what the actor needs for that
   */
  async eraseIn(
    tx: Transaction,
    actor: Actor,
    name: string,
    permission: 'own' | 'write',
  ): Promise<{ deletedAt: Date }> {
    const task = await requireTask(tx, actor, name, permission, { lock: true });
    await this.refuseActive(tx, task.id, 'RESOURCE_IN_USE');
    await this.loseClaim(tx, actor, task, 'deleted');
    await tx.query('UPDATE tasks SET parent_id = NULL WHERE parent_id = $1', [task.id]);
    await tx.query('DELETE FROM task_dependencies WHERE task_id = $1 OR depends_on_task_id = $1', [task.id]);
    await deleteFilesOfTask(tx, task.id);
    await tx.query(
      'DELETE FROM document_versions WHERE document_id IN (SELECT id FROM documents WHERE task_id = $1)',
      [task.id],
    );
    for (const table of ['comments', 'checklist_items', 'documents', 'former_refs'])
      await tx.query(`DELETE FROM ${table} WHERE task_id = $1`, [task.id]);
    await tx.query('DELETE FROM tasks WHERE id = $1', [task.id]);
    // before the record of the removal, and with the commit too, since whoever follows the activity waits for those who write it
    void tx.withCommit(() => blankHistory(tx, task.id));
    this.recordRemoval(tx, actor, task, 'erased');
    return { deletedAt: new Date() };
  }

  private recordRemoval(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    action: 'deleted' | 'erased',
  ): void {
    const { id, project_id, title, status } = task;
    const data = { task_id: id, project_id, title, status, deleted: true };
    recordTaskChange(this.activity, tx, task, {
      actor,
      action,
      oldValue: { title, status },
      event: { name: 'task.updated', data },
    });
    this.lifecycle.onTaskGone(tx, { id, project_id });
  }

  /** Ends the claim of a locked task because of a change by another user than its holder, who is told by `claim.lost`. */
  async loseClaim(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    reason: 'deleted' | 'status_changed',
  ): Promise<EndedClaim | undefined> {
    const claim = await takeClaim(tx, task);
    if (claim)
      recordLostClaim(this.activity, tx, actor, task, { claim_id: claim.id, user_id: claim.user_id, reason });
    return claim;
  }

  /** Checks that a user is active and can see the project. @throws VALIDATION_ERROR otherwise */
  async checkAssignee(tx: Transaction, userId: string, projectId: string): Promise<void> {
    const sees = await canSee(tx, userId, projectId);
    if (sees === true) return;
    const issue =
      sees === undefined
        ? 'There is no such active user'
        : 'The user cannot see the project: make them a member first';
    throw new AppError('VALIDATION_ERROR', { field: 'assigned_to', issue });
  }

  /** Refuses a change while an execution of the task is queued or running; the task must be locked. */
  async refuseActive(
    tx: Transaction,
    taskId: string,
    code: 'RESOURCE_IN_USE' | 'TASK_ALREADY_RUNNING',
  ): Promise<void> {
    const [active] = await tx.query<{ id: string }>(
      "SELECT id FROM executions WHERE task_id = $1 AND status IN ('queued', 'running') LIMIT 1",
      [taskId],
    );
    if (active) throw new AppError(code, { task_id: taskId, execution_id: active.id });
  }
}
