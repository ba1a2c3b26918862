import { AppError } from '../common/errors.js';
import { Keyring, placeOfTrigger } from '../common/keyring.js';
import { hashOfToken, makeToken } from '../credentials/token-format.js';
import { lockCount } from '../infra/count-lock.js';
import type { Queryable, Transaction } from '../infra/database.js';
import type { Trigger } from './trigger.entity.js';
import { mostTriggers } from './triggers.schema.js';

/** The columns that a user sets, apart from the secret. */
const columns = ['name', 'description', 'enabled', 'task_id', 'queue', 'inputs_from', 'filter'] as const;

export type WrittenTrigger = Pick<Trigger, (typeof columns)[number]>;
export type TriggerRow = Trigger & Record<string, unknown>;

/** A trigger that is to be stored. */
type NewTrigger = WrittenTrigger & Pick<Trigger, 'id' | 'created_by' | 'sealed_secret'>;

/** Makes the token of a trigger, and what is stored of it. */
export function newToken(
  keyring: Keyring,
  id: string,
): Pick<Trigger, 'token_hash' | 'sealed_token'> & { token: string } {
  const token = makeToken('trigger');
  return {
    token,
    token_hash: hashOfToken(token),
    sealed_token: keyring.seal(placeOfTrigger(id), token),
  };
}

/**
 * Stores new triggers of a project with tokens of their own.
 * @returns them in their order, with their tokens
 * @throws RESOURCE_LIMIT_EXCEEDED when the project would have more than it may
 */
export async function insertTriggers(
  tx: Transaction,
  keyring: Keyring,
  projectId: string,
  triggers: NewTrigger[],
): Promise<{ row: TriggerRow; token: string }[]> {
  const tokens = triggers.map(({ id }) => newToken(keyring, id));
  // sent together, so that others who make triggers in the project wait for no round trip in between
  const [, ...stored] = await Promise.all([
    lockCount(tx, 'triggers', projectId),
    ...triggers.map(async (trigger, index) => {
      const { token_hash, sealed_token } = tokens[index]!;
      const [row] = await tx.query<TriggerRow>(
        `INSERT INTO triggers (id, project_id, created_by, token_hash, sealed_token, sealed_secret, ${columns.join(', ')})
         SELECT $1, $2, $3, $4, $5, $6, ${columns.map((_, at) => `$${at + 8}`).join(', ')}
          WHERE (SELECT count(*) FROM triggers WHERE project_id = $2) < $7 RETURNING *`,
        [
          trigger.id,
          projectId,
          trigger.created_by,
          token_hash,
          sealed_token,
          trigger.sealed_secret,
          mostTriggers,
          ...columns.map((name) => trigger[name]),
        ],
      );
      return row;
    }),
  ]);
  return stored.map((row, index) => {
    if (!row) throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'triggers', value: mostTriggers });
    return { row, token: tokens[index]!.token };
  });
}

/** Stores a changed trigger. */
export async function updateTrigger(
  db: Queryable,
  id: string,
  trigger: WrittenTrigger & Pick<Trigger, 'sealed_secret'>,
): Promise<TriggerRow> {
  const [row] = await db.query<TriggerRow>(
    `UPDATE triggers SET sealed_secret = $2, ${columns.map((name, index) => `${name} = $${index + 3}`).join(', ')},
            updated_at = now(), version = version + 1
      WHERE id = $1 RETURNING *`,
    [id, trigger.sealed_secret, ...columns.map((name) => trigger[name])],
  );
  return row!;
}

/** Locks triggers of a project for a change, in the order of their ids. */
export function lockTriggers(db: Queryable, projectId: string, ids: string[]): Promise<TriggerRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return db.query<TriggerRow>(
    'SELECT g.* FROM triggers g WHERE g.id = ANY ($1::uuid[]) AND g.project_id = $2 ORDER BY g.id FOR UPDATE',
    [ids, projectId],
  );
}
