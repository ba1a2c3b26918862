import { version } from '../common/version.js';
import type { TakenDelivery } from './outbox.queries.js';
import { bodySignature, standardSignature } from './signature.js';

/**
 * The raw body of a delivery. It is made from what is stored and from nothing else, so every try sends the same bytes:
 * `timestamp` is when the event happened, not when it is sent.
 */
export function messageBody(
  delivery: Pick<TakenDelivery, 'id' | 'webhook_id' | 'event' | 'data' | 'sequence' | 'created_at'>,
): string {
  return JSON.stringify({
    event: delivery.event,
    timestamp: delivery.created_at.toISOString(),
    data: delivery.data,
    webhook_id: delivery.webhook_id,
    delivery_id: delivery.id,
    sequence: Number(delivery.sequence),
  });
}

/** The headers of one try. @param now of this try, in milliseconds; receivers refuse what is older than five minutes */
export function messageHeaders(delivery: TakenDelivery, body: string, now: number): Record<string, string> {
  const timestamp = Math.floor(now / 1000);
  const previous = delivery.previous_secret;
  const secrets = previous === null ? [delivery.secret] : [delivery.secret, previous];
  return {
    'content-type': 'application/json',
    'user-agent': `Millrace/${version}`,
    'X-Signature-256': bodySignature(delivery.secret, body),
    // that header has room for one signature; whoever still checks with the replaced secret finds it here
    ...(previous === null ? {} : { 'X-Signature-256-Previous': bodySignature(previous, body) }),
    'X-Delivery-ID': delivery.id,
    'X-Event-Type': delivery.event,
    'webhook-id': delivery.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignature(secrets, delivery.id, timestamp, body),
  };
}
