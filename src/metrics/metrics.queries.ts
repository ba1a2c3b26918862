import type { Queryable } from '../infra/database.js';

export interface QueueDepth extends Record<string, unknown> {
  queue: number;
  /** Queued executions that were admitted and that no worker has claimed yet. */
  admitted: number;
  /** Queued executions that are held back by a pause, a project's limit, dependencies, a backoff or maintenance. */
  held: number;
  running: number;
  /** The time that the oldest admitted execution has been waiting for a worker. */
  oldest_seconds: number;
}

/**
 * Counts the executions of each queue that have not ended. What is held back may be very many, so it is the difference of a count in an
 * index and of the admitted ones, which are bounded by the limits of their projects and users.
 */
export function queueDepths(db: Queryable): Promise<QueueDepth[]> {
  return db.query<QueueDepth>(
    `SELECT n.queue, a.admitted, a.running, a.oldest_seconds,
            greatest(0, (SELECT count(*)::int FROM executions e WHERE e.status = 'queued' AND e.queue = n.queue) - a.admitted) AS held
       FROM generate_series(0, 2) AS n (queue)
       LEFT JOIN LATERAL (
         SELECT count(*) FILTER (WHERE status = 'queued')::int AS admitted, count(*) FILTER (WHERE status = 'running')::int AS running,
                coalesce(extract(epoch FROM now() - min(admitted_at) FILTER (WHERE status = 'queued')), 0)::float8 AS oldest_seconds
           FROM executions WHERE status IN ('queued', 'running') AND admitted_at IS NOT NULL AND executions.queue = n.queue) AS a ON true`,
  );
}

export interface OverallFigures extends Record<string, unknown> {
  deliveries: number;
  oldest_delivery_seconds: number;
  workers: number;
  slots: number;
}

/** Counts pending webhook deliveries and live workers. */
export async function overallFigures(db: Queryable, leaseSeconds: number): Promise<OverallFigures> {
  const [row] = await db.query<OverallFigures>(
    `SELECT d.deliveries, d.oldest_delivery_seconds, w.workers, w.slots
       FROM (SELECT count(*)::int AS deliveries,
                    coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_delivery_seconds
               FROM webhook_deliveries WHERE status = 'pending') AS d,
            (SELECT count(*)::int AS workers, coalesce(sum(slots), 0)::int AS slots
               FROM workers WHERE seen_at > now() - make_interval(secs => $1)) AS w`,
    [leaseSeconds],
  );
  return row!;
}
