import { Injectable } from '@nestjs/common';
import type { Webhook } from '../activity/webhook.entity.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';

/** A webhook is managed by whoever owns its project; one that hears of everything, by administrators. */
@Injectable()
export class WebhookAccess {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
  ) {}

  /**
   * Loads a webhook to manage it.
   * @param tx when given, the row stays locked until it ends
   * @throws RESOURCE_NOT_FOUND for what the actor may not see, PROJECT_ACCESS_DENIED for who sees the project but does
   * not own it
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
   * The project a new webhook is for; null for everything.
   * @param tx that makes it
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED; AUTH_INSUFFICIENT_PERMISSIONS when only an administrator may
   */
  async requireScope(actor: Actor, project: string | null, tx: Queryable): Promise<string | null> {
    if (project !== null) return (await this.projects.require(actor, project, 'own', tx)).id;
    if (actor.role !== 'admin')
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'admin', field: 'project_id' });
    return null;
  }
}
