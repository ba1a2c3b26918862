import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from '../infra/database.js';

const fields = [
  'title',
  'description',
  'type',
  'status',
  'planned',
  'blocker',
  'due_at',
  'result',
  'source',
  'external_ref',
  'project_path',
  'priority',
  'progress_percentage',
  'estimated_duration',
  'assigned_to',
  'tags',
  'metadata',
  'command',
  'shell',
  'working_directory',
  'environment',
  'timeout',
  'retry_attempts',
  'limits',
  'final_exit_codes',
  'artifacts',
  'inputs',
  'concurrency',
  'runs_on',
] as const;

export const restorableFields: ReadonlySet<string> = new Set(fields);

export interface TaskFields extends Record<(typeof fields)[number], unknown> {
  progress_percentage: number;
  started_at: Date | null;
  completed_at: Date | null;
  actual_duration: number | null;
}

export interface TaskAfter extends Record<string, unknown> {
  id: string;
  project_id: string;
  title: string;
  status: string;
  progress_percentage: number;
  updated_at: Date;
}

const columns = [...fields, 'started_at', 'completed_at', 'actual_duration'];

/**
 * Updates the fields of a locked task that differ from the given values.
 * @returns the changes; undefined when nothing differs, in which case nothing is updated
 */
export async function writeTask(
  tx: Transaction,
  taskId: string,
  values: Partial<TaskFields>,
): Promise<{ after: TaskAfter; changes: Record<string, { old: unknown; new: unknown }> } | undefined> {
  const [present] = await tx.query<Record<string, unknown>>(
    `SELECT ${fields.join(', ')} FROM tasks WHERE id = $1`,
    [taskId],
  );
  const changes: Record<string, { old: unknown; new: unknown }> = {};
  for (const [key, value] of Object.entries(values)) {
    const old = recorded(present?.[key]);
    if (!restorableFields.has(key) || isDeepStrictEqual(old, value)) continue;
    changes[key] = { old, new: value };
  }
  if (Object.keys(changes).length === 0) return undefined;
  // jsonb_populate_record takes the columns that are not given from the row itself
  const [after] = await tx.query<TaskAfter>(
    `UPDATE tasks t SET (${columns.join(', ')}) =
            (SELECT ${columns.map((name) => `r.${name}`).join(', ')} FROM jsonb_populate_record(t, $2::jsonb) AS r),
            updated_at = now(), version = version + 1
      WHERE id = $1 RETURNING id, project_id, title, status, progress_percentage, updated_at`,
    [
      taskId,
      JSON.stringify('due_at' in values ? { ...values, due_at: values.due_at ?? 'infinity' } : values),
    ],
  );
  return { after: after!, changes };
}

/** Whether another task of the project has an `external_ref`. */
export async function isTaken(
  tx: Transaction,
  task: { id: string; project_id: string },
  ref: unknown,
): Promise<boolean> {
  const rows = await tx.query(
    'SELECT 1 FROM tasks WHERE project_id = $1 AND external_ref = $2 AND id <> $3 AND deleted_at IS NULL',
    [task.project_id, ref, task.id],
  );
  return rows.length > 0;
}

/** A stored value as the history has it: a time as a text, and null for a task that is never due. */
function recorded(value: unknown): unknown {
  if (value === Infinity) return null;
  return value instanceof Date ? value.toISOString() : value;
}
