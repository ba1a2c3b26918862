import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { ActivityLog } from './activity-log.js';

/** Alerts of one kind are raised at most once in this time. */
const quietSeconds = 300;
/** The entity id of alerts, which have no row with an id. */
const alertEntity = '00000000-0000-8000-8000-000000000010';

/** Notifies administrators, and the webhooks that subscribe to `system.alert`, of what needs their attention. */
@Injectable()
export class SystemAlerts {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /**
   * Raises an alert, unless any process has raised one of the same kind in the last five minutes.
   * @param kind a stable name such as `worker_lost`
   */
  async raise(kind: string, message: string, details: Record<string, unknown> = {}): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [first] = await tx.query(
        `INSERT INTO system_settings (name, value) VALUES ($1, 'true')
         ON CONFLICT (name) DO UPDATE SET updated_at = now()
           WHERE system_settings.updated_at < now() - make_interval(secs => $2) RETURNING name`,
        [`alert:${kind}`, quietSeconds],
      );
      if (first) this.record(tx, kind, message, details);
    });
  }

  /** Raises an alert within the caller's transaction, however many of its kind there were before. */
  record(tx: Transaction, kind: string, message: string, details: Record<string, unknown>): void {
    const data = { kind, level: 'warning', message, details };
    this.activity.record(tx, {
      actor: null,
      entityType: 'system',
      entityId: alertEntity,
      action: 'alert',
      newValue: data,
      event: { name: 'system.alert', data },
    });
    this.events.emitAfter(tx, 'notification', {
      user_id: null,
      role: 'admin',
      project_id: null,
      room: 'system',
      level: 'warning',
      title: 'System alert',
      message,
      actions: [{ label: 'Dismiss', action: 'dismiss' }],
    });
  }
}
