import type { Queryable } from '../infra/database.js';
import type { DeliveryResult } from './outbox.queries.js';

/**
 * Keeps since when receivers have failed: the first failure after a success sets it, a success clears it. Rows are written
 * at these turns only, and locked in one order, since several processes do this at once.
 * @returns the webhooks that only failed
 */
export async function noteHealth(db: Queryable, results: readonly DeliveryResult[]): Promise<string[]> {
  const health = new Map<string, boolean>();
  for (const { webhookId, healthy } of results)
    if (healthy !== undefined) health.set(webhookId, healthy || health.get(webhookId) === true);
  if (health.size === 0) return [];
  await db.query(
    `WITH turned AS (
       SELECT w.id, h.healthy FROM webhooks w JOIN unnest($1::uuid[], $2::bool[]) AS h (id, healthy) USING (id)
        WHERE (w.failing_since IS NOT NULL) = h.healthy ORDER BY w.id FOR UPDATE OF w
     )
     UPDATE webhooks w SET failing_since = CASE WHEN NOT turned.healthy THEN now() END FROM turned WHERE w.id = turned.id`,
    [[...health.keys()], [...health.values()]],
  );
  return [...health].filter(([, healthy]) => !healthy).map(([id]) => id);
}

/** Those of the webhooks that have failed for so many days. */
export function findGivenUp(db: Queryable, ids: readonly string[], days: number) {
  return db.query<{ id: string; url: string }>(
    `SELECT id, url FROM webhooks
      WHERE id = ANY($1::uuid[]) AND active AND failing_since < now() - $2 * interval '1 day'`,
    [ids, days],
  );
}
