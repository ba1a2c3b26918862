import type { Database, Queryable } from '../database.js';
import { lengthList } from './blocks.js';
import { addHistograms } from './histogram.js';

/** The key of the advisory lock of the process that adds up. It ends with its transaction, so a killed process leaves none behind. */
const taskRollupLock = 7_102_041;
/** The number of log entries that are added up in one transaction, which takes 0.1 to 0.2 s. */
const rowsAtOnce = 10_000;
/** No period is longer than a year, so older blocks are neither kept nor read. */
export const keptDays = 366;
export const dayMs = 86_400_000;
export const dayOf = (at: number): number => Math.floor(at / dayMs);

/** Converts log entries to sums by day: each task counts on the day of its creation, and on that of its end. */
export const factsOf = (deltas: string): string => `
  SELECT project_id, user_id, created_on AS day, tasks AS created, CASE WHEN ended_on IS NULL THEN tasks ELSE 0 END AS unfinished,
         0 AS ended, 0 AS completed, 0::bigint AS completion_ms, 0 AS timed, 0::bigint AS duration_ms, 0 AS on_time, 0 AS estimated,
         NULL::bigint AS duration
    FROM ${deltas} WHERE tasks <> 0
   UNION ALL
  SELECT project_id, user_id, ended_on, 0, 0, tasks, CASE WHEN is_completed THEN tasks ELSE 0 END, coalesce(tasks * completion_ms, 0),
         CASE WHEN duration_ms IS NOT NULL THEN tasks ELSE 0 END, coalesce(tasks * duration_ms, 0),
         CASE WHEN on_time THEN tasks ELSE 0 END, CASE WHEN on_time IS NOT NULL THEN tasks ELSE 0 END, duration_ms
    FROM ${deltas} WHERE ended_on IS NOT NULL AND tasks <> 0`;

/** Converts log entries to sums by user. */
export const userFactsOf = (deltas: string): string => `
  SELECT created_by AS user_id, made AS created, 0 AS completed FROM ${deltas} WHERE made <> 0
   UNION ALL
  SELECT user_id, 0, tasks FROM ${deltas} WHERE is_completed AND tasks <> 0`;

/** Adds sums to a table of counters. @param rows a query of the keys and the sums, ordered or of one process */
const add = (table: string, keys: string, counters: readonly string[], rows: string): string => `
  INSERT INTO ${table} AS s (${keys}, ${counters.join(', ')}) ${rows}
      ON CONFLICT (${keys}) DO UPDATE SET ${counters.map((name) => `${name} = s.${name} + excluded.${name}`).join(', ')}`;

const sums = (names: readonly string[]) => names.map((name) => `sum(${name})`).join(', ');
const ofDay = [
  'created',
  'unfinished',
  'ended',
  'completed',
  'completion_ms',
  'timed',
  'duration_ms',
  'on_time',
  'estimated',
];
const ofMember = ['unfinished', 'ended', 'completed', 'timed', 'duration_ms'];
const ofUser = ['created', 'completed'];
const start = 'day / b.days * b.days';
const blocks = `CROSS JOIN ${lengthList} AS b (days) WHERE day >= $2`;

const addUp = `
  WITH taken AS (
    DELETE FROM task_deltas WHERE ctid = ANY (ARRAY(SELECT ctid FROM task_deltas LIMIT $1)) RETURNING *
  ), facts AS MATERIALIZED (${factsOf('taken')}
  ), by_day AS (${add('project_days', 'project_id, day', ofDay, `SELECT project_id, day, ${sums(ofDay)} FROM facts GROUP BY 1, 2`)}
  ), by_member AS (${add(
    'member_blocks',
    'project_id, days, start, user_id',
    ofMember,
    `SELECT project_id, b.days, ${start}, user_id, ${sums(ofMember)} FROM facts ${blocks} GROUP BY 1, 2, 3, 4`,
  )}
  ), by_duration AS (${addHistograms(
    'task_duration_blocks',
    'project_id, days, start',
    `SELECT project_id, b.days, ${start} AS start, histogram_bucket(duration) AS bucket, sum(timed) AS n, sum(duration_ms) AS ms
       FROM facts ${blocks} AND duration IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(timed) <> 0 OR sum(duration_ms) <> 0`,
  )}
  ), by_user AS (${add('user_task_counts', 'user_id', ofUser, `SELECT user_id, ${sums(ofUser)} FROM (${userFactsOf('taken')}) AS u GROUP BY 1`)}
  )
  SELECT count(*)::int AS rows FROM taken`;

/** Takes the lock of one kind of sums until the end of the transaction. @returns false when another process has it */
export async function lockRollup(tx: Queryable, key: number): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [key]);
  return row?.locked === true;
}

/**
 * Adds a batch of the log of task changes to the kept sums, unless another process is doing so.
 * @returns whether more is left
 */
export async function addUpTasks(
  db: Pick<Database, 'transaction'>,
  { most = rowsAtOnce, now = Date.now() } = {},
): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await lockRollup(tx, taskRollupLock))) return false;
    const [row] = await tx.query<{ rows: number }>(addUp, [most, dayOf(now) - keptDays]);
    return row?.rows === most;
  });
}
