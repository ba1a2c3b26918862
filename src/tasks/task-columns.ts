import type { Task } from './task.entity.js';

/** The columns of a task that its creation and its changes write as they are given. */
export const writtenColumns = [
  'title',
  'description',
  'type',
  'status',
  'planned',
  'blocker',
  'priority',
  'progress_percentage',
  'due_at',
  'parent_id',
  'result',
  'source',
  'external_ref',
  'project_path',
  'started_at',
  'completed_at',
  'estimated_duration',
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
] as const satisfies (keyof Task)[];

/** A value as the driver takes it for a column: it would send a list as an array of Postgres, also where the column has JSON. */
export function columnValue(name: string, value: unknown): unknown {
  return name === 'inputs' ? JSON.stringify(value) : value;
}
