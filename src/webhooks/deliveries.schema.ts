import { z } from 'zod';
import type { WebhookDelivery } from '../activity/webhook-delivery.entity.js';
import { webhookEvents } from '../activity/webhook-events.js';
import { id, instant, listOf, toInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { requestBody } from './delivery-request.js';

const statuses = ['pending', 'delivered', 'failed'] as const;

export const deliverySchema = z
  .object({
    id,
    webhook_id: id,
    sequence: z.int(),
    event: z.string(),
    data: z.record(z.string(), z.unknown()),
    status: z.enum(statuses),
    attempts: z.int().meta({ description: 'The number of attempts so far' }),
    response_status: z.int().nullable(),
    response_body: z.string().nullable().meta({ description: 'The first 4 KiB of the last response' }),
    error: z.string().nullable().meta({ description: 'The error of the last attempt' }),
    duration_ms: z.int().nullable().meta({ description: 'The duration of the last attempt' }),
    created_at: instant,
    last_attempt_at: instant.nullable(),
    next_attempt_at: instant.nullable().meta({
      description:
        'The time of the next attempt; while it is being sent, the time of a repetition if the server crashes',
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
    response_body: z.string().nullable().meta({ description: 'The first 500 characters of the response' }),
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
        body: z.string().meta({ description: 'The body of every attempt as text' }),
      })
      .nullable()
      .meta({ description: 'The request of the last attempt; null before the end of the first' }),
    tries: z.array(trySchema).meta({ description: 'The last 25 attempts, oldest first' }),
  })
  .meta({ id: 'WebhookDeliveryDetail' });
export type DeliveryDetail = z.output<typeof deliveryDetailSchema>;

export function toDeliveryDetail(delivery: WebhookDelivery): DeliveryDetail {
  const { request_url: url, request_headers: headers, tries } = delivery;
  const request =
    url === null || headers === null
      ? null
      : { method: 'POST' as const, url, headers, body: requestBody(delivery) };
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
      .meta({ description: 'The exclusive end of the time window; now by default' }),
    events: listOf(z.enum(webhookEvents), { least: 1, most: webhookEvents.length })
      .optional()
      .meta({ description: 'The events to send again; all by default' }),
    status: z
      .enum(ended)
      .optional()
      .meta({ description: 'Whether to send only delivered or only failed ones again' }),
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
    replayed: z
      .int()
      .meta({ description: 'The number of deliveries that are sent again, at most 5000 for one request' }),
    next_from: instant
      .nullable()
      .meta({ description: 'The `from` of the next request; null when the window is complete' }),
  })
  .meta({ id: 'WebhookReplay' });
export type ReplayResult = z.output<typeof replayResultSchema>;

export const deliveryListQuery = pageQuery().extend({
  status: z.enum(statuses).optional().meta({ description: 'Deliveries in this state' }),
  event: z.string().max(100).optional().meta({ description: 'Deliveries of this event, by its exact name' }),
});
export type DeliveryListQuery = z.output<typeof deliveryListQuery>;
export const deliveryPageSchema = pageSchema(deliverySchema).meta({ id: 'WebhookDeliveryPage' });
