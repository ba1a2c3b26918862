import { z } from 'zod';
import type { WebhookDelivery } from '../activity/webhook-delivery.entity.js';
import { id, instant, toInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../common/pagination.js';

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

export const deliveryListQuery = pageQuery().extend({
  status: z.enum(statuses).optional(),
  event: z.string().max(100).optional(),
});
export type DeliveryListQuery = z.output<typeof deliveryListQuery>;
export const deliveryPageSchema = pageSchema(deliverySchema).meta({ id: 'WebhookDeliveryPage' });
