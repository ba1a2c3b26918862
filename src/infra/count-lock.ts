import type { Transaction } from './database.js';

/** The first keys of the advisory locks. Locks with two keys are separate from those with a single key. */
const kinds = {
  webhooks: 7_102_040,
  'work sessions': 7_102_041,
  projects: 7_102_042,
  schedules: 7_102_043,
  triggers: 7_102_044,
};

/**
 * Serialises transactions that count rows before they insert one, so that concurrent ones do not exceed the limit. Only transactions of
 * the same owner wait for each other; a lock on the owner's row would also block other writes to it. The count must be a separate
 * statement after this one, since a statement does not see rows that were committed while it waited; both can be sent in one packet.
 * @param owner the entity that the limit applies to; owners with equal hashes wait for each other without further harm
 */
export async function lockCount(tx: Transaction, kind: keyof typeof kinds, owner: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, hashtext($2))', [kinds[kind], owner]);
}
