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

/** A UUID of version 7 (RFC 9562 §5.7) made by Postgres, which has a function for it since version 18 only. */
const uuid7 = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

const insertActivity = `
  WITH recorded AS (
    INSERT INTO activity (id, actor_id, session_id, request_id, entity_type, entity_id, project_id, action, old_value, new_value)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING at
  ), pending AS (
    INSERT INTO webhook_deliveries (id, webhook_id, event, data, next_attempt_at)
    SELECT ${uuid7}, w.id, ($11::text[])[1], $12, now() FROM webhooks w
      JOIN users u ON u.id = w.created_by AND NOT u.disabled
     WHERE $11::text[] IS NOT NULL AND w.active AND w.deleted_at IS NULL AND w.events && $11::text[]
       AND ((w.project_id IS NULL AND u.role = 'admin')
         OR (w.project_id = $7 AND (u.role = 'admin'
           OR EXISTS (SELECT 1 FROM projects p WHERE p.id = $7 AND p.created_by = u.id)
           OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = $7 AND m.user_id = u.id AND m.role = 'owner'))))
    RETURNING 1
  )
  SELECT at, (SELECT count(*)::int FROM pending) AS pending FROM recorded`;

/** The one place where writes are written down; history, audit, resumption and webhooks are all read from it. */
@Injectable()
export class ActivityLog {
  constructor(private readonly events: Events) {}

  /**
   * Records a write and the webhook deliveries that follow from it, in the transaction of the write: with its commit, so that
   * it takes no round trip of its own. After the commit it is announced on the bus.
   */
  record(tx: Transaction, entry: ActivityEntry): void {
    const { actor, event } = entry;
    const id = uuid();
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    const values = [
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
      event ? json(event.data) : null,
    ];
    tx.atEnd<{ at: Date; pending: number }>(insertActivity, values, ([row]) => {
      recorded.at = row?.at.toISOString() ?? recorded.at;
      pending = row?.pending ?? 0;
    });
    let pending = 0;
    const recorded: ActivityEvent = {
      id,
      at: '',
      actor_id: actor?.id ?? null,
      session_id: actor?.sessionId ?? null,
      entity_type: entry.entityType,
      entity_id: entry.entityId,
      project_id: entry.projectId ?? null,
      action: entry.action,
      ...(entry.task ? { task: entry.task } : {}),
    };
    tx.afterCommit(() => {
      if (pending > 0) this.events.emit('webhooks.pending', { count: pending });
      this.events.emit('activity.recorded', recorded);
    });
  }
}
