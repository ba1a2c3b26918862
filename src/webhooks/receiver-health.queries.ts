import type { Queryable } from '../infra/database.js';
import type { DeliveryResult } from './outbox.queries.js';

/**
 * Records since when receivers have failed: the first failure after a success sets the time, a success clears it. Only these changes are
 * written, and rows are locked in the order of their ids, since several processes do this at the same time.
 * @returns the ids of webhooks with failures only
 */
export async function recordHealth(db: Queryable, results: readonly DeliveryResult[]): Promise<string[]> {
  const health = new Map<string, boolean>();
  for (const { webhookId, healthy } of results)
    if (healthy !== undefined) health.set(webhookId, healthy || health.get(webhookId) === true);
  if (health.size === 0) return [];
  await db.query(
    `WITH changed AS (
       SELECT w.id, h.healthy FROM webhooks w JOIN unnest($1::uuid[], $2::bool[]) AS h (id, healthy) USING (id)
        WHERE (w.failing_since IS NOT NULL) = h.healthy ORDER BY w.id FOR UPDATE OF w
     )
     UPDATE webhooks w SET failing_since = CASE WHEN NOT changed.healthy THEN now() END FROM changed WHERE w.id = changed.id`,
    [[...health.keys()], [...health.values()]],
  );
  return [...health].filter(([, healthy]) => !healthy).map(([id]) => id);
}

/** Finds the active webhooks among `ids` that have failed for a number of days. */
export function findLongFailing(db: Queryable, ids: readonly string[], days: number) {
  return db.query<{ id: string; url: string }>(
    `SELECT id, url FROM webhooks
      WHERE id = ANY($1::uuid[]) AND active AND failing_since < now() - $2 * interval '1 day'`,
    [ids, days],
  );
}
