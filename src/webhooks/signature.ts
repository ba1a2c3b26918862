import { createHmac } from 'node:crypto';
import { standardKey } from './webhook-secret.js';

/** `X-Signature-256` of the contract, which is also GitHub's: the HMAC-SHA256 of the raw body, keyed by the secret as text. */
export function bodySignature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * `webhook-signature` of Standard Webhooks (https://www.standardwebhooks.com, "Signature scheme").
 * @param secrets the current one, then a replaced one that still signs
 * @param timestamp of this try, in seconds
 */
export function standardSignature(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: string,
): string {
  const signed = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac('sha256', standardKey(secret)).update(signed).digest('base64')}`)
    .join(' ');
}
