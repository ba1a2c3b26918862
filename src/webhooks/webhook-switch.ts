import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import type { Webhook } from '../activity/webhook.entity.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { findLongFailing, recordHealth } from './receiver-health.queries.js';
import type { DeliveryResult, TakenDelivery } from './outbox.queries.js';

type DeactivatedWebhook = Pick<Webhook, 'project_id' | 'created_by' | 'failing_since'>;

/** Deactivates webhooks whose receiver is gone, by a 410 response or days of failures, and notifies their creators. */
@Injectable()
export class WebhookSwitch {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Deactivates a webhook after a 410 response, unless its URL was changed meanwhile. */
  async receiverGone({ webhook_id: id, url }: TakenDelivery): Promise<void> {
    await this.deactivate(id, url, 'The receiver answered 410 Gone');
  }

  /**
   * Records since when each receiver has failed, and deactivates the webhooks that have failed for `WEBHOOK_DISABLE_AFTER_DAYS`. An error
   * is only logged, since the next result is recorded in the same way.
   */
  async recordHealth(results: readonly DeliveryResult[]): Promise<void> {
    const { logger, config } = this.infrastructure;
    const days = config.WEBHOOK_DISABLE_AFTER_DAYS;
    try {
      const failed = await recordHealth(this.database, results);
      if (failed.length === 0 || days === 0) return;
      for (const { id, url } of await findLongFailing(this.database, failed, days))
        await this.deactivate(id, url, `The receiver has taken no message for ${days} days`);
    } catch (error) {
      logger.warn({ err: error }, 'the health of webhooks could not be noted');
    }
  }

  private async deactivate(id: string, url: string, reason: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [webhook] = await tx.query<DeactivatedWebhook>(
        `UPDATE webhooks SET active = false, disabled_at = now(), disabled_reason = $3, updated_at = now(),
                version = version + 1
          WHERE id = $1 AND url = $2 AND active AND deleted_at IS NULL RETURNING project_id, created_by, failing_since`,
        [id, url, reason],
      );
      if (!webhook) return;
      const { project_id, created_by, failing_since } = webhook;
      const message = `A webhook to ${new URL(url).host} was switched off. ${reason}.`;
      const details = { webhook_id: id, project_id, reason, failing_since };
      this.activity.record(tx, {
        actor: null,
        entityType: 'webhook',
        entityId: id,
        projectId: project_id,
        action: 'deactivated',
        oldValue: { active: true },
        newValue: { active: false, reason },
        event: {
          name: 'system.alert',
          data: { kind: 'webhook_disabled', level: 'warning', message, details },
        },
      });
      this.events.emitAfter(tx, 'notification', {
        user_id: created_by,
        project_id,
        room: 'webhooks',
        level: 'warning',
        title: 'Webhook switched off',
        message,
        actions: [
          { label: 'Dismiss', action: 'dismiss' },
          { label: 'View Details', action: 'view_details', url: `/api/webhooks/${id}` },
        ],
      });
    });
  }
}
