import type { Queryable, Transaction } from '../infra/database.js';

/** Locks the output of an execution: waits for segments that are being stored, and blocks others until the transaction ends. */
export async function lockOutput(tx: Transaction, executionId: string): Promise<void> {
  await tx.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [executionId]);
}

/** Counts the bytes of output that are stored from the start without a gap. */
export async function storedBytes(db: Queryable, executionId: string): Promise<number> {
  const [row] = await db.query<{ total: string }>(
    `SELECT coalesce(min(s.ends) FILTER (WHERE s.next IS DISTINCT FROM s.ends), 0) AS total
       FROM (SELECT ends, lead("offset") OVER (ORDER BY "offset") AS next
               FROM (SELECT -1 AS "offset", 0 AS ends
                      UNION ALL
                     SELECT "offset", "offset" + length(content) FROM output_segments WHERE execution_id = $1
                    ) AS segments) AS s`,
    [executionId],
  );
  return Number(row?.total ?? 0);
}
