import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { ActivityEvent } from '../common/event-map.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { WebhookEvent } from './webhook-events.js';

export interface ActivityEntry {
  /** Null when Millrace itself acts. */
  actor: Pick<Actor, 'id' | 'sessionId' | 'requestId'> | null;
  entityType:
    'user' | 'project' | 'task' | 'execution' | 'webhook' | 'session' | 'queue' | 'system' | 'token';
  entityId: string;
  projectId?: string | null | undefined;
  action: string;
  oldValue?: unknown;
  newValue?: unknown;
  /** The webhook event that follows from it, with the `data` of its message. */
  event?: { name: WebhookEvent; data: Record<string, unknown> } | undefined;
  /** For tasks: what sockets are told. */
  task?: ActivityEvent['task'];
}

const insertActivity = `
  WITH recorded AS (
    INSERT INTO activity (id, actor_id, session_id, request_id, entity_type, entity_id, project_id, action, old_value, new_value)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING sequence, at
  )
  SELECT recorded.at, array(
    SELECT w.id FROM webhooks w
      JOIN users u ON u.id = w.created_by AND NOT u.disabled
     WHERE $11::text[] IS NOT NULL AND w.active AND w.deleted_at IS NULL AND w.events && $11::text[]
       AND ($7::uuid IS NULL
         OR (w.project_id IS NULL AND u.role = 'admin')
         OR (w.project_id = $7 AND (u.role = 'admin'
           OR EXISTS (SELECT 1 FROM projects p WHERE p.id = $7 AND p.created_by = u.id)
           OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = $7 AND m.user_id = u.id AND m.role = 'owner'))))
  ) AS webhooks
  FROM recorded`;

const insertDeliveries = `
  INSERT INTO webhook_deliveries (id, webhook_id, event, data, next_attempt_at)
  SELECT d.id, d.webhook_id, $3, $4, now() FROM unnest($1::uuid[], $2::uuid[]) AS d (id, webhook_id)`;

/** The one place where writes are written down; history, audit, resumption and webhooks are all read from it. */
@Injectable()
export class ActivityLog {
  constructor(private readonly events: Events) {}

  /**
   * Records a write and the webhook deliveries that follow from it, in the transaction of the write. After the commit
   * it is announced on the bus.
   */
  async record(tx: Transaction, entry: ActivityEntry): Promise<void> {
    const { actor, event } = entry;
    const id = uuid();
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    const [row] = await tx.query<{ at: Date; webhooks: string[] }>(insertActivity, [
      id,
      actor?.id ?? null,
      actor?.sessionId ?? null,
      actor?.requestId ?? null,
      entry.entityType,
      entry.entityId,
      entry.projectId ?? null,
      entry.action,
      json(entry.oldValue),
      json(entry.newValue),
      event ? [event.name, `${event.name.split('.')[0]}.*`, '*'] : null,
    ]);
    const webhooks = row?.webhooks ?? [];
    if (event && webhooks.length > 0) {
      await tx.query(insertDeliveries, [webhooks.map(() => uuid()), webhooks, event.name, json(event.data)]);
      this.events.emitAfter(tx, 'webhooks.pending', { count: webhooks.length });
    }
    this.events.emitAfter(tx, 'activity.recorded', {
      id,
      at: (row?.at ?? new Date()).toISOString(),
      actor_id: actor?.id ?? null,
      session_id: actor?.sessionId ?? null,
      entity_type: entry.entityType,
      entity_id: entry.entityId,
      project_id: entry.projectId ?? null,
      action: entry.action,
      ...(entry.task ? { task: entry.task } : {}),
    });
  }
}
