import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { AppError } from '../common/errors.js';
import { Database, type Queryable } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { maxDependencies, type RelatedTask, type TaskDependencies } from './task-dependencies.schema.js';
import { TaskUpdateService } from './task-update.service.js';
import { requireTask } from './tasks.queries.js';

/** The most tasks of each kind that are shown. */
const mostShown = 1_000;

/** Shows and changes what a task waits for, one dependency at a time. */
@Injectable()
export class TaskDependenciesService {
  constructor(
    private readonly database: Database,
    private readonly updates: TaskUpdateService,
  ) {}

  /** Shows what a task waits for and what waits for it, as far as the actor may see it. @throws TASK_NOT_FOUND */
  async list(actor: Actor, name: string): Promise<TaskDependencies> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const [blocked_by, blocks] = await Promise.all([
      related(this.database, actor, id, 'depends_on_task_id', 'task_id'),
      related(this.database, actor, id, 'task_id', 'depends_on_task_id'),
    ]);
    return { task_id: id, blocked_by, blocks };
  }

  /**
   * Makes a task wait for another one; nothing changes when it does already.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VALIDATION_ERROR for a task of another project, for one that waits for
   * this task, and for one too many
   */
  async add(actor: Actor, name: string, dependsOn: string): Promise<TaskDependencies> {
    return this.change(actor, name, dependsOn, (present, id) => [...new Set([...present, id])]);
  }

  /** Lets a task wait for another one no more. @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED */
  async remove(actor: Actor, name: string, dependsOn: string): Promise<TaskDependencies> {
    return this.change(actor, name, dependsOn, (present, id) => present.filter((other) => other !== id));
  }

  private async change(
    actor: Actor,
    name: string,
    dependsOn: string,
    next: (present: string[], id: string) => string[],
  ): Promise<TaskDependencies> {
    const changed = await this.database.transaction(async (tx) => {
      const { id } = await requireTask(tx, actor, name, 'write', { lock: true });
      const other = await requireTask(tx, actor, dependsOn, 'read');
      const rows = await tx.query<{ id: string }>(
        'SELECT depends_on_task_id AS id FROM task_dependencies WHERE task_id = $1 ORDER BY id',
        [id],
      );
      const present = rows.map((row) => row.id);
      const dependencies = next(present, other.id);
      if (dependencies.length > maxDependencies)
        throw new AppError('VALIDATION_ERROR', {
          field: 'depends_on',
          issue: `A task waits for ${maxDependencies} others at most`,
        });
      if (dependencies.length !== present.length)
        await this.updates.updateIn(tx, actor, id, { dependencies });
      return id;
    });
    return this.list(actor, changed);
  }
}

/** Reads the tasks at the other end of the dependencies of a task. */
function related(
  db: Queryable,
  actor: Actor,
  taskId: string,
  other: 'task_id' | 'depends_on_task_id',
  own: 'task_id' | 'depends_on_task_id',
): Promise<RelatedTask[]> {
  return db.query<RelatedTask & Record<string, unknown>>(
    `SELECT t.id, task_ref(p.key, t.number, p.ref_digits) AS ref, t.project_id, t.title, t.status
       FROM task_dependencies d JOIN tasks t ON t.id = d.${other} JOIN projects p ON p.id = t.project_id ${memberJoin}
      WHERE d.${own} = $3 AND t.deleted_at IS NULL AND p.deleted_at IS NULL AND (NOT t.is_draft OR t.created_by = $1) AND ${visible}
      ORDER BY d.id LIMIT ${mostShown}`,
    [actor.id, actor.role === 'admin', taskId],
  );
}
