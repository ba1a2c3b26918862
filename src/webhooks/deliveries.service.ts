import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import type { WebhookDelivery } from '../activity/webhook-delivery.entity.js';
import type { Webhook } from '../activity/webhook.entity.js';
import { Actors } from '../auth/actors.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { countSome, Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import {
  listedColumns,
  toDelivery,
  toDeliveryDetail,
  type DeliveryDetail,
  type DeliveryListQuery,
  type DeliveryView,
  type Replay,
  type ReplayResult,
} from './deliveries.schema.js';
import { replayWindow } from './outbox.queries.js';
import { testEvent } from './outcome.js';
import { WebhookAccess } from './webhook-access.js';

const testWaitMs = 5_000;
/** The pauses between two looks at the result of a test message: about a dozen in the whole time. */
const lookMs = { first: 50, most: 1_000 };

@Injectable()
export class DeliveriesService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly access: WebhookAccess,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly actors: Actors,
    private readonly turns: RequestTurns,
  ) {}

  /** Lists the deliveries of a webhook. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async list(
    actor: Actor,
    webhookId: string,
    query: DeliveryListQuery,
    url: string,
  ): Promise<Page<DeliveryView>> {
    const window = new PageWindow(query, url, [['sequence', 'sequence']]);
    await this.access.require(actor, webhookId);
    const values: unknown[] = [webhookId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    let from = 'FROM webhook_deliveries WHERE webhook_id = $1';
    if (query.status !== undefined) from += ` AND status = ${bind(query.status)}`;
    if (query.event !== undefined) from += ` AND event = ${bind(query.event)}`;
    return this.heavy.read(actor, async (tx) => {
      const total = window.total ?? (await countSome(tx, from, [...values]));
      const rows = await tx.query<WebhookDelivery>(
        `SELECT ${listedColumns} ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
        values,
      );
      return window.toPage(rows, total, toDelivery);
    });
  }

  /**
   * Returns a delivery with its request and the log of its attempts.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED
   */
  async get(actor: Actor, webhookId: string, deliveryId: string): Promise<DeliveryDetail> {
    await this.access.require(actor, webhookId);
    return toDeliveryDetail(await this.find(webhookId, deliveryId));
  }

  /**
   * Sends a test message through the outbox like all messages, even to an inactive webhook, and waits up to 5 s for the result. It is
   * attempted once. Between the looks at the result it holds neither a turn nor a database connection.
   * @param gone ends the wait, when the client has disconnected; the message is sent all the same
   * @returns the delivery, which is still pending when the receiver takes longer
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, also when the access ends meanwhile; the errors of `Actors.confirm`
   */
  async test(actor: Actor, webhookId: string, gone: AbortSignal): Promise<DeliveryView> {
    const id = newId();
    const send = async (tx: Transaction, now: Actor) => {
      const webhook = await this.access.require(now, webhookId, tx);
      const data = { message: 'A test message of Millrace', requested_by: actor.id };
      await tx.query(
        'INSERT INTO webhook_deliveries (id, webhook_id, event, data, next_attempt_at) VALUES ($1, $2, $3, $4, now())',
        [id, webhookId, testEvent, data],
      );
      this.record(tx, now, webhook, 'tested', { delivery_id: id });
    };
    await this.turns.take(actor, async () => {
      const now = await this.actors.confirm(actor, 'write');
      return this.database.transaction((tx) => send(tx, now));
    });
    const deadline = Date.now() + testWaitMs;
    for (let pause = lookMs.first; ; pause = Math.min(pause * 1.5, lookMs.most)) {
      await sleep(Math.min(pause, deadline - Date.now()), undefined, { signal: gone }).catch(() => undefined);
      const delivery = await this.turns.take(actor, async () => {
        await this.access.require(await this.actors.recheck(actor), webhookId);
        return this.find(webhookId, id);
      });
      if (delivery.status !== 'pending' || gone.aborted || Date.now() >= deadline)
        return toDelivery(delivery);
    }
  }

  /**
   * Sends a delivery again, with the same id and bytes, in a new series of attempts.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED; RESOURCE_IN_USE when the webhook is not active
   */
  async redeliver(actor: Actor, webhookId: string, deliveryId: string): Promise<DeliveryView> {
    await this.database.transaction(async (tx) => {
      const webhook = await this.access.require(actor, webhookId, tx);
      const rows = await tx.query(
        `UPDATE webhook_deliveries SET status = 'pending', attempts_before = attempts, next_attempt_at = now(),
                delivered_at = NULL
          WHERE id = $1 AND webhook_id = $2 RETURNING id`,
        [deliveryId, webhookId],
      );
      if (rows.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { delivery_id: deliveryId });
      requireActive(webhook);
      this.record(tx, actor, webhook, 'redelivered', { delivery_id: deliveryId });
    });
    return toDelivery(await this.find(webhookId, deliveryId));
  }

  /**
   * Sends all finished deliveries of a time window again, oldest first, with the same ids and bytes; at most 5,000 at a call.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED; RESOURCE_IN_USE when the webhook is not active
   */
  async replay(actor: Actor, webhookId: string, window: Replay): Promise<ReplayResult> {
    const replay = async (tx: Transaction, now: Actor): Promise<ReplayResult> => {
      const webhook = await this.access.require(now, webhookId, tx);
      requireActive(webhook);
      const { replayed, nextFrom } = await replayWindow(tx, webhookId, window);
      const next_from = toInstant(nextFrom);
      if (replayed > 0) this.record(tx, now, webhook, 'replayed', { ...window, replayed, next_from });
      return { replayed, next_from };
    };
    return this.heavy.write(actor, (now) => this.database.transaction((tx) => replay(tx, now)));
  }

  private record(
    tx: Transaction,
    actor: Actor,
    webhook: Webhook,
    action: string,
    newValue: Record<string, unknown>,
  ): void {
    const { id: entityId, project_id: projectId } = webhook;
    this.activity.record(tx, { actor, entityType: 'webhook', entityId, projectId, action, newValue });
    this.events.emitAfter(tx, 'webhooks.pending', { count: 1 });
  }

  private async find(webhookId: string, id: string): Promise<WebhookDelivery> {
    const [row] = await this.database.query<WebhookDelivery>(
      'SELECT * FROM webhook_deliveries WHERE id = $1 AND webhook_id = $2',
      [id, webhookId],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { delivery_id: id });
    return row;
  }
}

function requireActive({ id, active }: Webhook): void {
  if (active) return;
  throw new AppError('RESOURCE_IN_USE', { webhook_id: id }, { message: 'The webhook is not active' });
}
