import { nilId } from '../common/ids.js';
import type { Queryable, Transaction } from '../infra/database.js';
import type { Execution } from './execution.entity.js';

/**
 * An SQL condition, true when the requester of the execution `e` may still run commands where it runs: neither the account nor who has made
 * its key is disabled, its role allows it, and so does the project. Rights are checked again when a run starts, since hours may lie between request and start.
 */
export const mayStillRun = `EXISTS (
  SELECT 1 FROM users u
   WHERE u.id = e.requested_by AND NOT u.disabled AND u.role IN ('developer', 'admin')
     AND NOT EXISTS (SELECT 1 FROM users k WHERE k.id = u.account_id AND k.disabled)
     AND (u.role = 'admin' OR e.project_id IS NULL
       OR EXISTS (SELECT 1 FROM projects p WHERE p.id = e.project_id AND p.created_by = u.id)
       OR EXISTS (SELECT 1 FROM project_members m
                   WHERE m.project_id = e.project_id AND m.user_id = u.id AND m.role IN ('developer', 'owner'))))`;

/** An SQL condition, true when the requester of the execution `e`, or who has made the key that requested it, is disabled, the only loss of rights that stops a running execution. */
export const isOfDisabledUser = `EXISTS (SELECT 1 FROM users u WHERE u.id IN (e.requested_by, e.account_id) AND u.disabled)`;

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

/** Lists the queued executions of a user and of the keys that the user has made, in one project or everywhere, that may not be run any more. */
export function refusedExecutions(
  db: Queryable,
  userId: string,
  projectId: string | null,
): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `SELECT e.id FROM executions e
      WHERE e.account_id = (SELECT coalesce(u.account_id, u.id) FROM users u WHERE u.id = $1) AND $1 IN (e.requested_by, e.account_id)
        AND e.status = 'queued' AND ($2::uuid IS NULL OR e.project_id = $2) AND NOT ${mayStillRun}
      ORDER BY e.id DESC`,
    [userId, projectId],
  );
}

/** A place in the line of queued executions, in the order of the index `executions_in_line`. */
export interface PlaceInLine extends Record<string, unknown> {
  queue: number;
  boosted: boolean;
  id: string;
}

export const frontOfLine: PlaceInLine = { queue: -1, boosted: false, id: nilId };

/** The queued executions that are checked in one statement: 1,000 take 3 ms, since the rights of a user in a project are checked once. */
const checkedAtOnce = 1_000;
/** The most refused executions that one check returns; those beyond them are returned by the next one. */
const refusedAtOnce = 20;

/**
 * Checks a batch of queued executions for those whose requester has lost the right to run them. One that was being stored while its
 * requester lost the right is found in no other way.
 * @param after the `last` of the batch before; `frontOfLine` at first
 * @returns the refused ones, and the place to go on after: `frontOfLine` at the end of the line
 */
export async function refusedInLine(
  db: Queryable,
  after: PlaceInLine,
): Promise<{ refused: string[]; last: PlaceInLine }> {
  const rows = await db.query<PlaceInLine & { is_refused: boolean }>(
    `WITH batch AS MATERIALIZED (
       SELECT queue, boosted, id, requested_by, project_id FROM executions
        WHERE status = 'queued' AND (queue, boosted, id) > ($1::smallint, $2::boolean, $3::uuid)
        ORDER BY queue, boosted, id LIMIT ${checkedAtOnce}
     ), refused AS MATERIALIZED (
       SELECT e.requested_by, e.project_id FROM (SELECT DISTINCT requested_by, project_id FROM batch) e WHERE NOT ${mayStillRun}
     ), refused_runs AS (
       SELECT b.queue, b.boosted, b.id FROM batch b JOIN refused r
           ON r.requested_by = b.requested_by AND r.project_id IS NOT DISTINCT FROM b.project_id LIMIT ${refusedAtOnce}
     )
     SELECT queue, boosted, id, true AS is_refused FROM refused_runs
      UNION ALL
     (SELECT queue, boosted, id, false FROM batch ORDER BY queue DESC, boosted DESC, id DESC
       LIMIT CASE WHEN (SELECT count(*) FROM batch) = ${checkedAtOnce} THEN 1 ELSE 0 END)`,
    [after.queue, after.boosted, after.id],
  );
  const refused = rows.filter(({ is_refused }) => is_refused).map(({ id }) => id);
  if (refused.length === refusedAtOnce) return { refused, last: after };
  return { refused, last: rows.find(({ is_refused }) => !is_refused) ?? frontOfLine };
}
