import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { settleWaiting } from './task-claims.queries.js';
import { requireTask } from './tasks.queries.js';

/**
 * Replaces the dependencies of a task.
 * @throws VALIDATION_ERROR when one belongs to another project or depends on this task
 */
export async function setDependencies(
  tx: Transaction,
  actor: Actor,
  taskId: string,
  projectId: string,
  names: string[],
): Promise<void> {
  // the changes of dependencies in a project are serialized, so that two concurrent ones cannot close a cycle together
  await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
  // one may stay that was moved to another project, which the actor need not see
  const rows = await tx.query<{ id: string }>(
    'SELECT depends_on_task_id AS id FROM task_dependencies WHERE task_id = $1',
    [taskId],
  );
  const present = new Set(rows.map(({ id }) => id));
  const ids: string[] = [];
  for (const name of new Set(names)) {
    if (present.has(name)) {
      ids.push(name);
      continue;
    }
    const { id, project_id } = await requireTask(tx, actor, name, 'read');
    if (project_id !== projectId && !present.has(id))
      throw dependencyFault(`${id} belongs to another project`);
    if (!ids.includes(id)) ids.push(id);
  }
  if (await reaches(tx, ids, taskId)) throw dependencyFault('A task cannot wait for itself');
  await tx.query('DELETE FROM task_dependencies WHERE task_id = $1 AND depends_on_task_id <> ALL($2)', [
    taskId,
    ids,
  ]);
  await tx.query(
    `INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
     SELECT n.id, $1, n.depends_on FROM unnest($2::uuid[], $3::uuid[]) AS n (id, depends_on)
     ON CONFLICT (task_id, depends_on_task_id) DO NOTHING`,
    [taskId, ids.map(() => newId()), ids],
  );
  // after the commit, so that of two transactions which change what it waits for the later one sees both
  void tx.behindCommit(() => settleWaiting(tx, [taskId]));
}

/** Checks whether following the dependencies from any of the tasks `from` leads to `taskId`. */
async function reaches(tx: Transaction, from: string[], taskId: string): Promise<boolean> {
  const rows = await tx.query(
    `WITH RECURSIVE reached (id) AS (
       SELECT unnest($1::uuid[])
       UNION
       SELECT d.depends_on_task_id FROM task_dependencies d JOIN reached r ON d.task_id = r.id
     ) SELECT 1 FROM reached WHERE id = $2`,
    [from, taskId],
  );
  return rows.length > 0;
}

function dependencyFault(issue: string): AppError {
  return new AppError('VALIDATION_ERROR', { field: 'dependencies', issue });
}
