import type { KeyObject } from 'node:crypto';
import { keyIdOf, open, seal, sealedWith } from './secret-box.js';

/** The key that seals secrets, and a replaced one that still opens what it has sealed. */
export class Keyring {
  constructor(
    private readonly present: KeyObject,
    private readonly previous?: KeyObject,
  ) {}

  /** Names the present key in what it seals. */
  get presentId(): Buffer {
    return keyIdOf(this.present);
  }

  /** The ids of all keys that this process has. */
  get ids(): Buffer[] {
    return [this.present, this.previous].flatMap((key) => (key ? [keyIdOf(key)] : []));
  }

  /** @param place where the value belongs, so that it opens nowhere else */
  seal(place: string, value: string): Buffer {
    return seal(this.present, place, value);
  }

  /** @throws SealedError when this process does not have the key, or the value is damaged or belongs elsewhere */
  open(place: string, sealed: Buffer): string {
    const { previous } = this;
    const isPrevious = previous !== undefined && sealedWith(sealed).equals(keyIdOf(previous));
    return open(isPrevious ? previous : this.present, place, sealed);
  }
}

/** Where the value of a secret of a project belongs. */
export const placeOfSecret = (projectId: string, name: string) => `${projectId} ${name}`;
/** Where the secret of a webhook belongs. */
export const placeOfWebhook = (webhookId: string) => `webhook ${webhookId}`;
