import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { confirmActor } from '../users/actor.queries.js';
import { ProjectAccess } from './project-access.js';
import { ProjectKeysService } from './project-keys.service.js';

/** A deleted project: when that was, and the key that it had. */
interface RemovedProject extends Record<string, unknown> {
  id: string;
  name: string;
  key: string;
  status: string;
  agent_id: string | null;
  deleted_at: Date;
}

/** Deletes projects: softly, or for good. */
@Injectable()
export class ProjectRemoval {
  constructor(
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly keys: ProjectKeysService,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /**
   * Deletes a project: it and its tasks become invisible at once, and its key is free.
   * @param permanent whether its rows are removed too, which `ProjectErasure` in `tasks/project-erasure.service.ts` does in the background
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED for who does not own it, RESOURCE_IN_USE while tasks of it are queued, running or
   * claimed, and for the backlog of an agent; PROJECT_NOT_ARCHIVED when a project that is not archived is to be deleted for good
   */
  async remove(
    actor: Actor,
    project: string,
    permanent: boolean,
  ): Promise<{ message: string; deleted_at: string }> {
    const removed = await this.database.transaction((tx) =>
      permanent ? this.eraseIn(tx, actor, project) : this.hideIn(tx, actor, project),
    );
    return { message: 'Project deleted successfully', deleted_at: toInstant(removed.deleted_at) };
  }

  private async hideIn(tx: Transaction, actor: Actor, project: string): Promise<RemovedProject> {
    const { id } = await this.access.require(actor, project, 'own', tx);
    const removed = await markDeleted(tx, id);
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: id,
      projectId: id,
      action: 'deleted',
    });
    this.events.emitAfter(tx, 'project.changed', { project_id: id });
    return removed;
  }

  /** Does what must be done at once: nobody sees or reaches the project any more, and what is left of it is found by `ProjectErasure`. */
  private async eraseIn(tx: Transaction, actor: Actor, project: string): Promise<RemovedProject> {
    const { id } = await this.access.require(await confirmActor(tx, actor), project, 'own', tx);
    const removed = await markDeleted(tx, id);
    const { name, key, status } = removed;
    if (status !== 'archived') throw new AppError('PROJECT_NOT_ARCHIVED', { project_id: id, status });
    await this.keys.revokeAllIn(tx, actor, id);
    // what waits to be delivered is not sent any more
    await tx.query(
      'UPDATE webhooks SET deleted_at = now(), active = false WHERE project_id = $1 AND deleted_at IS NULL',
      [id],
    );
    await tx.query('INSERT INTO erased_projects (id) VALUES ($1)', [id]);
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: id,
      projectId: id,
      action: 'erased',
      oldValue: { name, key },
    });
    this.events.emitAfter(tx, 'project.changed', { project_id: id });
    this.events.emitAfter(tx, 'project.erased', { project_id: id });
    return removed;
  }
}

/** Marks a project as deleted and frees its key. @returns the project as it was before @throws PROJECT_NOT_FOUND, RESOURCE_IN_USE */
async function markDeleted(tx: Transaction, id: string): Promise<RemovedProject> {
  // a changed key waits for requests that store an execution in the project, which hold a lock of it
  const [project] = await tx.query<RemovedProject>(
    `WITH before AS (SELECT id, key FROM projects WHERE id = $1 AND deleted_at IS NULL FOR UPDATE)
     UPDATE projects p SET deleted_at = now(), key = p.key || '~' || p.id, version = version + 1 FROM before
      WHERE p.id = before.id RETURNING p.id, p.name, before.key, p.status, p.agent_id, p.deleted_at`,
    [id],
  );
  if (!project) throw new AppError('PROJECT_NOT_FOUND', { project_id: id });
  await tx.query(
    `UPDATE schedules SET deleted_at = now(), enabled = false, next_at = NULL, due_at = NULL WHERE project_id = $1 AND deleted_at IS NULL`,
    [id],
  );
  if (project.agent_id !== null)
    throw new AppError(
      'RESOURCE_IN_USE',
      { project_id: id, agent_id: project.agent_id },
      { message: 'The project is the backlog of an agent: delete the agent instead' },
    );
  const [active] = await tx.query(
    `SELECT 1 FROM executions WHERE project_id = $1 AND status IN ('queued', 'running')
      UNION ALL SELECT 1 FROM claims c JOIN tasks t ON t.id = c.task_id WHERE t.project_id = $1 LIMIT 1`,
    [id],
  );
  if (active)
    throw new AppError(
      'RESOURCE_IN_USE',
      { project_id: id },
      { message: 'Tasks of the project are queued, running or claimed' },
    );
  return project;
}
