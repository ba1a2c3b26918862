import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { Keyring, placeOfInputs } from '../../common/keyring.js';
import type { Queryable } from '../../infra/database.js';

/** Stores the values of secret inputs, encrypted, and opens them for a run. */
@Injectable()
export class InputSecrets {
  constructor(private readonly keyring: Keyring) {}

  /**
   * Stores values by the name of the input.
   * @param projectId the project whose deletion removes them
   * @returns the id to refer to them by; null when there are none
   */
  async store(db: Queryable, projectId: string, values: Record<string, string>): Promise<string | null> {
    if (Object.keys(values).length === 0) return null;
    const id = newId();
    await db.query('INSERT INTO input_secrets (id, project_id, sealed) VALUES ($1, $2, $3)', [
      id,
      projectId,
      this.keyring.seal(placeOfInputs(id), JSON.stringify(values)),
    ]);
    return id;
  }

  /**
   * Opens stored values.
   * @returns undefined when they are no longer stored
   * @throws SealedError when this process does not have their key
   */
  async open(db: Queryable, id: string): Promise<Record<string, string> | undefined> {
    const [row] = await db.query<{ sealed: Buffer }>('SELECT sealed FROM input_secrets WHERE id = $1', [id]);
    return row && (JSON.parse(this.keyring.open(placeOfInputs(id), row.sealed)) as Record<string, string>);
  }
}
