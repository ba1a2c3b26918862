import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { TaskNumbers } from './task-numbers.js';
import { countTasks, dependenciesOf, historyOf, reaches, requireTask } from './tasks.queries.js';
import { toTask, type CreateTask, type TaskDetail, type TaskHistory, type TaskView } from './tasks.schema.js';

/** The detail shows this much of a task's history; the history itself shows more. */
const recentHistory = 50;
const wholeHistory = 1_000;
/** More tasks than this are not made at the same moment. */
const nearLimit = 100;

@Injectable()
export class TasksService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly numbers: TaskNumbers,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Makes a task.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, VALIDATION_ERROR for an
   * assignee or a dependency that does not exist
   */
  async create(actor: Actor, input: CreateTask): Promise<TaskView> {
    const project = await this.projects.require(actor, input.project_id, 'write');
    const id = uuid();
    const assignee = input.assigned_to ?? (project.settings.auto_assign === true ? actor.id : null);
    const number = await this.numbers.next(project.id);
    return this.database.transaction(async (tx) => {
      await this.checkRoom(tx, project.id, project.resource_limits.max_tasks);
      if (input.assigned_to !== null) await this.checkAssignee(tx, input.assigned_to);
      const [row] = await tx.query<{ created_at: Date }>(
        `INSERT INTO tasks (id, project_id, number, title, description, priority, estimated_duration, assigned_to, created_by,
                            tags, metadata, command, working_directory, environment, timeout, retry_attempts,
                            limits, final_exit_codes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING created_at`,
        [
          id,
          project.id,
          number,
          input.title,
          input.description,
          input.priority,
          input.estimated_duration,
          assignee,
          actor.id,
          input.tags,
          input.metadata,
          input.command,
          input.working_directory,
          input.environment,
          input.timeout,
          input.retry_attempts,
          input.limits,
          input.final_exit_codes,
        ],
      );
      const created_at = row!.created_at;
      if (input.dependencies.length > 0)
        await this.setDependencies(tx, actor, id, project.id, input.dependencies);
      const task = toTask({
        ...input,
        id,
        project_id: project.id,
        number,
        key: project.key,
        assigned_to: assignee,
        created_by: actor.id,
        status: 'pending',
        why_waiting: null,
        progress_percentage: 0,
        actual_duration: null,
        execution_id: null,
        created_at,
        updated_at: created_at,
        started_at: null,
        completed_at: null,
        deleted_at: null,
        version: 1,
        search: '',
      });
      const { title, status, priority, ref, updated_at } = task;
      this.activity.record(tx, {
        actor,
        entityType: 'task',
        entityId: id,
        projectId: project.id,
        action: 'created',
        newValue: { title, status, priority, ref },
        event: {
          name: 'task.created',
          data: { task_id: id, project_id: project.id, ref, title, status, priority },
        },
        task: { status, progress_percentage: 0, updated_at },
      });
      return task;
    });
  }

  /** @throws TASK_NOT_FOUND */
  async detail(actor: Actor, name: string): Promise<TaskDetail> {
    const task = await requireTask(this.database, actor, name, 'read');
    const [dependencies, history] = await Promise.all([
      dependenciesOf(this.database, task.id),
      historyOf(this.database, task.id, recentHistory),
    ]);
    return {
      ...toTask(task),
      dependencies,
      history: history.map(({ at, action, old_value, new_value, actor_id }) => ({
        timestamp: toInstant(at),
        action,
        old_value,
        new_value,
        user_id: actor_id,
      })),
    };
  }

  /** @throws TASK_NOT_FOUND */
  async history(actor: Actor, name: string): Promise<TaskHistory> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const rows = await historyOf(this.database, id, wholeHistory);
    return {
      task_id: id,
      history: rows.map((row) => ({
        id: row.id,
        timestamp: toInstant(row.at),
        action: row.action,
        user_id: row.actor_id,
        user_name: row.user_name,
        details:
          row.action === 'created'
            ? { initial_data: row.new_value }
            : { old_value: row.old_value, new_value: row.new_value },
      })),
    };
  }

  /**
   * Deletes a task softly.
   * @throws TASK_NOT_FOUND, RESOURCE_IN_USE while it is queued or running
   */
  async remove(actor: Actor, name: string): Promise<{ message: string; deleted_at: string }> {
    const { deletedAt } = await this.database.transaction((tx) => this.removeIn(tx, actor, name));
    return { message: 'Task deleted successfully', deleted_at: toInstant(deletedAt) };
  }

  /** The same within a transaction that has more to do. */
  async removeIn(tx: Transaction, actor: Actor, name: string): Promise<{ id: string; deletedAt: Date }> {
    const { id, project_id, title, status } = await requireTask(tx, actor, name, 'write', true);
    await this.refuseActive(tx, id, 'RESOURCE_IN_USE');
    const [row] = await tx.query<{ deleted_at: Date }>(
      'UPDATE tasks SET deleted_at = now(), updated_at = now(), version = version + 1 WHERE id = $1 RETURNING deleted_at',
      [id],
    );
    this.activity.record(tx, {
      actor,
      entityType: 'task',
      entityId: id,
      projectId: project_id,
      action: 'deleted',
      oldValue: { title, status },
      event: { name: 'task.updated', data: { task_id: id, project_id, title, status, deleted: true } },
    });
    return { id, deletedAt: row!.deleted_at };
  }

  /**
   * Replaces what a task depends on.
   * @throws VALIDATION_ERROR when one is not of the project or would wait for this task
   */
  async setDependencies(
    tx: Transaction,
    actor: Actor,
    taskId: string,
    projectId: string,
    names: string[],
  ): Promise<void> {
    // one change at a time in a project, so that two cannot close a circle together
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
    const ids: string[] = [];
    for (const name of new Set(names)) {
      const { id, project_id } = await requireTask(tx, actor, name, 'read');
      if (project_id !== projectId) throw dependencyFault(`${id} belongs to another project`);
      if (!ids.includes(id)) ids.push(id);
    }
    if (await reaches(tx, ids, taskId)) throw dependencyFault('A task cannot wait for itself');
    await tx.query('DELETE FROM task_dependencies WHERE task_id = $1 AND depends_on_task_id <> ALL($2)', [
      taskId,
      ids,
    ]);
    await tx.query(
      `INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
       SELECT n.id, $1, n.depends_on FROM unnest($2::uuid[], $3::uuid[]) AS n (id, depends_on)
       ON CONFLICT (task_id, depends_on_task_id) DO NOTHING`,
      [taskId, ids.map(() => uuid()), ids],
    );
  }

  /** @throws VALIDATION_ERROR when nobody of that id can be given work */
  async checkAssignee(tx: Transaction, userId: string): Promise<void> {
    const [user] = await tx.query('SELECT 1 FROM users WHERE id = $1 AND NOT disabled', [userId]);
    if (!user)
      throw new AppError('VALIDATION_ERROR', { field: 'assigned_to', issue: 'There is no such active user' });
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

  /** Near the limit one task of the project is made at a time, so that the count is exact; elsewhere nobody waits. */
  private async checkRoom(tx: Transaction, projectId: string, limit: number): Promise<void> {
    if ((await countTasks(tx, projectId, limit)) < limit - nearLimit) return;
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
    if ((await countTasks(tx, projectId, limit)) < limit) return;
    throw new AppError('PROJECT_LIMIT_EXCEEDED', { project_id: projectId, limit: 'max_tasks', value: limit });
  }
}

function dependencyFault(issue: string): AppError {
  return new AppError('VALIDATION_ERROR', { field: 'dependencies', issue });
}
