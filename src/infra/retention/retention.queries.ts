import { v7 as uuid } from 'uuid';
import type { Config } from '../../common/config.js';
import type { Queryable } from '../database.js';
import { dayOf, keptDays } from '../rollups/task-rollup.queries.js';

/** The number of rows per statement, so that no statement holds locks for long. */
export const rowsAtOnce = 1_000;

/** A table with rows that expire, and the condition for expired ones. */
export interface Retention {
  table: string;
  condition: string;
  values: unknown[];
}

/** Returns the smallest UUID v7 (RFC 9562 §5.7) of a point in time, by which old rows are found in the primary key index. */
const idOf = (at: Date) => uuid({ msecs: at.getTime(), random: new Uint8Array(16), seq: 0 });

/** Lists the conditions for expired rows, except those of the activity, which `pruneActivity` handles. */
export function retentions(config: Config, now = Date.now()): Retention[] {
  const before = (hours: number) => new Date(now - hours * 3_600_000);
  const yesterday = before(24);
  const lastMonth = before(30 * 24);
  const ended = before(config.SESSION_RETENTION_DAYS * 24);
  const sent = before(config.DELIVERY_RETENTION_DAYS * 24);
  // tokens that were issued later had not expired by yesterday
  const signedIn = new Date(yesterday.getTime() - config.REFRESH_TOKEN_SECONDS * 1000);
  return [
    {
      table: 'idempotency_keys',
      condition: 'created_at < $1',
      values: [before(config.IDEMPOTENCY_RETENTION_HOURS)],
    },
    {
      table: 'refresh_tokens',
      // an exchanged token is kept until it would have expired, so that its reuse is detected
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(signedIn), yesterday],
    },
    {
      table: 'auth_sessions',
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(signedIn), yesterday],
    },
    {
      table: 'credentials',
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(lastMonth), lastMonth],
    },
    {
      table: 'sessions',
      condition: 'id < $1 AND least(deleted_at, expires_at) < $2',
      values: [idOf(ended), ended],
    },
    {
      // runs that were given them have ended long ago; a retry asks for them again
      table: 'input_secrets',
      condition: `id < $1 AND NOT EXISTS (
        SELECT 1 FROM executions e WHERE e.secret_inputs_id = input_secrets.id AND e.status IN ('queued', 'running'))`,
      values: [idOf(lastMonth)],
    },
    { table: 'workers', condition: 'seen_at < $1', values: [yesterday] },
    { table: 'webhook_deliveries', condition: "id < $1 AND status <> 'pending'", values: [idOf(sent)] },
    { table: 'trigger_deliveries', condition: 'id < $1', values: [idOf(sent)] },
    {
      // a worker that was away for longer keeps the workspaces; rows with a user id count for the limit of projects of their maker
      table: 'erased_projects',
      condition: 'erased_at < $1 AND finished_at IS NOT NULL AND command_user_number IS NULL',
      values: [before(config.ACTIVITY_RETENTION_DAYS * 24)],
    },
    ...['member_blocks', 'task_duration_blocks'].map((table) => ({
      table,
      condition: 'start < $1',
      values: [dayOf(now) - keptDays],
    })),
  ];
}

/** Deletes up to 1,000 expired rows, except those that another process is deleting. @returns the number of deleted rows */
export async function prune(db: Queryable, { table, condition, values }: Retention): Promise<number> {
  const rows = await db.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    values,
  );
  return rows.length;
}

/**
 * Deletes expired activity among the 1,000 rows after a cursor. The creation of a task is kept for as long as the task exists, since the
 * task's history begins with it.
 * @param after the cursor: the sequence of the last examined row; '0' to begin
 * @returns the number of deleted rows and the next cursor, which is undefined when no expired rows follow
 */
export async function pruneActivity(
  db: Queryable,
  days: number,
  after: string,
): Promise<{ deleted: number; next: string | undefined }> {
  const [row] = await db.query<{ deleted: number; last: string | null; more: boolean }>(
    `WITH examined AS MATERIALIZED (
       SELECT sequence, at < now() - make_interval(days => $1) AS old,
              entity_type = 'task' AND action = 'created' AS origin, entity_id
         FROM activity WHERE sequence > $2 ORDER BY sequence LIMIT $3
     ), gone AS (
       DELETE FROM activity a USING examined l
        WHERE a.sequence = l.sequence AND l.old
          AND NOT (l.origin AND EXISTS (SELECT 1 FROM tasks t WHERE t.id = l.entity_id AND t.deleted_at IS NULL))
        RETURNING 1
     )
     SELECT (SELECT count(*)::int FROM gone) AS deleted, max(sequence) AS last,
            count(*) = $3 AND bool_and(old) AS more FROM examined`,
    [days, after, rowsAtOnce],
  );
  return { deleted: row?.deleted ?? 0, next: row?.more ? (row.last ?? undefined) : undefined };
}
