import { Injectable } from '@nestjs/common';
import type { Webhook } from '../activity/webhook.entity.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';

/** Checks the rights on webhooks: those of a project are managed by its owners, those for all events by administrators. */
@Injectable()
export class WebhookAccess {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
  ) {}

  /**
   * Loads a webhook that the actor may manage.
   * @param tx locks the row until this transaction ends
   * @throws RESOURCE_NOT_FOUND when the actor may not see it, PROJECT_ACCESS_DENIED when the actor can see its project but
   * does not own it
   */
  async require(actor: Actor, id: string, tx?: Queryable): Promise<Webhook> {
    const db = tx ?? this.database;
    const [webhook] = await db.query<Webhook>(
      `SELECT * FROM webhooks WHERE id = $1 AND deleted_at IS NULL ${tx ? 'FOR UPDATE' : ''}`,
      [id],
    );
    const notFound = new AppError('RESOURCE_NOT_FOUND', { webhook_id: id });
    if (!webhook) throw notFound;
    if (webhook.project_id === null) {
      if (actor.role !== 'admin') throw notFound;
      return webhook;
    }
    try {
      await this.projects.require(actor, webhook.project_id, 'own', db);
    } catch (error) {
      throw error instanceof AppError && error.code === 'PROJECT_NOT_FOUND' ? notFound : error;
    }
    return webhook;
  }

  /**
   * Checks that the actor may create a webhook for a project, or for all events if it is null.
   * @param tx the transaction that creates the webhook
   * @returns the id of the project
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED; AUTH_INSUFFICIENT_PERMISSIONS for all events when the actor is not an administrator
   */
  async requireScope(actor: Actor, project: string | null, tx: Queryable): Promise<string | null> {
    if (project !== null) return (await this.projects.require(actor, project, 'own', tx)).id;
    if (actor.role !== 'admin')
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'admin', field: 'project_id' });
    return null;
  }
}
