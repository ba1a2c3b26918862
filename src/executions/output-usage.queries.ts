import type { Queryable } from '../infra/database.js';

/**
 * Builds the statement that adds bytes of stored output to the counter of this connection.
 * @param rows a query for the owner's id and the bytes; see `ownerOf` for the owner
 */
export const addingUsage = (rows: string) =>
  `INSERT INTO output_usage AS u (owner, shard, bytes)
   SELECT added.owner, pg_backend_pid(), added.bytes FROM (${rows}) AS added (owner, bytes)
       ON CONFLICT (owner, shard) DO UPDATE SET bytes = u.bytes + excluded.bytes`;

const adding = addingUsage('SELECT $1::uuid, $2::bigint');

/** Adds bytes of stored output to the counter of an owner, or subtracts them. */
export async function addUsage(db: Queryable, owner: string, bytes: number): Promise<void> {
  await db.query(adding, [owner, bytes]);
}

/** Builds an SQL expression for the bytes of stored output of an owner. */
export const usageOf = (owner: string) =>
  `(SELECT coalesce(sum(u.bytes), 0) FROM output_usage u WHERE u.owner = ${owner})`;

/** Reads the bytes of stored output of a project, or of a user's commands without one. */
export async function readUsage(db: Queryable, owner: string): Promise<number> {
  const [row] = await db.query<{ bytes: string }>(`SELECT ${usageOf('$1')} AS bytes`, [owner]);
  return Number(row?.bytes ?? 0);
}
