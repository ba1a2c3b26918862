import { shellFor } from '../common/shell.js';
import { formatDuration } from '../common/duration.js';
import { AppError } from '../common/errors.js';
import type { Execution } from '../executions/execution.entity.js';
import type { Transaction } from '../infra/database.js';
import { refOf } from './task-ref.js';
import type { AccessibleTask } from './tasks.queries.js';

/**
 * Loads the last execution of a task that is to be retried.
 * @throws TASK_ALREADY_RUNNING, TASK_NOT_RETRYABLE
 */
export async function lastRunOf(tx: Transaction, task: AccessibleTask): Promise<Execution> {
  if (task.status === 'queued' || task.status === 'running')
    throw new AppError('TASK_ALREADY_RUNNING', { task_id: task.id });
  const [last] = await tx.query<Execution>('SELECT * FROM executions WHERE id = $1', [task.execution_id]);
  if (!last || (task.status !== 'failed' && task.status !== 'cancelled'))
    throw new AppError('TASK_NOT_RETRYABLE', { task_id: task.id, status: task.status });
  return last;
}

/**
 * Refuses to repeat a run with its inputs when it ran in another project, from which the task was moved: not everybody who sees the task
 * sees that run.
 * @throws VALIDATION_ERROR for `inputs`
 */
export function refuseForeignInputs(task: AccessibleTask, last: Execution): void {
  const hasInputs = last.secret_inputs_id !== null || Object.keys(last.inputs).length > 0;
  if (last.project_id === task.project_id || !hasInputs) return;
  throw new AppError('VALIDATION_ERROR', {
    field: 'inputs',
    issue: 'The last run was in another project: send the inputs again',
  });
}

/** The command that a run of a task has: its own, or the template of its project. */
export function commandOf(task: AccessibleTask): string | undefined {
  return task.command ?? task.project_settings.command_template;
}

/** Which program runs the command of a task. */
export const shellOf = (task: AccessibleTask): string => shellFor(task.shell, task.project_settings);

/** Builds the environment variables that describe a task to its command. */
export function taskVariables(task: AccessibleTask): Record<string, string> {
  return {
    TASK_ID: task.id,
    TASK_REF: refOf(task),
    TASK_TITLE: task.title,
    TASK_DESCRIPTION: cut(task.description),
    TASK_PRIORITY: String(task.priority),
    TASK_TAGS: task.tags.join(','),
    TASK_ESTIMATED_DURATION: formatDuration(task.estimated_duration) ?? '',
    PROJECT_ID: task.project_id,
    PROJECT_KEY: task.key,
  };
}

/** Linux refuses to start a process with a variable of more than 128 KiB, its name included. */
const longestVariable = 127 * 1024;

/** Truncates a text to as many whole characters as fit into a variable. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longestVariable) return text;
  return new TextDecoder().decode(bytes.subarray(0, longestVariable), { stream: true });
}
