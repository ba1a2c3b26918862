import { AppError } from '../common/errors.js';
import type { Transaction } from '../infra/database.js';
import { taskTotal } from '../projects/projects.queries.js';

/**
 * Checks that the project of a task has room for one more, and keeps others from taking it until the end of the transaction.
 * @throws PROJECT_LIMIT_EXCEEDED
 */
export async function hasRoom(tx: Transaction, { project_id }: { project_id: string }): Promise<void> {
  await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [project_id]);
  const [row] = await tx.query<{ most: number; n: number }>(
    `SELECT (p.resource_limits->>'max_tasks')::int AS most, ${taskTotal('p.id')} AS n FROM projects p WHERE p.id = $1`,
    [project_id],
  );
  if (row && row.n >= row.most)
    throw new AppError('PROJECT_LIMIT_EXCEEDED', { project_id, limit: 'max_tasks', value: row.most });
}

/**
 * Checks that the tasks of a project take no more bytes than they may, after one was moved there; a trigger does so when one is written.
 * @throws PROJECT_LIMIT_EXCEEDED
 */
export async function refuseFullTasks(tx: Transaction, projectId: string): Promise<void> {
  const [row] = await tx.query<{ most: string; bytes: string }>(
    `SELECT 67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint AS most,
            (SELECT coalesce(sum(c.bytes), 0) FROM task_counts c WHERE c.project_id = p.id) AS bytes
       FROM projects p WHERE p.id = $1`,
    [projectId],
  );
  if (row && Number(row.bytes) > Number(row.most))
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: projectId,
      limit: 'task_storage',
      value: Number(row.most),
    });
}
