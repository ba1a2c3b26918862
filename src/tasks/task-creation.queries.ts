import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { accessRole, memberJoin, taskTotal, visible } from '../projects/projects.queries.js';
import { columnValue, writtenColumns } from './task-columns.js';
import type { Task } from './task.entity.js';
import type { CreateTask } from './tasks.schema.js';

export interface InsertedTask extends Record<string, unknown> {
  project_id: string;
  key: string;
  ref_digits: number;
  assigned_to: string | null;
  /** As the catalogue of labels spells them. */
  tags: string[];
  created_at: Date;
}

/** The fields of a new task, with what follows from the status that was asked for. */
export type NewTask = Omit<CreateTask, 'status' | 'dependencies' | 'draft'> &
  Pick<Task, 'status' | 'is_draft' | 'planned' | 'progress_percentage' | 'started_at' | 'completed_at'>;

const stored = [...writtenColumns, 'is_draft'] as const;
const firstStored = 8;
/** The placeholder of `is_draft`: drafts do not count. */
const isDraft = `$${firstStored + stored.indexOf('is_draft')}::boolean`;
const placeholders = stored
  .map((name, index) => [name, `$${firstStored + index}`] as const)
  .map(([name, value]) => (name === 'tags' ? `attach_labels(project.id, $1::uuid, ${value}::text[])` : value))
  .join(', ');

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
  input: NewTask,
  margin: number,
): Promise<InsertedTask | undefined> {
  const column = input.project_id.includes('-') ? 'id' : 'key';
  const [inserted] = await tx.query<InsertedTask>(
    `WITH project AS (
       SELECT p.id, p.key, p.ref_digits, p.settings->'auto_assign' = 'true' AS auto_assign FROM projects p ${memberJoin}
        WHERE p.${column} = $3 AND p.deleted_at IS NULL AND p.status <> 'archived' AND ${visible}
          AND ${accessRole} IN ('owner', 'developer')
          AND (${isDraft} OR (p.resource_limits->>'max_tasks')::int - $4::int > ${taskTotal('p.id')})
     ), inserted AS (
       INSERT INTO tasks (id, project_id, number, assigned_to, created_by, ${stored.join(', ')})
       SELECT $5, project.id, $6, coalesce($7::uuid, CASE WHEN project.auto_assign THEN $1::uuid END), $1, ${placeholders} FROM project
       RETURNING project_id, assigned_to, tags, created_at
     )
     SELECT inserted.project_id, project.key, project.ref_digits, inserted.assigned_to, inserted.tags, inserted.created_at FROM inserted, project`,
    [
      actor.id,
      actor.role === 'admin',
      input.project_id,
      margin,
      id,
      number,
      input.assigned_to,
      ...stored.map((name) => columnValue(name, input[name])),
    ],
  );
  return inserted;
}
