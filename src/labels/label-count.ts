import type { Queryable } from '../infra/database.js';

/** The most labels of a project, and of the whole installation. */
export const mostLabels = 20_000;

/** Counts the labels of a project, or without one those of the installation, up to `mostLabels`. */
export async function countLabels(db: Queryable, projectId: string | null): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT 1 FROM labels WHERE ${projectId === null ? 'project_id IS NULL AND $1::uuid IS NULL' : 'project_id = $1'} LIMIT $2) AS counted`,
    [projectId, mostLabels],
  );
  return row!.n;
}
