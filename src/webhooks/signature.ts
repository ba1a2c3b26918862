import { createHmac } from 'node:crypto';
import { standardKey } from './webhook-secret.js';

/** Computes `X-Signature-256`, in GitHub's format: the HMAC-SHA256 of the raw body, with the text of the secret as key. */
export function bodySignature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * Computes `webhook-signature` of Standard Webhooks (https://www.standardwebhooks.com, "Signature scheme").
 * @param secrets the current secret, then the previous one during a rotation
 * @param timestamp the time of the attempt, in seconds
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
