import type { KeyObject } from 'node:crypto';
import { keyIdOf, open, seal, sealedWith } from './secret-box.js';

/** The current key, which seals secrets, and the previous one, which still opens what it has sealed. */
export class Keyring {
  constructor(
    private readonly present: KeyObject,
    private readonly previous?: KeyObject,
  ) {}

  /** The id of the current key, which is stored with each sealed value. */
  get presentId(): Buffer {
    return keyIdOf(this.present);
  }

  /** The ids of all keys that this process has. */
  get ids(): Buffer[] {
    return [this.present, this.previous].flatMap((key) => (key ? [keyIdOf(key)] : []));
  }

  /** Seals a value. @param place identifies the value's owner and is authenticated, so that the value cannot be opened elsewhere */
  seal(place: string, value: string): Buffer {
    return seal(this.present, place, value);
  }

  /** Opens a value. @throws SealedError when this process does not have the key, or the value is damaged or of another place */
  open(place: string, sealed: Buffer): string {
    const { previous } = this;
    const isPrevious = previous !== undefined && sealedWith(sealed).equals(keyIdOf(previous));
    return open(isPrevious ? previous : this.present, place, sealed);
  }
}

/** The `place` under which a project's secret is sealed. */
export const placeOfSecret = (projectId: string, name: string) => `${projectId} ${name}`;
/** The `place` under which the values of secret inputs are sealed. */
export const placeOfInputs = (id: string) => `inputs ${id}`;
/** The `place` under which the token and the secret of a trigger are sealed. */
export const placeOfTrigger = (id: string) => `trigger ${id}`;
/** The `place` under which a webhook's secret is sealed. */
export const placeOfWebhook = (webhookId: string) => `webhook ${webhookId}`;
