import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { settleWaiting } from './task-claims.queries.js';
import { requireTask } from './tasks.queries.js';

/** The most tasks on the way from a new dependency that are looked at for a circle: 10,000 in a row take 70 ms. */
const mostWalked = 10_000;

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
  // those that it has already close no circle
  const added = ids.filter((id) => !present.has(id));
  if (added.length > 0 && (await reaches(tx, added, taskId)))
    throw dependencyFault('A task cannot wait for itself');
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

/**
 * Checks whether following the dependencies from any of the tasks `from` leads to `taskId`. The walk is bounded, since it holds the lock
 * of the project.
 * @throws VALIDATION_ERROR when more tasks are reached than the bound
 */
async function reaches(tx: Transaction, from: string[], taskId: string): Promise<boolean> {
  if (from.includes(taskId)) return true;
  // a task that nothing waits for, such as a new one, closes no circle
  const dependents = await tx.query('SELECT 1 FROM task_dependencies WHERE depends_on_task_id = $1 LIMIT 1', [
    taskId,
  ]);
  if (dependents.length === 0) return false;
  const [walk] = await tx.query<{ is_reached: boolean | null; steps: number }>(
    `WITH RECURSIVE walked (id) AS (
       SELECT unnest($1::uuid[])
       UNION
       -- OFFSET keeps the planner from reading the whole table in each step
       SELECT d.depends_on_task_id FROM walked w CROSS JOIN LATERAL (
         SELECT depends_on_task_id FROM task_dependencies WHERE task_id = w.id OFFSET 0) AS d
     ) SELECT bool_or(id = $2) AS is_reached, count(*)::int AS steps
         FROM (SELECT id FROM walked LIMIT ${mostWalked + 1}) AS w`,
    [from, taskId],
  );
  if (walk!.is_reached) return true;
  if (walk!.steps > mostWalked)
    throw dependencyFault(`What it would wait for waits for more than ${mostWalked} tasks itself`);
  return false;
}

function dependencyFault(issue: string): AppError {
  return new AppError('VALIDATION_ERROR', { field: 'dependencies', issue });
}
