import { AppError } from '../common/errors.js';
import type { Transaction } from '../infra/database.js';
import { jsonPieces } from '../common/json-pieces.js';
import { changesTask } from './import-plan.js';
import type { PlannedTask } from './plan-tasks.js';
import { columnTypes } from '../tasks/task-columns.js';

/** The columns that depend on others of a task, on other tasks or on labels, or that others depend on. */
const dependent = new Set<string>([
  'status',
  'planned',
  'blocker',
  'started_at',
  'completed_at',
  'parent_id',
  'external_ref',
  'tags',
]);
/** The other columns, with their types. */
const types = Object.fromEntries(Object.entries(columnTypes).filter(([name]) => !dependent.has(name)));

/** Whether the only changes of a task are of fields that depend on nothing else. */
export const isPlain = (task: PlannedTask): boolean =>
  changesTask(task) &&
  !task.isRestored &&
  [task.status, task.assigned_to, task.parent_id, task.dependencies].every((value) => value === undefined) &&
  Object.keys(task.fields).every((name) => Object.hasOwn(types, name));

const columns = Object.entries(types).map(([name, type]) => `${name} ${type}`);
const assignments = Object.keys(types).map(
  (name) => `${name} = CASE WHEN n.names ? '${name}' THEN n.${name} ELSE t.${name} END`,
);
const changing = `UPDATE tasks t SET ${assignments.join(', ')}, updated_at = now(), version = t.version + 1
    FROM (SELECT r.*, r.changed::jsonb AS names FROM json_to_recordset($2) AS r (id uuid, seen integer, changed json, ${columns.join(', ')})) AS n
   WHERE t.id = n.id AND t.project_id = $1 AND t.version = n.seen AND t.deleted_at IS NULL
  RETURNING t.id, t.updated_at`;

/**
 * Changes plain fields of many tasks with few statements, since others wait for each task until the end of the transaction. One that was
 * changed since it was compared with the file is left.
 * @returns those that were changed
 */
export async function changeFields(
  tx: Transaction,
  projectId: string,
  tasks: PlannedTask[],
): Promise<{ id: string; updated_at: Date }[]> {
  const changed: { id: string; updated_at: Date }[] = [];
  const rows = tasks.map(({ id, existing, fields }) => ({
    ...fields,
    ...(fields.due_at === Infinity ? { due_at: 'infinity' } : {}),
    id,
    seen: existing!.version,
    changed: Object.keys(fields),
  }));
  for (const { json } of jsonPieces(rows))
    changed.push(...(await tx.query<{ id: string; updated_at: Date }>(changing, [projectId, json])));
  return changed;
}

/**
 * Keeps the tasks and the documents that an import changes where they were when they were compared with the file: one that was moved to
 * another project meanwhile, or deleted, must not be written to.
 * @throws RESOURCE_IN_USE
 */
export async function lockExisting(
  tx: Transaction,
  projectId: string,
  taskIds: string[],
  documentIds: string[],
): Promise<void> {
  const tasks = await tx.query(
    'SELECT 1 FROM tasks WHERE id = ANY ($1::uuid[]) AND project_id = $2 AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE',
    [taskIds, projectId],
  );
  const documents = await tx.query(
    'SELECT 1 FROM documents WHERE id = ANY ($1::uuid[]) AND project_id = $2 ORDER BY id FOR UPDATE',
    [documentIds, projectId],
  );
  if (tasks.length < taskIds.length || documents.length < documentIds.length)
    throw new AppError(
      'RESOURCE_IN_USE',
      { project_id: projectId },
      { message: 'Something that the file changes was moved or deleted meanwhile: import it again' },
    );
}
