import { placeOfWebhook, type Keyring } from '../common/keyring.js';
import { version } from '../common/version.js';
import { SealedError } from '../common/secret-box.js';
import type { TakenDelivery } from './outbox.queries.js';
import { bodySignature, standardSignature } from './signature.js';

/**
 * Returns the raw body of a delivery. It depends on stored data only, so every attempt sends the same bytes: `timestamp` is the time of
 * the event and not of the attempt.
 */
export function requestBody(
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

/** Decrypts the secrets of a webhook. @throws SealedError when this process does not have the key they were encrypted with */
export function signingSecrets(delivery: TakenDelivery, keyring: Keyring): SigningSecrets {
  const place = placeOfWebhook(delivery.webhook_id);
  // a plain secret is newer: it was stored by a process of an older version that still runs
  const read = (plain: string | null, sealed: Buffer | null) =>
    plain ?? (sealed === null ? undefined : keyring.open(place, sealed));
  const secret = read(delivery.secret, delivery.sealed_secret);
  if (secret === undefined) throw new SealedError('The webhook has no secret: rotate it');
  return { secret, previous: read(delivery.previous_secret, delivery.sealed_previous_secret) };
}

/** Returns the headers of an attempt. @param now its time in milliseconds; receivers refuse messages older than five minutes */
export function requestHeaders(
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
    // `X-Signature-256` has room for one signature only; receivers that still use the previous secret check this one
    ...(previous === undefined ? {} : { 'X-Signature-256-Previous': bodySignature(previous, body) }),
    'X-Delivery-ID': delivery.id,
    'X-Event-Type': delivery.event,
    'webhook-id': delivery.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignature(secrets, delivery.id, timestamp, body),
  };
}
