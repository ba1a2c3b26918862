import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { requireTask } from './tasks.queries.js';

/**
 * Finds the task that another, which exists, is to be a part of.
 * @returns the parent's id
 * @throws TASK_NOT_FOUND, VALIDATION_ERROR when it belongs to another project, or is the task itself or a part of it
 */
export async function requireParent(
  tx: Transaction,
  actor: Actor,
  name: string,
  projectId: string,
  taskId: string,
): Promise<string> {
  const parent = await requireTask(tx, actor, name, 'read');
  if (parent.project_id !== projectId) throw parentElsewhere();
  // the changes of parents in a project are serialized, so that two concurrent ones cannot close a circle together
  await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
  const [circle] = await tx.query(
    `WITH RECURSIVE above (id) AS (
       SELECT $1::uuid UNION SELECT t.parent_id FROM tasks t JOIN above a ON t.id = a.id WHERE t.parent_id IS NOT NULL
     ) SELECT 1 FROM above WHERE id = $2`,
    [parent.id, taskId],
  );
  if (circle) throw parentFault('A task cannot be a part of itself');
  return parent.id;
}

export const parentElsewhere = () => parentFault('The parent belongs to another project');

function parentFault(issue: string): AppError {
  return new AppError('VALIDATION_ERROR', { field: 'parent_id', issue });
}
