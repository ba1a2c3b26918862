import type { Queryable } from '../infra/database.js';

export interface QueueCounts extends Record<string, unknown> {
  queue: number;
  size: number;
  processing: number;
  completed_today: number;
  paused: boolean;
  pause_reason: string | null;
}

/** Reads the state of each of the three queues, and counts its executions. */
export function queueCounts(db: Queryable): Promise<QueueCounts[]> {
  return db.query<QueueCounts>(
    `SELECT n.queue, coalesce(s.paused, false) AS paused, s.reason AS pause_reason,
            (SELECT count(*)::int FROM executions e WHERE e.status = 'queued' AND e.queue = n.queue) AS size,
            (SELECT count(*)::int FROM executions e WHERE e.status = 'running' AND e.queue = n.queue) AS processing,
            (SELECT count(*)::int FROM executions e WHERE e.status = 'completed' AND e.queue = n.queue
                AND e.finished_at >= date_trunc('day', now(), 'UTC')) AS completed_today
       FROM generate_series(0, 2) AS n (queue) LEFT JOIN queue_states s ON s.queue = n.queue ORDER BY n.queue`,
  );
}

export interface Throughput extends Record<string, unknown> {
  slots: number;
  running: number;
  /** Ended in the last ten minutes. */
  ended_recently: number;
  average_seconds: number | null;
  completed: number;
  ended: number;
}

/** Counts the slots of live workers, and the executions that ended in the last 24 hours. */
export async function readThroughput(db: Queryable, leaseSeconds: number): Promise<Throughput> {
  const [row] = await db.query<Throughput>(
    `SELECT (SELECT coalesce(sum(slots), 0)::int FROM workers WHERE seen_at > now() - make_interval(secs => $1)) AS slots,
            (SELECT count(*)::int FROM executions WHERE status = 'running') AS running,
            count(*) FILTER (WHERE finished_at > now() - interval '10 minutes')::int AS ended_recently,
            avg(extract(epoch FROM finished_at - started_at))::float8 AS average_seconds,
            count(*) FILTER (WHERE status = 'completed')::int AS completed,
            count(*) FILTER (WHERE status IN ('completed', 'failed'))::int AS ended
       FROM executions WHERE finished_at > now() - interval '24 hours' AND started_at IS NOT NULL`,
    [leaseSeconds],
  );
  return row!;
}

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
  /** Null for the totals of the queue. */
  hour: Date | null;
}

/**
 * Counts the executions that were enqueued and that ended, per queue and hour and in total. An execution counts as enqueued in the hour
 * of its creation, and as ended, with its wait and run times, in the hour of its end.
 */
export function metricsRows(db: Queryable, from: Date, to: Date): Promise<MetricsRow[]> {
  const percentile = (fraction: number, value: string) =>
    `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY ${value})::float8`;
  return db.query<MetricsRow & Record<string, unknown>>(
    `WITH facts AS (
       SELECT queue, date_trunc('hour', created_at, 'UTC') AS hour, 'enqueued' AS what, NULL::float8 AS wait, NULL::float8 AS run
         FROM executions WHERE created_at >= $1 AND created_at < $2
       UNION ALL
       SELECT queue, date_trunc('hour', finished_at, 'UTC'), status,
              extract(epoch FROM started_at - created_at)::float8, extract(epoch FROM finished_at - started_at)::float8
         FROM executions WHERE finished_at >= $1 AND finished_at < $2)
     SELECT queue, hour,
            count(*) FILTER (WHERE what = 'enqueued')::int AS enqueued,
            count(*) FILTER (WHERE what = 'completed')::int AS completed,
            count(*) FILTER (WHERE what = 'failed')::int AS failed,
            count(*) FILTER (WHERE what = 'cancelled')::int AS cancelled,
            ${percentile(0.5, 'wait')} AS wait_p50, ${percentile(0.95, 'wait')} AS wait_p95,
            ${percentile(0.5, 'run')} AS run_p50, ${percentile(0.95, 'run')} AS run_p95
       FROM facts GROUP BY GROUPING SETS ((queue, hour), (queue)) ORDER BY queue, hour`,
    [from, to],
  );
}
