import type { Queryable } from '../infra/database.js';
import { blocksSince, inBlocks } from '../infra/rollups/blocks.js';
import { bucketsOf, ranked } from '../infra/rollups/histogram.js';
import { rolledUpUntil, timeQuantiles, timesOf } from '../infra/rollups/queue-rollup.queries.js';
import { hoursSince, isRecent } from './queues.queries.js';

/** Times are in milliseconds. */
export interface MetricValues {
  enqueued: number;
  completed: number;
  failed: number;
  cancelled: number;
  wait_p50: number | null;
  wait_p95: number | null;
  run_p50: number | null;
  run_p95: number | null;
}

export interface MetricsRow extends MetricValues {
  queue: number;
  /** The number of hours since 1970; null for the totals of the queue. */
  hour: number | null;
}

/**
 * Counts the executions that were enqueued and that ended, per queue and hour and in total, from an hour on. An execution counts as
 * enqueued in the hour of its creation, in the queue in which it was when this was added up, and as ended, with its wait and run times, in
 * the hour of its end. The percentiles of the hours that are over are kept; the totals and the current hour have a histogram.
 */
export function metricsRows(db: Queryable, from: number): Promise<MetricsRow[]> {
  const total = -1;
  const quantiles = 'wait_p50, wait_p95, run_p50, run_p95';
  return db.query<MetricsRow & Record<string, unknown>>(
    `WITH open_since AS MATERIALIZED (
            SELECT greatest($1, floor(date_part('epoch', ${rolledUpUntil}) / 3600)::integer) AS hour),
          recent AS MATERIALIZED (SELECT * FROM (${timesOf(isRecent)}) AS t WHERE hour >= $1),
          times AS (
            SELECT s.queue, ${total} AS hour, s.measure, ${bucketsOf('s')}
              FROM ${inBlocks('queue_time_blocks', 'hours', 's.*', 's.queue IN (0, 1, 2)', 2)}
             UNION ALL
            SELECT s.queue, s.start, s.measure, ${bucketsOf('s')} FROM queue_time_blocks s
             WHERE s.queue IN (0, 1, 2) AND s.hours = 1 AND s.start >= (SELECT hour FROM open_since)
             UNION ALL
            SELECT queue, hour, measure, bucket, n, ms FROM recent
             UNION ALL
            SELECT queue, ${total}, measure, bucket, n, ms FROM recent),
          q AS (SELECT queue, hour, ${timeQuantiles} FROM (${ranked('queue, hour, measure', 'times')}) AS r GROUP BY queue, hour
                 UNION ALL
                SELECT queue, hour, ${quantiles} FROM queue_hours
                 WHERE queue IN (0, 1, 2) AND hour >= $1 AND hour < (SELECT hour FROM open_since)),
          counts AS (SELECT queue, coalesce(hour, ${total}) AS hour, sum(enqueued)::int AS enqueued, sum(completed)::int AS completed, sum(failed)::int AS failed,
                            sum(cancelled)::int AS cancelled
                       FROM (${hoursSince}) AS h GROUP BY GROUPING SETS ((queue, hour), (queue)))
     SELECT queue, nullif(hour, ${total}) AS hour, enqueued, completed, failed, cancelled, ${quantiles}
       FROM counts c LEFT JOIN q USING (queue, hour)`,
    [from, ...blocksSince(from)],
  );
}
