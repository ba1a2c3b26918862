import { v7 as uuid } from 'uuid';
import type { Config } from '../common/config.js';
import type { Queryable } from './database.js';

/** Small steps, so that no statement holds locks for long. */
export const rowsAtOnce = 1_000;

/** A table whose rows lose their use with time, and which of them have. */
export interface Retention {
  table: string;
  condition: string;
  values: unknown[];
}

/** The least id (UUID v7, RFC 9562 §5.7) that was made after a moment: finds old rows by the primary key, without an index more. */
const idOf = (at: Date) => uuid({ msecs: at.getTime(), random: new Uint8Array(16), seq: 0 });

/** What is of no use any more at this moment; the activity, of which some is kept, is pruned by `pruneActivity`. */
export function retentions(config: Config, now = Date.now()): Retention[] {
  const before = (hours: number) => new Date(now - hours * 3_600_000);
  const yesterday = before(24);
  const lastMonth = before(30 * 24);
  const ended = before(config.SESSION_RETENTION_DAYS * 24);
  const sent = before(config.DELIVERY_RETENTION_DAYS * 24);
  // nothing that was made later has expired since yesterday
  const signedIn = new Date(yesterday.getTime() - config.REFRESH_TOKEN_SECONDS * 1000);
  return [
    {
      table: 'idempotency_keys',
      condition: 'created_at < $1',
      values: [before(config.IDEMPOTENCY_RETENTION_HOURS)],
    },
    {
      table: 'refresh_tokens',
      // one that was exchanged is kept for as long as it would have been good, so that its reuse is seen
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(signedIn), yesterday],
    },
    {
      table: 'auth_sessions',
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(signedIn), yesterday],
    },
    {
      table: 'personal_access_tokens',
      condition: 'id < $1 AND expires_at < $2',
      values: [idOf(lastMonth), lastMonth],
    },
    {
      table: 'sessions',
      condition: 'id < $1 AND least(deleted_at, expires_at) < $2',
      values: [idOf(ended), ended],
    },
    { table: 'workers', condition: 'seen_at < $1', values: [yesterday] },
    { table: 'webhook_deliveries', condition: "id < $1 AND status <> 'pending'", values: [idOf(sent)] },
  ];
}

/** Deletes up to 1,000 rows; what another process deletes at the same time is passed over. @returns how many */
export async function prune(db: Queryable, { table, condition, values }: Retention): Promise<number> {
  const rows = await db.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    values,
  );
  return rows.length;
}

/**
 * Deletes old activity among the 1,000 rows that follow a place. How a task was made is kept for as long as the task is there: its
 * history begins with it.
 * @param after the sequence of the last row that was looked at; '0' to begin
 * @returns how many were deleted, and where to go on; undefined when nothing old follows
 */
export async function pruneActivity(
  db: Queryable,
  days: number,
  after: string,
): Promise<{ deleted: number; next: string | undefined }> {
  const [row] = await db.query<{ deleted: number; last: string | null; more: boolean }>(
    `WITH looked AS MATERIALIZED (
       SELECT sequence, at < now() - make_interval(days => $1) AS old,
              entity_type = 'task' AND action = 'created' AS origin, entity_id
         FROM activity WHERE sequence > $2 ORDER BY sequence LIMIT $3
     ), gone AS (
       DELETE FROM activity a USING looked l
        WHERE a.sequence = l.sequence AND l.old
          AND NOT (l.origin AND EXISTS (SELECT 1 FROM tasks t WHERE t.id = l.entity_id AND t.deleted_at IS NULL))
        RETURNING 1
     )
     SELECT (SELECT count(*)::int FROM gone) AS deleted, max(sequence) AS last,
            count(*) = $3 AND bool_and(old) AS more FROM looked`,
    [days, after, rowsAtOnce],
  );
  return { deleted: row?.deleted ?? 0, next: row?.more ? (row.last ?? undefined) : undefined };
}
