import { placeOfWebhook, type Keyring } from '../common/keyring.js';
import { version } from '../common/version.js';
import { SealedError } from '../common/secret-box.js';
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

/** The secrets that sign a delivery. */
export interface SigningSecrets {
  secret: string;
  previous: string | undefined;
}

/** @throws SealedError when this process does not have the key they were sealed with */
export function signingSecrets(delivery: TakenDelivery, keyring: Keyring): SigningSecrets {
  const place = placeOfWebhook(delivery.webhook_id);
  // a plain one is newer: of a process of before that still runs
  const read = (plain: string | null, sealed: Buffer | null) =>
    plain ?? (sealed === null ? undefined : keyring.open(place, sealed));
  const secret = read(delivery.secret, delivery.sealed_secret);
  if (secret === undefined) throw new SealedError('The webhook has no secret: rotate it');
  return { secret, previous: read(delivery.previous_secret, delivery.sealed_previous_secret) };
}

/** The headers of one try. @param now of this try, in milliseconds; receivers refuse what is older than five minutes */
export function messageHeaders(
  delivery: TakenDelivery,
  { secret, previous }: SigningSecrets,
  body: string,
  now: number,
): Record<string, string> {
  const timestamp = Math.floor(now / 1000);
  const secrets = previous === undefined ? [secret] : [secret, previous];
  return {
    'content-type': 'application/json',
    'user-agent': `Millrace/${version}`,
    'X-Signature-256': bodySignature(secret, body),
    // that header has room for one signature; whoever still checks with the replaced secret finds it here
    ...(previous === undefined ? {} : { 'X-Signature-256-Previous': bodySignature(previous, body) }),
    'X-Delivery-ID': delivery.id,
    'X-Event-Type': delivery.event,
    'webhook-id': delivery.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignature(secrets, delivery.id, timestamp, body),
  };
}
