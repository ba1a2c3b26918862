import { newId } from '../common/ids.js';
import { placeOfTrigger, type Keyring } from '../common/keyring.js';
import type { Actor } from '../common/permissions.js';
import { hashOfToken, makeToken } from '../credentials/token-format.js';
import type { Transaction } from '../infra/database.js';
import type { TaskCopies } from './project-clone.queries.js';

/** The columns that a copy has of its trigger. */
const copied = ['name', 'description', 'queue', 'inputs_from', 'filter'];

/**
 * Copies the triggers of a project, of which there are at most a hundred, to another one. They are switched off, and have tokens of their
 * own and no secret. One whose task was not copied is left out.
 */
export async function copyTriggers(
  tx: Transaction,
  keyring: Keyring,
  from: string,
  to: string,
  { sources, copies }: TaskCopies,
  actor: Actor,
): Promise<void> {
  const triggers = await tx.query<{ id: string }>(
    'SELECT id FROM triggers WHERE project_id = $1 AND task_id = ANY ($2::uuid[]) ORDER BY id',
    [from, sources],
  );
  if (triggers.length === 0) return;
  const made = triggers.map(() => {
    const [id, token] = [newId(), makeToken('trigger')];
    return { id, hash: hashOfToken(token), sealed: keyring.seal(placeOfTrigger(id), token) };
  });
  await tx.query(
    `INSERT INTO triggers (id, project_id, created_by, enabled, token_hash, sealed_token, task_id, ${copied.join(', ')})
     SELECT n.copy, $6, $7, false, n.hash, n.sealed, t.copy, ${copied.map((name) => `g.${name}`).join(', ')}
       FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS n (source, copy, hash, sealed)
       JOIN triggers g ON g.id = n.source JOIN unnest($5::uuid[], $8::uuid[]) AS t (source, copy) ON t.source = g.task_id`,
    [
      triggers.map(({ id }) => id),
      made.map(({ id }) => id),
      made.map(({ hash }) => hash),
      made.map(({ sealed }) => sealed),
      sources,
      to,
      actor.id,
      copies,
    ],
  );
}
