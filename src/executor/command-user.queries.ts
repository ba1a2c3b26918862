import type { Execution } from '../executions/execution.entity.js';
import type { Queryable } from '../infra/database.js';

/**
 * Returns the number of the project of a run, or of the requester of a run without a project, and assigns it at the first run. There are
 * few numbers, and they are never reused, since files of the previous holder may be left. So projects that run nothing get none, and
 * the row is locked before the sequence is used, so that concurrent first runs take only one.
 */
export async function takeUserNumber(
  db: Queryable,
  { project_id, requested_by }: Pick<Execution, 'project_id' | 'requested_by'>,
): Promise<number> {
  const [table, id] = project_id === null ? ['users', requested_by] : ['projects', project_id];
  const [taken] = await db.query<{ command_user_number: number }>(
    `WITH without AS MATERIALIZED (
       SELECT id FROM ${table} WHERE id = $1 AND command_user_number IS NULL FOR NO KEY UPDATE)
     UPDATE ${table} o SET command_user_number = nextval('command_users') FROM without WHERE o.id = without.id
     RETURNING o.command_user_number`,
    [id],
  );
  if (taken) return taken.command_user_number;
  const [present] = await db.query<{ command_user_number: number }>(
    `SELECT command_user_number FROM ${table} WHERE id = $1`,
    [id],
  );
  return present!.command_user_number;
}
