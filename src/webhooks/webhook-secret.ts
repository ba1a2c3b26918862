import { randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const base64 =
  /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/;

/** The time in milliseconds for which the previous secret still signs after a rotation. */
export const rotationMs = 24 * 3_600_000;

/** Generates a secret: `whsec_` and the base64 of 32 random bytes (Standard Webhooks requires 24 to 64). */
export function makeSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** Whether all receivers derive the same key from a secret: after `whsec_` it must be base64. */
export function isUsableSecret(secret: string): boolean {
  return !secret.startsWith(prefix) || base64.test(secret.slice(prefix.length));
}

/** Returns the key of `webhook-signature`: the decoded bytes after `whsec_`, or the text of a secret without that prefix. */
export function standardKey(secret: string): Buffer {
  return secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
