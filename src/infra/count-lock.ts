import type { Transaction } from './database.js';

/** The first key of each advisory lock; one of two keys never meets one of a single key. */
const kinds = { webhooks: 7_102_040, 'work sessions': 7_102_041, projects: 7_102_042 };

/**
 * Lets transactions that count before they insert do so one after the other, so that several at once do not pass the limit. Only
 * they wait, and only for those of the same owner: a lock on the owner's row would hold up others who write to it. The count must be
 * a statement of its own behind this one, since a statement does not see what was committed while it waited; both can be sent
 * without waiting between.
 * @param owner what the limit is per: two whose hashes are equal wait for each other, and nothing else
 */
export async function lockCount(tx: Transaction, kind: keyof typeof kinds, owner: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, hashtext($2))', [kinds[kind], owner]);
}
