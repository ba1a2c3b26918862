import { createCipheriv, createDecipheriv, createHash, randomBytes, type KeyObject } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

/** The secrets of a project cannot be opened; the message names no value and is for the one who runs Millrace. */
export class SealedError extends Error {}

/** Tells keys apart without telling anything about them. */
function idOf(key: KeyObject): Buffer {
  return createHash('sha256').update('millrace key id').update(key.export()).digest().subarray(0, keyIdBytes);
}

/**
 * Encrypts a value with AES-256-GCM (NIST SP 800-38D).
 * @param place where the value belongs, so that it opens nowhere else
 * @returns the key's id, a random nonce, the tag, the ciphertext
 */
export function seal(key: KeyObject, place: string, value: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([idOf(key), nonce, cipher.getAuthTag(), text]);
}

/**
 * @returns the value that `seal` was given
 * @throws SealedError when it was sealed with another key, for another place, or was tampered with
 */
export function open(key: KeyObject, place: string, sealed: Buffer): string {
  if (!sealed.subarray(0, keyIdBytes).equals(idOf(key))) {
    throw new SealedError(
      'The secrets of the project were encrypted with another SECRETS_KEY than that of this process',
    );
  }
  const nonce = sealed.subarray(keyIdBytes, keyIdBytes + nonceBytes);
  const text = sealed.subarray(keyIdBytes + nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.subarray(keyIdBytes + nonceBytes, keyIdBytes + nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new SealedError('A secret of the project is damaged', { cause: error });
  }
}
