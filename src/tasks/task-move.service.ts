import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { canSee } from '../projects/projects.queries.js';
import { moveFilesOfTask } from './attached-files.js';
import { recordTaskChange } from './task-activity.js';
import { TaskNumbers } from './task-numbers.js';
import { refuseClaimed } from './task-claims.queries.js';
import { refOf, takenRef } from './task-ref.js';
import { hasRoom, refuseFullTasks } from './task-room.js';
import { requireTask, type AccessibleTask } from './tasks.queries.js';
import { toTask, type TaskView } from './tasks.schema.js';
import { TasksService } from './tasks.service.js';

/** Moves tasks from one project to another. */
@Injectable()
export class TaskMoveService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly numbers: TaskNumbers,
    private readonly tasks: TasksService,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Moves a task to another project, where it gets a ref of its own; the one of before goes on naming it. Its dependencies and its children
   * stay; it is a part of no other task then, and an assignee who cannot see the project is cleared. Runs and their output stay where they
   * were, since they may show secrets of their project.
   * @param target the id or key of a project
   * @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, RESOURCE_IN_USE while it is queued or running, TASK_ALREADY_CLAIMED,
   * PROJECT_LIMIT_EXCEEDED, RESOURCE_ALREADY_EXISTS when a task there has its `external_ref`
   */
  async move(actor: Actor, name: string, target: string): Promise<TaskView> {
    const { id: projectId, key, ref_digits } = await this.projects.require(actor, target, 'write');
    const current = await requireTask(this.database, actor, name, 'write');
    if (current.project_id === projectId) return toTask(current);
    const number = await this.numbers.next(actor, projectId);
    if (number === undefined) throw new AppError('PROJECT_NOT_FOUND', { project_id: target });
    return this.database.transaction(async (tx) => {
      const before = await requireTask(tx, actor, current.id, 'write', { lock: true });
      const project = await this.projects.require(actor, projectId, 'write', tx);
      if (before.project_id === projectId) return toTask(before);
      await this.tasks.refuseActive(tx, before.id, 'RESOURCE_IN_USE');
      await refuseClaimed(tx, before);
      if (!before.is_draft && before.archived_at === null) await hasRoom(tx, { project_id: projectId });
      const keepsAssignee =
        before.assigned_to !== null && (await canSee(tx, before.assigned_to, projectId)) === true;
      const moved = {
        project_id: projectId,
        number,
        parent_id: null,
        assigned_to: keepsAssignee ? before.assigned_to : null,
      };
      const [row] = await tx
        .query<Pick<AccessibleTask, 'updated_at' | 'version' | 'tags'>>(
          `UPDATE tasks SET project_id = $2, number = $3, parent_id = NULL, assigned_to = $4, tags = attach_labels($2, $5, tags), updated_at = now(), version = version + 1
            WHERE id = $1 RETURNING updated_at, version, tags`,
          [before.id, projectId, number, moved.assigned_to, actor.id],
        )
        .catch((error: unknown) => {
          throw takenRef(error, before.external_ref) ?? error;
        });
      await moveFilesOfTask(tx, before.id, project);
      await refuseFullTasks(tx, projectId);
      await tx.query('INSERT INTO former_refs (project_id, number, task_id) VALUES ($1, $2, $3)', [
        before.project_id,
        before.number,
        before.id,
      ]);
      const after = toTask({ ...before, ...moved, ...row!, key, ref_digits });
      this.record(tx, actor, before, after);
      return after;
    });
  }

  private record(tx: Transaction, actor: Actor, before: AccessibleTask, after: TaskView): void {
    const { id, project_id, ref, title, status, progress_percentage, updated_at } = after;
    const formerRef = refOf(before);
    recordTaskChange(this.activity, tx, after, {
      actor,
      action: 'moved',
      oldValue: { project_id: before.project_id, ref: formerRef },
      newValue: { project_id, ref },
      event: { name: 'task.updated', data: { task_id: id, project_id, ref, title, status, moved: true } },
      task: { status, progress_percentage, updated_at },
    });
    if (after.is_draft) return;
    // the project that it left hears that it is gone, and not where to
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: before.project_id,
      projectId: before.project_id,
      action: 'task_moved_away',
      oldValue: { task_id: id, ref: formerRef },
      event: {
        name: 'task.updated',
        data: { task_id: id, project_id: before.project_id, ref: formerRef, title, status, moved_away: true },
      },
    });
  }
}
