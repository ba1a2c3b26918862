import type { Database, Queryable } from '../database.js';
import { lengthList } from './blocks.js';
import { addHistograms, bucketsOf, quantile, ranked } from './histogram.js';
import { lockRollup } from './task-rollup.queries.js';

/** The key of the advisory lock of the process that adds up. */
const queueRollupLock = 7_102_042;
export const hourMs = 3_600_000;
export const hourOf = (at: number): number => Math.floor(at / hourMs);
/** Until when executions have been added up; everything from then on is read from their rows. */
export const rolledUpUntil = `(SELECT (value #>> '{}')::timestamptz FROM system_settings WHERE name = 'queue_rollup')`;

/**
 * The time before which no execution can be created or end any more: such a time is the beginning of its transaction. The rows of our
 * own role tell when the transactions in progress have begun. One of more than ten minutes is not of ours, whose statements and pauses
 * are limited, but a backup or a forgotten console.
 */
const settled = `
  SELECT greatest(least(min(xact_start), now() - interval '1 second'), now() - interval '10 minutes') AS until
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;

const hour = (time: string) => `floor(date_part('epoch', ${time}) / 3600)::integer`;
/** The clock may have been set back in between. */
const milliseconds = (from: string, to: string) =>
  `greatest(0, 1000 * date_part('epoch', ${to} - ${from}))::bigint`;
const countOf = (status: string) => `count(*) FILTER (WHERE status = '${status}')`;

/** Counts the executions that were created and that ended, by queue and hour. @param range the condition on a time */
export const countsOf = (range: (time: string) => string): string => `
  SELECT queue, ${hour('created_at')} AS hour, count(*) AS enqueued, 0 AS completed, 0 AS failed, 0 AS cancelled, 0 AS ran, 0 AS run_ms,
         0 AS failed_runs
    FROM executions WHERE ${range('created_at')} GROUP BY 1, 2
   UNION ALL
  SELECT queue, ${hour('finished_at')}, 0, ${countOf('completed')}, ${countOf('failed')}, ${countOf('cancelled')}, count(started_at),
         coalesce(sum(${milliseconds('started_at', 'finished_at')}), 0), count(started_at) FILTER (WHERE status = 'failed')
    FROM executions WHERE ${range('finished_at')} GROUP BY 1, 2`;

/** Sorts the wait and run times of the executions that ended into buckets, by queue and hour. @param range the condition on a time */
export const timesOf = (range: (time: string) => string): string => `
  SELECT queue, ${hour('finished_at')} AS hour, m.measure, histogram_bucket(m.ms) AS bucket, count(*)::integer AS n, sum(m.ms)::bigint AS ms
    FROM executions CROSS JOIN LATERAL (VALUES
           ('wait', ${milliseconds('created_at', 'started_at')}), ('run', ${milliseconds('started_at', 'finished_at')})) AS m (measure, ms)
   WHERE ${range('finished_at')} AND started_at IS NOT NULL GROUP BY 1, 2, 3, 4`;

const between = (time: string) => `${time} >= $1 AND ${time} < $2`;
const counters = ['enqueued', 'completed', 'failed', 'cancelled', 'ran', 'run_ms', 'failed_runs'];

const addCounts = `
  INSERT INTO queue_hours AS s (queue, hour, ${counters.join(', ')})
  SELECT queue, hour, ${counters.map((name) => `sum(${name})`).join(', ')} FROM (${countsOf(between)}) AS c GROUP BY 1, 2
      ON CONFLICT (queue, hour) DO UPDATE SET ${counters.map((name) => `${name} = s.${name} + excluded.${name}`).join(', ')}`;

const addTimes = addHistograms(
  'queue_time_blocks',
  'queue, hours, start, measure',
  `SELECT queue, b.hours, hour / b.hours * b.hours AS start, measure, bucket, sum(n) AS n, sum(ms) AS ms
     FROM (${timesOf(between)}) AS t CROSS JOIN ${lengthList} AS b (hours) GROUP BY 1, 2, 3, 4, 5`,
);

/** An aggregate over the rows of `ranked`, in milliseconds. */
export const timeQuantiles = (['wait', 'run'] as const)
  .flatMap((measure) =>
    [50, 95].map(
      (percent) => `${quantile(percent / 100, `measure = '${measure}'`)} AS ${measure}_p${percent}`,
    ),
  )
  .join(', ');

const setQuantiles = `
  WITH hours AS (SELECT queue, start, measure, ${bucketsOf('s')} FROM queue_time_blocks s
                  WHERE queue IN (0, 1, 2) AND hours = 1 AND start BETWEEN $1 AND $2)
  UPDATE queue_hours h SET wait_p50 = q.wait_p50, wait_p95 = q.wait_p95, run_p50 = q.run_p50, run_p95 = q.run_p95
    FROM (SELECT queue, start, ${timeQuantiles} FROM (${ranked('queue, start, measure', 'hours')}) AS r GROUP BY queue, start) AS q
   WHERE h.queue = q.queue AND h.hour = q.start`;

/** Deletes the hours that no period reaches back to. */
const prune = (table: string, column: string) =>
  `DELETE FROM ${table} WHERE queue IN (0, 1, 2) AND ${column} < $1`;
const keptHours = 31 * 24;

/**
 * Adds the executions of a span of time to the kept sums, unless another process is doing so or nothing has happened since.
 * @returns whether more is left
 */
export async function addUpQueues(db: Pick<Database, 'transaction'>): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await lockRollup(tx, queueRollupLock))) return false;
    const span = await nextSpan(tx);
    if (!span) return false;
    const { from, until, more } = span;
    await Promise.all([
      tx.query(addCounts, [from, until]),
      tx.query(addTimes, [from, until]),
      tx.query(setQuantiles, [hourOf(from.getTime()), hourOf(until.getTime())]),
      tx.query(
        `UPDATE system_settings SET value = to_jsonb($1::timestamptz), updated_at = now() WHERE name = 'queue_rollup'`,
        [until],
      ),
    ]);
    if (hourOf(from.getTime()) < hourOf(until.getTime()))
      await pruneHours(tx, hourOf(until.getTime()) - keptHours);
    return more;
  });
}

/** The first time of an execution after that of `w`. */
const firstTime = (column: string) =>
  `(SELECT ${column} FROM executions WHERE ${column} >= w."from" ORDER BY ${column} LIMIT 1)`;

/**
 * Finds the span to add up: up to an hour after the first thing that happened in it, so that a time in which nothing happened, as all of
 * the time before an installation was made, is one step. What happened in it is visible to the next statement, and to no earlier one.
 */
async function nextSpan(tx: Queryable): Promise<{ from: Date; until: Date; more: boolean } | undefined> {
  const [row] = await tx.query<{ from: Date; until: Date; more: boolean }>(
    `WITH s AS MATERIALIZED (${settled}),
          w AS (SELECT date_trunc('milliseconds', greatest(${rolledUpUntil}, now() - interval '31 days')) AS "from"),
          f AS (SELECT w."from", least(${firstTime('created_at')}, ${firstTime('finished_at')}) AS first FROM w),
          u AS (SELECT "from", first, date_trunc('milliseconds', least(s.until, first + interval '1 hour')) AS until,
                       coalesce(s.until > first + interval '1 hour', false) AS more
                  FROM s, f)
     SELECT "from", until, more FROM u WHERE until > "from" AND (more OR until > "from" + interval '10 minutes' OR first < until)`,
  );
  return row;
}

async function pruneHours(tx: Queryable, before: number): Promise<void> {
  await Promise.all([
    tx.query(prune('queue_hours', 'hour'), [before]),
    tx.query(prune('queue_time_blocks', 'start'), [before]),
  ]);
}
