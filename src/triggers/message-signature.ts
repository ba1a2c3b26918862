import { createHmac, timingSafeEqual } from 'node:crypto';

/** The most seconds between the time of a signature and now (Standard Webhooks, "Verifying webhook authenticity"). */
const toleranceSeconds = 300;

/**
 * Checks the signature of a message. Either family is enough: `X-Hub-Signature-256`, the HMAC-SHA256 of the body in GitHub's format, or
 * `webhook-signature` of Standard Webhooks (https://www.standardwebhooks.com). The package of the latter computes hashes in JavaScript,
 * which takes 60 ms for 2 MiB, and only of text.
 * @returns undefined when the message is not signed; the id of the delivery, if the signature is for it, too
 */
export function signatureOf(
  body: Buffer,
  headers: Record<string, string>,
  secret: string,
): { deliveryId: string | undefined } | undefined {
  if (isStandard(body, headers, secret)) return { deliveryId: headers['webhook-id'] };
  return isSignedForGitHub(body, headers['x-hub-signature-256'], secret)
    ? { deliveryId: undefined }
    : undefined;
}

function isSignedForGitHub(body: Buffer, header: string | undefined, secret: string): boolean {
  if (header === undefined) return false;
  return isEqual(header, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
}

function isStandard(body: Buffer, headers: Record<string, string>, secret: string): boolean {
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  );
  if (!id || !signatures || !/^\d{1,12}$/.test(time ?? '')) return false;
  if (Math.abs(Date.now() / 1000 - Number(time)) > toleranceSeconds) return false;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const expected = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
  return signatures.split(' ').some((signature) => isEqual(signature, `v1,${expected}`));
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
