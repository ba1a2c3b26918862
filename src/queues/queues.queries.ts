import type { Queryable } from '../infra/database.js';
import { countsOf, hourOf, rolledUpUntil } from '../infra/rollups/queue-rollup.queries.js';

/** The number up to which the executions of a queue are counted at each request. */
export const countedUpTo = 1_000;

export interface QueueCounts extends Record<string, unknown> {
  queue: number;
  /** At most `countedUpTo`. */
  size: number;
  processing: number;
  paused: boolean;
  pause_reason: string | null;
}

const queued = "SELECT 1 FROM executions e WHERE e.status = 'queued' AND e.queue = n.queue";

/** Reads the state of each of the three queues, and counts its executions. */
export function queueCounts(db: Queryable): Promise<QueueCounts[]> {
  return db.query<QueueCounts>(
    `SELECT n.queue, coalesce(s.paused, false) AS paused, s.reason AS pause_reason,
            (SELECT count(*)::int FROM (${queued} LIMIT ${countedUpTo}) AS q) AS size,
            (SELECT count(*)::int FROM executions e WHERE e.status = 'running' AND e.queue = n.queue) AS processing
       FROM generate_series(0, 2) AS n (queue) LEFT JOIN queue_states s ON s.queue = n.queue ORDER BY n.queue`,
  );
}

/** Counts everything that is queued, which takes 10 ms for 100,000. */
export async function queueSizes(db: Queryable): Promise<number[]> {
  const rows = await db.query<{ size: number }>(
    `SELECT (SELECT count(*)::int FROM (${queued}) AS q) AS size FROM generate_series(0, 2) AS n (queue) ORDER BY n.queue`,
  );
  return rows.map(({ size }) => size);
}

/** What has been added up, and what is read from the rows. The second bound of time tells the planner that these rows are few. */
export const isRecent = (time: string) => `${time} >= ${rolledUpUntil} AND ${time} < 'infinity'`;
export const hoursSince = `
  SELECT queue, hour, enqueued, completed, failed, cancelled, ran, run_ms, failed_runs FROM queue_hours
   WHERE queue IN (0, 1, 2) AND hour >= $1
   UNION ALL
  SELECT * FROM (${countsOf(isRecent)}) AS recent WHERE hour >= $1`;

export interface Throughput extends Record<string, unknown> {
  slots: number;
  /** The slots of workers that take runs, without those that are in use. */
  idle: number;
  running: number;
  /** Of each queue, since midnight UTC. */
  completed_today: number[];
  average_seconds: number | null;
  completed: number;
  ended: number;
}

/** Counts the slots of live workers, and the executions that ended in the current hour and the 23 before. */
export async function readThroughput(db: Queryable, leaseSeconds: number): Promise<Throughput> {
  const now = Date.now();
  const midnight = Math.floor(hourOf(now) / 24) * 24;
  const [row] = await db.query<Throughput>(
    `WITH h AS MATERIALIZED (${hoursSince})
     SELECT (SELECT coalesce(sum(slots), 0)::int FROM workers WHERE seen_at > now() - make_interval(secs => $2)) AS slots,
            (SELECT greatest(0, coalesce(sum(w.slots - (
                      SELECT count(*) FROM executions e WHERE e.status = 'running' AND e.worker_id = w.id)), 0))::int
               FROM workers w WHERE NOT w.draining AND w.seen_at > now() - make_interval(secs => $2)) AS idle,
            (SELECT count(*)::int FROM executions WHERE status = 'running') AS running,
            ARRAY(SELECT coalesce(sum(h.completed), 0)::int FROM generate_series(0, 2) AS n (queue)
                    LEFT JOIN h ON h.queue = n.queue AND h.hour >= $3 GROUP BY n.queue ORDER BY n.queue) AS completed_today,
            (sum(run_ms) / nullif(sum(ran), 0))::float8 / 1000 AS average_seconds,
            coalesce(sum(completed), 0)::int AS completed, coalesce(sum(completed + failed_runs), 0)::int AS ended
       FROM h`,
    [hourOf(now) - 23, leaseSeconds, midnight],
  );
  return row!;
}

/** Counts the runs that ended in the last ten minutes. */
export async function endedRecently(db: Queryable): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count(started_at)::int AS n FROM executions WHERE finished_at > now() - interval '10 minutes' AND finished_at < 'infinity'`,
  );
  return row!.n;
}
