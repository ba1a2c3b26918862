import { z } from 'zod';
import type { WebhookDelivery } from '../activity/webhook-delivery.entity.js';
import { webhookEvents } from '../activity/webhook-events.js';
import { id, instant, toInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { messageBody } from './message.js';

const statuses = ['pending', 'delivered', 'failed'] as const;

export const deliverySchema = z
  .object({
    id,
    webhook_id: id,
    sequence: z.int(),
    event: z.string(),
    data: z.record(z.string(), z.unknown()),
    status: z.enum(statuses),
    attempts: z.int().meta({ description: 'Tries begun so far' }),
    response_status: z.int().nullable(),
    response_body: z.string().nullable().meta({ description: 'The first 4 KiB of the last answer' }),
    error: z.string().nullable().meta({ description: 'Why the last try failed' }),
    duration_ms: z.int().nullable().meta({ description: 'How long the last try took' }),
    created_at: instant,
    last_attempt_at: instant.nullable(),
    next_attempt_at: instant.nullable().meta({
      description: 'While it is being sent, when it would be sent again should the sender crash',
    }),
    delivered_at: instant.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type DeliveryView = z.output<typeof deliverySchema>;

export function toDelivery(delivery: WebhookDelivery): DeliveryView {
  const {
    id,
    webhook_id,
    event,
    data,
    status,
    attempts,
    response_status,
    response_body,
    error,
    duration_ms,
  } = delivery;
  return {
    id,
    webhook_id,
    sequence: Number(delivery.sequence),
    event,
    data,
    status,
    attempts,
    response_status,
    response_body,
    error,
    duration_ms,
    created_at: toInstant(delivery.created_at),
    last_attempt_at: toInstant(delivery.last_attempt_at),
    next_attempt_at: toInstant(delivery.next_attempt_at),
    delivered_at: toInstant(delivery.delivered_at),
  };
}

const trySchema = z
  .object({
    attempt: z.int(),
    at: instant,
    duration_ms: z.int(),
    response_status: z.int().nullable(),
    response_body: z.string().nullable().meta({ description: 'The first 500 characters of the answer' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDeliveryTry' });

export const deliveryDetailSchema = deliverySchema
  .extend({
    request: z
      .object({
        method: z.literal('POST'),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string().meta({ description: 'The bytes of every try, as text' }),
      })
      .nullable()
      .meta({ description: 'What the last try sent; null before the first has ended' }),
    tries: z.array(trySchema).meta({ description: 'The last 25 tries, oldest first' }),
  })
  .meta({ id: 'WebhookDeliveryDetail' });
export type DeliveryDetail = z.output<typeof deliveryDetailSchema>;

export function toDeliveryDetail(delivery: WebhookDelivery): DeliveryDetail {
  const { request_url: url, request_headers: headers, tries } = delivery;
  const request =
    url === null || headers === null
      ? null
      : { method: 'POST' as const, url, headers, body: messageBody(delivery) };
  return { ...toDelivery(delivery), request, tries };
}

/** The columns of lists, without the log of attempts, which can be long. */
export const listedColumns = `id, webhook_id, sequence, event, data, status, attempts, response_status, response_body, error,
  duration_ms, created_at, last_attempt_at, next_attempt_at, delivered_at`;

const ended = statuses.filter((status) => status !== 'pending');

export const replaySchema = z
  .object({
    from: instant.transform((text) => new Date(text)),
    to: instant
      .transform((text) => new Date(text))
      .optional()
      .meta({ description: 'Exclusive; now unless given' }),
    events: z
      .array(z.enum(webhookEvents))
      .min(1)
      .max(webhookEvents.length)
      .optional()
      .meta({ description: 'All events unless given' }),
    status: z.enum(ended).optional().meta({ description: 'Only what was delivered, or only what failed' }),
  })
  .refine(({ from, to }) => to === undefined || from < to, {
    path: ['to'],
    error: 'Send a time after `from`',
  })
  .meta({
    id: 'ReplayWebhook',
    examples: [{ from: '2026-07-30T12:00:00.000Z', to: '2026-07-30T18:00:00.000Z', status: 'failed' }],
  });
export type Replay = z.output<typeof replaySchema>;

export const replayResultSchema = z
  .object({
    replayed: z.int().meta({ description: 'How many are sent again, at most 5000 a call' }),
    next_from: instant
      .nullable()
      .meta({ description: 'Where the next call has to begin; null when the window is done' }),
  })
  .meta({ id: 'WebhookReplay' });
export type ReplayResult = z.output<typeof replayResultSchema>;

export const deliveryListQuery = pageQuery().extend({
  status: z.enum(statuses).optional().meta({ description: 'Deliveries in this state' }),
  event: z.string().max(100).optional().meta({ description: 'Deliveries of this event, by its exact name' }),
});
export type DeliveryListQuery = z.output<typeof deliveryListQuery>;
export const deliveryPageSchema = pageSchema(deliverySchema).meta({ id: 'WebhookDeliveryPage' });
