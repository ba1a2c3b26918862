import type { App } from '../support/app.js';
import { until } from '../support/until.js';

/** Columns that name what a row belongs to. */
const owning = /^(project|task|execution|document|attachment|artifact|webhook|linked)_id$/;
/** What is of a project without belonging to it: it stays. */
const staying = new Set(['activity', 'erased_projects', 'sessions']);

interface Column extends Record<string, unknown> {
  table: string;
  column: string;
}

function idColumns(app: App): Promise<Column[]> {
  return app.query<Column>(
    `SELECT c.table_name AS table, c.column_name AS column
       FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'uuid' ORDER BY 1, 2`,
  );
}

/** The names of all tables with a column of ids. */
export async function tablesWithIds(app: App): Promise<string[]> {
  return [...new Set((await idColumns(app)).map(({ table }) => table))].toSorted();
}

/** Finds a project's id and those of all that belongs to it, by whatever path. */
export async function idsOf(app: App, projectId: string): Promise<string[]> {
  const columns = await idColumns(app);
  const ids = new Set([projectId]);
  for (let size = 0; size < ids.size;) {
    size = ids.size;
    for (const { table, column } of columns) {
      const hasId = columns.some((other) => other.table === table && other.column === 'id');
      if (!hasId || staying.has(table) || !owning.test(column)) continue;
      const rows = await app.query<{ id: string }>(`SELECT id FROM ${table} WHERE ${column} = ANY ($1)`, [
        [...ids],
      ]);
      for (const { id } of rows) ids.add(id);
    }
  }
  return [...ids];
}

/** Counts the rows of each table that has an id among these in any column. */
export async function rowsWith(app: App, ids: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { table, column } of await idColumns(app)) {
    const [row] = await app.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE ${column} = ANY ($1)`,
      [ids],
    );
    if (row!.n > 0) counts.set(table, (counts.get(table) ?? 0) + row!.n);
  }
  return counts;
}

/** Waits until the last row of a deleted project is gone, as if the time for requests that had begun before were over. */
export async function erased(app: App, projectId: string): Promise<void> {
  await app.query(`UPDATE erased_projects SET erased_at = now() - interval '1 hour' WHERE id = $1`, [
    projectId,
  ]);
  const finished = async () =>
    (await app.query('SELECT 1 FROM erased_projects WHERE id = $1 AND finished_at IS NOT NULL', [projectId]))
      .length > 0;
  await until(finished, { timeout: 40_000, what: 'the last row of the project to be gone' });
}
