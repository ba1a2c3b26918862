import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { accessRole, memberJoin, taskTotal, visible } from '../projects/projects.queries.js';
import type { CreateTask } from './tasks.schema.js';

export interface InsertedTask extends Record<string, unknown> {
  project_id: string;
  key: string;
  assigned_to: string | null;
  created_at: Date;
}

/**
 * Stores a task if the actor may write in its project and the project has room.
 * @param margin how far below its limit the project's number of tasks must be
 * @returns undefined when the actor may not write there, or the project has not enough room
 */
export async function insertTask(
  tx: Transaction,
  actor: Actor,
  id: string,
  number: number,
  input: CreateTask,
  margin: number,
): Promise<InsertedTask | undefined> {
  const column = input.project_id.includes('-') ? 'id' : 'key';
  const [inserted] = await tx.query<InsertedTask>(
    `WITH project AS (
       SELECT p.id, p.key, p.settings->'auto_assign' = 'true' AS auto_assign FROM projects p ${memberJoin}
        WHERE p.${column} = $3 AND p.deleted_at IS NULL AND p.status <> 'archived' AND ${visible}
          AND ${accessRole} IN ('owner', 'developer')
          AND (p.resource_limits->>'max_tasks')::int - $4::int > ${taskTotal('p.id')}
     ), inserted AS (
       INSERT INTO tasks (id, project_id, number, title, description, priority, estimated_duration, assigned_to, created_by, tags,
                          metadata, command, working_directory, environment, timeout, retry_attempts, limits, final_exit_codes)
       SELECT $5, project.id, $6, $7, $8, $9, $10, coalesce($11::uuid, CASE WHEN project.auto_assign THEN $1::uuid END), $1, $12,
              $13, $14, $15, $16, $17, $18, $19, $20 FROM project
       RETURNING project_id, assigned_to, created_at
     )
     SELECT inserted.project_id, project.key, inserted.assigned_to, inserted.created_at FROM inserted, project`,
    [
      actor.id,
      actor.role === 'admin',
      input.project_id,
      margin,
      id,
      number,
      input.title,
      input.description,
      input.priority,
      input.estimated_duration,
      input.assigned_to,
      input.tags,
      input.metadata,
      input.command,
      input.working_directory,
      input.environment,
      input.timeout,
      input.retry_attempts,
      input.limits,
      input.final_exit_codes,
    ],
  );
  return inserted;
}
