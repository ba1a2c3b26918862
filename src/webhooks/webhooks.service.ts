import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog, type ActivityEntry } from '../activity/activity-log.js';
import type { Webhook } from '../activity/webhook.entity.js';
import { AppError } from '../common/errors.js';
import { Keyring, placeOfWebhook } from '../common/keyring.js';
import { toInstant } from '../common/fields.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { lockCount } from '../infra/count-lock.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from '../projects/project-access.js';
import { accessRole, memberJoin } from '../projects/projects.queries.js';
import { confirmActor } from '../users/actor.queries.js';
import { targetFault } from './target-address.js';
import { WebhookAccess } from './webhook-access.js';
import { makeSecret, rotationMs } from './webhook-secret.js';
import {
  toWebhook,
  type CreateWebhook,
  type UpdateWebhook,
  type WebhookListQuery,
  type WebhookView,
  type WebhookWithSecret,
} from './webhooks.schema.js';

/** The number of webhooks of a project, and of those without one: each event is matched against all of them. */
const maxWebhooks = 50;

@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: Database,
    private readonly access: WebhookAccess,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Creates a webhook. Its secret is only returned by this call.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, AUTH_INSUFFICIENT_PERMISSIONS; VALIDATION_ERROR for a URL that
   * is refused; RESOURCE_LIMIT_EXCEEDED beyond 50 webhooks of a project
   */
  async create(actor: Actor, input: CreateWebhook): Promise<WebhookWithSecret> {
    this.checkUrl(input.url);
    const { url, events, description, active, secret = makeSecret() } = input;
    const id = newId();
    const sealed = this.keyring.seal(placeOfWebhook(id), secret);
    return this.database.transaction(async (tx) => {
      const projectId = await this.access.requireScope(await confirmActor(tx, actor), input.project_id, tx);
      const counting = lockCount(tx, 'webhooks', projectId ?? 'everything');
      const inserting = tx.query<Webhook>(
        `INSERT INTO webhooks (id, project_id, url, description, events, sealed_secret, active, created_by)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE (SELECT count(*) FROM webhooks WHERE project_id IS NOT DISTINCT FROM $2 AND deleted_at IS NULL) < $9
         RETURNING *`,
        [id, projectId, url, description, events, sealed, active, actor.id, maxWebhooks],
      );
      const [, [webhook]] = await Promise.all([counting, inserting]);
      if (!webhook)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: maxWebhooks, resource: 'webhooks' });
      const newValue = recordable({ url, events, description, active });
      this.record(tx, actor, webhook, { action: 'created', newValue });
      return { ...toWebhook(webhook), secret };
    });
  }

  /** Lists the webhooks the actor may manage. @throws PROJECT_NOT_FOUND when the actor cannot see the requested project */
  async list(actor: Actor, query: WebhookListQuery, url: string): Promise<Page<WebhookView>> {
    const window = new PageWindow(query, url, [['w.id', 'id']]);
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const bind = (value: unknown) => `$${values.push(value)}`;
    let condition = 'w.deleted_at IS NULL';
    if (query.project_id !== undefined) {
      const { id } = await this.projects.require(actor, query.project_id, 'read');
      condition += ` AND w.project_id = ${bind(id)}`;
    }
    const from = `FROM webhooks w LEFT JOIN projects p ON p.id = w.project_id AND p.deleted_at IS NULL ${memberJoin}
      WHERE ${condition} AND CASE WHEN w.project_id IS NULL THEN $2 ELSE p.id IS NOT NULL AND ${accessRole} = 'owner' END`;
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const rows = await this.database.query<Webhook>(
      `SELECT w.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toWebhook);
  }

  /** Returns a webhook. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async get(actor: Actor, id: string): Promise<WebhookView> {
    return toWebhook(await this.access.require(actor, id));
  }

  /** Updates a webhook. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, VERSION_CONFLICT; VALIDATION_ERROR for a refused URL */
  async update(actor: Actor, id: string, input: UpdateWebhook, ifMatch?: number): Promise<WebhookView> {
    const { version, ...changes } = input;
    if (changes.url !== undefined) this.checkUrl(changes.url);
    return this.database.transaction(async (tx) => {
      const webhook = await this.access.require(await confirmActor(tx, actor), id, tx);
      checkVersion(webhook.version, version, ifMatch);
      const next = { ...webhook, ...changes };
      const [stored] = await tx.query<Webhook>(
        `UPDATE webhooks SET url = $2, events = $3, description = $4, active = $5, updated_at = now(), version = version + 1,
                failing_since = CASE WHEN $6 THEN NULL ELSE failing_since END,
                disabled_at = CASE WHEN $5 THEN NULL ELSE disabled_at END,
                disabled_reason = CASE WHEN $5 THEN NULL ELSE disabled_reason END
          WHERE id = $1 RETURNING *`,
        [id, next.url, next.events, next.description, next.active, isFreshStart(webhook, next)],
      );
      const keys = Object.keys(changes) as (keyof typeof changes)[];
      const oldValue = recordable(Object.fromEntries(keys.map((key) => [key, webhook[key]])));
      this.record(tx, actor, webhook, { action: 'updated', oldValue, newValue: recordable(changes) });
      return toWebhook(stored!);
    });
  }

  /** Deletes a webhook softly. Its pending deliveries are not sent. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async remove(actor: Actor, id: string): Promise<{ message: string; deleted_at: string }> {
    return this.database.transaction(async (tx) => {
      const webhook = await this.access.require(actor, id, tx);
      const [row] = await tx.query<{ deleted_at: Date }>(
        `UPDATE webhooks SET deleted_at = now(), active = false, updated_at = now(), version = version + 1
          WHERE id = $1 RETURNING deleted_at`,
        [id],
      );
      this.record(tx, actor, webhook, { action: 'deleted' });
      return { message: 'Webhook deleted successfully', deleted_at: toInstant(row!.deleted_at) };
    });
  }

  /**
   * Replaces the secret of a webhook; the new one is only returned by this call. Messages carry both signatures for 24 hours.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, VERSION_CONFLICT
   */
  async rotate(actor: Actor, id: string, given?: string, ifMatch?: number): Promise<WebhookWithSecret> {
    const secret = given ?? makeSecret();
    return this.database.transaction(async (tx) => {
      const webhook = await this.access.require(await confirmActor(tx, actor), id, tx);
      checkVersion(webhook.version, ifMatch);
      const [stored] = await tx.query<Webhook>(
        `UPDATE webhooks SET previous_secret = secret, sealed_previous_secret = sealed_secret, secret = NULL, sealed_secret = $2,
                previous_secret_expires_at = now() + $3 * interval '1 millisecond', updated_at = now(), version = version + 1
          WHERE id = $1 RETURNING *`,
        [id, this.keyring.seal(placeOfWebhook(id), secret), rotationMs],
      );
      this.record(tx, actor, webhook, { action: 'secret_rotated' });
      return { ...toWebhook(stored!), secret };
    });
  }

  private checkUrl(url: string): void {
    const issue = targetFault(url, this.infrastructure.config.WEBHOOK_ALLOW_PRIVATE);
    if (issue !== undefined) throw new AppError('VALIDATION_ERROR', { field: 'url', issue });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    webhook: Webhook,
    entry: Pick<ActivityEntry, 'action' | 'oldValue' | 'newValue'>,
  ): void {
    this.activity.record(tx, {
      actor,
      entityType: 'webhook',
      entityId: webhook.id,
      projectId: webhook.project_id,
      ...entry,
    });
  }
}

/** Whether the failures of a webhook are reset, since it has a new URL or is activated again. */
function isFreshStart(before: Webhook, after: Webhook): boolean {
  return before.url !== after.url || (after.active && !before.active);
}

/** Removes the path of a URL for the activity log, whose readers may not all manage webhooks: many services put a secret into the path. */
function recordable<T extends { url?: string | undefined }>(values: T): T {
  return values.url === undefined ? values : { ...values, url: new URL(values.url).origin };
}
