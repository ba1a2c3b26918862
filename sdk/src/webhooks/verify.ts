import { keptInWebhookEvents, type WebhookEvent } from '../generated/webhook-event.js';
import { fromWire } from '../http/case.js';
import { MillraceError } from '../http/errors.js';

/** Thrown when a request does not come from Millrace, or was sent too long ago: answer 401 and do nothing. */
export class WebhookVerificationError extends MillraceError {}

export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

export interface VerifyOptions {
  /** How many seconds `webhook-timestamp` may differ from the clock; 300 by default. */
  tolerance?: number;
  /** The current time, as Unix time in milliseconds; the clock's by default. */
  now?: number;
}

const prefix = 'whsec_';
const encoder = new TextEncoder();

/**
 * Verifies that a delivery comes from Millrace, and parses it. The headers of Standard Webhooks (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature`) are verified when present, and a delivery older than five minutes is refused. Without them `X-Signature-256`
 * is verified, which has no time. Refuse a `deliveryId` that you have already processed.
 * @param body the raw body, before any parser
 * @param secret of the webhook; several while a secret is being replaced
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<WebhookEvent> {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const genuine =
    header(headers, 'webhook-signature') === undefined
      ? await isSignedAsOfOld(bytes, headers, secrets)
      : await isSignedByStandard(bytes, headers, secrets, options);
  if (!genuine) throw new WebhookVerificationError('The signature is wrong');
  try {
    return fromWire(JSON.parse(new TextDecoder().decode(bytes)), keptInWebhookEvents) as WebhookEvent;
  } catch (cause) {
    throw new WebhookVerificationError('The body is not JSON', { cause });
  }
}

/** Standard Webhooks, "Signature scheme": HMAC-SHA256 of `id.timestamp.body`, any of several signatures. */
async function isSignedByStandard(
  body: Uint8Array,
  headers: WebhookHeaders,
  secrets: readonly string[],
  { tolerance = 300, now = Date.now() }: VerifyOptions,
): Promise<boolean> {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature')?.split(' ') ?? [];
  if (id === undefined || timestamp === undefined || !/^\d{1,15}$/.test(timestamp))
    throw new WebhookVerificationError('webhook-id or webhook-timestamp is missing');
  if (Math.abs(now / 1000 - Number(timestamp)) > tolerance)
    throw new WebhookVerificationError('It was sent too long ago, or a clock is wrong');
  const signed = concat(encoder.encode(`${id}.${timestamp}.`), body);
  const given = signatures.filter((one) => one.startsWith('v1,')).map((one) => fromBase64(one.slice(3)));
  return anyFits(secrets.map(standardKey), given, signed);
}

/** HMAC-SHA256 of the body, keyed by the secret as text; there is one header for each secret while one is being replaced. */
async function isSignedAsOfOld(
  body: Uint8Array,
  headers: WebhookHeaders,
  secrets: readonly string[],
): Promise<boolean> {
  const given = ['x-signature-256', 'x-signature-256-previous']
    .map((name) => /^sha256=([0-9a-f]{64})$/i.exec(header(headers, name) ?? '')?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16)));
  if (given.length === 0) throw new WebhookVerificationError('There is no signature');
  return anyFits(
    secrets.map((one) => encoder.encode(one)),
    given,
    body,
  );
}

/** Whether one of the signatures is that of one of the keys; WebCrypto compares in constant time. */
async function anyFits(
  keys: Uint8Array[],
  signatures: (Uint8Array | undefined)[],
  signed: Uint8Array,
): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  for (const bytes of keys) {
    const key = await crypto.subtle.importKey('raw', bytes as BufferSource, algorithm, false, ['verify']);
    for (const signature of signatures)
      if (
        signature &&
        (await crypto.subtle.verify('HMAC', key, signature as BufferSource, signed as BufferSource))
      )
        return true;
  }
  return false;
}

/** The bytes behind `whsec_`, or those of a secret without that prefix as it is. */
function standardKey(secret: string): Uint8Array {
  return (
    (secret.startsWith(prefix) ? fromBase64(secret.slice(prefix.length)) : undefined) ??
    encoder.encode(secret)
  );
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (typeof (headers as Headers).get === 'function') return (headers as Headers).get(name) ?? undefined;
  const entry = Object.entries(headers as Record<string, string | string[] | undefined>).find(
    ([key]) => key.toLowerCase() === name,
  )?.[1];
  return Array.isArray(entry) ? entry[0] : entry;
}
