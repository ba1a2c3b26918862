import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { confirmActor, endClaims } from '../users/actor.queries.js';
import { ProjectAccess } from './project-access.js';
import type { MemberRole, MemberView } from './projects.schema.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  async list(actor: Actor, project: string): Promise<{ members: MemberView[] }> {
    const { id } = await this.access.require(actor, project, 'read');
    const rows = await this.database.query<Omit<MemberView, 'created_at'> & { created_at: Date }>(
      `SELECT m.user_id, u.username, u.full_name, m.role, m.created_at
         FROM project_members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1 AND u.kind <> 'key' ORDER BY u.username`,
      [id],
    );
    return { members: rows.map((row) => ({ ...row, created_at: toInstant(row.created_at) })) };
  }

  /**
   * Adds a member or changes its role. The runs of a member who becomes a viewer are cancelled if they have not started.
   * @throws RESOURCE_NOT_FOUND when the user does not exist
   */
  async set(
    actor: Actor,
    project: string,
    userId: string,
    role: MemberRole,
  ): Promise<{ members: MemberView[] }> {
    const id = await this.database.transaction(async (tx) => {
      const projectId = await this.requireOwn(tx, actor, project);
      const rows = await tx.query(
        `INSERT INTO project_members (project_id, user_id, role) SELECT $1, id, $3 FROM users WHERE id = $2 AND kind <> 'key'
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role RETURNING user_id`,
        [projectId, userId, role],
      );
      if (rows.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { user_id: userId });
      const newValue = { user_id: userId, role };
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: projectId,
        projectId,
        action: 'member_set',
        newValue,
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: projectId });
      if (role === 'viewer') await this.restrict(tx, userId, projectId);
      return projectId;
    });
    return this.list(actor, id);
  }

  /** Removes a member and cancels its runs that have not started. @throws RESOURCE_NOT_FOUND when the user is not a member */
  async remove(actor: Actor, project: string, userId: string): Promise<{ members: MemberView[] }> {
    const id = await this.database.transaction(async (tx) => {
      const projectId = await this.requireOwn(tx, actor, project);
      const rows = await tx.query(
        `DELETE FROM project_members m USING users u
          WHERE m.project_id = $1 AND m.user_id = $2 AND u.id = m.user_id AND u.kind <> 'key' RETURNING m.role`,
        [projectId, userId],
      );
      if (rows.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { user_id: userId });
      const oldValue = { user_id: userId };
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: projectId,
        projectId,
        action: 'member_removed',
        oldValue,
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: projectId });
      await this.restrict(tx, userId, projectId);
      return projectId;
    });
    return this.list(actor, id);
  }

  /** Ends what a user who may not write in a project any more has begun there: claims, and runs that have not started. */
  private async restrict(tx: Transaction, userId: string, projectId: string): Promise<void> {
    await endClaims(tx, userId, projectId);
    this.events.emitAfter(tx, 'user.restricted', { user_id: userId, project_id: projectId });
  }

  /**
   * Checks that the actor owns a project, and locks the project until the transaction ends. The lock serializes changes of members, so
   * that two owners cannot remove each other.
   * @returns the id of the project
   */
  private async requireOwn(tx: Transaction, actor: Actor, project: string): Promise<string> {
    const confirmed = await confirmActor(tx, actor);
    const { id } = await this.access.require(confirmed, project, 'own', tx);
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [id]);
    await this.access.require(confirmed, id, 'own', tx);
    return id;
  }
}
