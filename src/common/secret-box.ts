import { createCipheriv, createDecipheriv, createHash, randomBytes, type KeyObject } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

/** Ids of keys, derived once for each key. */
const ids = new WeakMap<KeyObject, Buffer>();

/** A secret cannot be opened; the message is for the operator and contains no value. */
export class SealedError extends Error {}

/** A hash that identifies a key without revealing anything about it. */
export function keyIdOf(key: KeyObject): Buffer {
  const known = ids.get(key);
  if (known) return known;
  const hash = createHash('sha256').update('millrace key id').update(key.export());
  const id = hash.digest().subarray(0, keyIdBytes);
  ids.set(key, id);
  return id;
}

/** The id of the key that a value was sealed with. */
export const sealedWith = (sealed: Buffer): Buffer => sealed.subarray(0, keyIdBytes);

/**
 * Encrypts a value with AES-256-GCM (NIST SP 800-38D).
 * @param place identifies the value's owner and is authenticated, so that the value cannot be opened elsewhere
 * @returns the key's id, a random nonce, the tag, the ciphertext
 */
export function seal(key: KeyObject, place: string, value: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([keyIdOf(key), nonce, cipher.getAuthTag(), text]);
}

/**
 * @returns the value that `seal` was given
 * @throws SealedError when it was sealed with another key, for another place, or was tampered with
 */
export function open(key: KeyObject, place: string, sealed: Buffer): string {
  if (!sealedWith(sealed).equals(keyIdOf(key)))
    throw new SealedError('A secret was encrypted with another SECRETS_KEY than that of this process');
  const nonce = sealed.subarray(keyIdBytes, keyIdBytes + nonceBytes);
  const text = sealed.subarray(keyIdBytes + nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.subarray(keyIdBytes + nonceBytes, keyIdBytes + nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new SealedError('A secret is damaged', { cause: error });
  }
}
