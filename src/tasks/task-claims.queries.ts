import { z } from 'zod';
import { AppError } from '../common/errors.js';
import { id, instant, toInstant } from '../common/fields.js';
import type { Queryable, Transaction } from '../infra/database.js';

/** Who works on a task, as its detail shows it. */
export const taskClaimSchema = z
  .object({
    claim_id: id,
    user_id: id,
    username: z.string(),
    expires_at: instant.meta({ description: 'When the task is open again unless the claim is renewed' }),
  })
  .meta({ id: 'TaskClaim' });
export type TaskClaim = z.output<typeof taskClaimSchema>;

/** The SQL expression for the claim of the task `t`, in the shape of `taskClaimSchema`. */
export const claimOfTask = `(SELECT json_build_object('claim_id', c.id, 'user_id', c.user_id, 'username', h.username,
    'expires_at', to_char(c.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  FROM claims c JOIN users h ON h.id = c.user_id WHERE t.claim_id IS NOT NULL AND c.task_id = t.id)`;

/**
 * Refuses what only the holder of the claim of a task may do, and what nobody may while there is a claim.
 * @param except the user who may
 * @throws TASK_ALREADY_CLAIMED with the holder and the time at which the claim lapses
 */
export async function refuseClaimed(
  db: Queryable,
  task: { id: string; claim_id: string | null },
  except?: string,
): Promise<void> {
  if (task.claim_id === null) return;
  const [claim] = await db.query<{ user_id: string; username: string; expires_at: Date }>(
    `SELECT c.user_id, u.username, c.expires_at FROM claims c JOIN users u ON u.id = c.user_id WHERE c.task_id = $1`,
    [task.id],
  );
  if (!claim || claim.user_id === except) return;
  throw new AppError('TASK_ALREADY_CLAIMED', {
    task_id: task.id,
    claimed_by: { user_id: claim.user_id, username: claim.username },
    expires_at: toInstant(claim.expires_at),
  });
}

export interface EndedClaim extends Record<string, unknown> {
  id: string;
  /** The holder. */
  user_id: string;
  /** Whether the task was assigned to the holder before. */
  was_assigned: boolean;
}

/** Ends the claim of a locked task, whatever its lease says. @returns the claim and its holder, if there was one */
export async function takeClaim(
  tx: Transaction,
  task: { id: string; claim_id: string | null },
): Promise<EndedClaim | undefined> {
  if (task.claim_id === null) return undefined;
  const [claim] = await tx.query<EndedClaim>(
    'DELETE FROM claims WHERE task_id = $1 RETURNING id, user_id, was_assigned',
    [task.id],
  );
  await tx.query('UPDATE tasks SET claim_id = NULL WHERE id = $1', [task.id]);
  return claim;
}

/** Settles whether tasks wait for others, after what they depend on has changed. */
export async function settleWaiting(db: Queryable, taskIds: readonly string[]): Promise<void> {
  await db.query('SELECT settle_waiting($1)', [taskIds]);
}
