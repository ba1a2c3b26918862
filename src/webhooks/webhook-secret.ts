import { randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const base64 =
  /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/;

/** How long a replaced secret still signs, in milliseconds. */
export const rotationMs = 24 * 3_600_000;

/** A new secret: `whsec_` and the base64 of 32 random bytes (Standard Webhooks asks for 24 to 64). */
export function makeSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** Whether receivers will read the secret as we do: what starts with `whsec_` must go on in base64. */
export function isUsableSecret(secret: string): boolean {
  return !secret.startsWith(prefix) || base64.test(secret.slice(prefix.length));
}

/** The key of `webhook-signature`: the bytes behind `whsec_`, or those of a secret without that prefix as it is. */
export function standardKey(secret: string): Buffer {
  return secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
