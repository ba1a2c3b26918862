import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { Database } from '../infra/database.js';
import type { TakenDelivery } from './outbox.queries.js';

/** Switches off the webhooks whose receiver answered 410. */
@Injectable()
export class WebhookSwitch {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
  ) {}

  /** Nothing happens when the webhook has been given another URL since. */
  async switchOff({ webhook_id: id, url }: TakenDelivery): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [webhook] = await tx.query<{ project_id: string | null }>(
        `UPDATE webhooks SET active = false, updated_at = now(), version = version + 1
          WHERE id = $1 AND url = $2 AND active AND deleted_at IS NULL RETURNING project_id`,
        [id, url],
      );
      if (!webhook) return;
      this.activity.record(tx, {
        actor: null,
        entityType: 'webhook',
        entityId: id,
        projectId: webhook.project_id,
        action: 'deactivated',
        oldValue: { active: true },
        newValue: { active: false, reason: 'The receiver answered 410 Gone' },
      });
    });
  }
}
