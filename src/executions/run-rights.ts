import type { Queryable, Transaction } from '../infra/database.js';
import type { Execution } from './execution.entity.js';

/**
 * An SQL condition, true when the requester of the execution `e` may still run commands where it runs: the account is not disabled, its
 * role allows it, and so does the project. Rights are checked again when a run starts, since hours may lie between request and start.
 */
export const mayStillRun = `EXISTS (
  SELECT 1 FROM users u
   WHERE u.id = e.requested_by AND NOT u.disabled AND u.role IN ('developer', 'admin')
     AND (u.role = 'admin' OR e.project_id IS NULL
       OR EXISTS (SELECT 1 FROM projects p WHERE p.id = e.project_id AND p.created_by = u.id)
       OR EXISTS (SELECT 1 FROM project_members m
                   WHERE m.project_id = e.project_id AND m.user_id = u.id AND m.role IN ('developer', 'owner'))))`;

/** An SQL condition, true when the requester of the execution `e` is disabled, the only loss of rights that stops a running execution. */
export const isOfDisabledUser = `EXISTS (SELECT 1 FROM users u WHERE u.id = e.requested_by AND u.disabled)`;

export async function mayRunAgain(tx: Transaction, { id }: Pick<Execution, 'id'>): Promise<boolean> {
  const rows = await tx.query(`SELECT 1 FROM executions e WHERE e.id = $1 AND ${mayStillRun}`, [id]);
  return rows.length > 0;
}

/** Checks whether an execution is queued and its requester has lost the right to run it. */
export async function isRefused(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM executions e WHERE e.id = $1 AND e.status = 'queued' AND NOT ${mayStillRun}`,
    [id],
  );
  return rows.length > 0;
}

/** Lists the queued executions of a user, in one project or everywhere, that the user has lost the right to run. */
export function refusedExecutions(
  db: Queryable,
  userId: string,
  projectId: string | null,
): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `SELECT e.id FROM executions e
      WHERE e.requested_by = $1 AND e.status = 'queued' AND ($2::uuid IS NULL OR e.project_id = $2) AND NOT ${mayStillRun}
      ORDER BY e.id DESC`,
    [userId, projectId],
  );
}
