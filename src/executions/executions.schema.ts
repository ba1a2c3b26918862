import { z } from 'zod';
import { durationSchema, formatDuration } from '../common/duration.js';
import { id, instant, toInstant } from '../common/fields.js';
import { cursorParameter } from '../http/keyset.js';
import { queryNumber, querySchema } from '../http/query.js';
import { runLimitsSchema } from '../common/run-limits.js';
import { secretMask } from './inputs/check-inputs.js';
import { shownGroup } from './concurrency.js';
import { executionReasons, executionStatuses, type ExecutionStatus } from './transitions/execution-state.js';
import { originTypes, type Execution } from './execution.entity.js';
import { waitingReasons } from './admission/admission.queries.js';
import { commandTruncated, listedCommandColumns, type WithListedCommand } from './listed-command.js';

export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

export const queueNames = ['high_priority', 'normal_priority', 'low_priority'] as const;
export type QueueName = (typeof queueNames)[number];

/** Maps a priority to the number under which it is stored: 0 is served first. */
export const queueOf = (priority: Priority) => priorities.indexOf(priority);

/** The states as clients see them: a running execution whose cancellation was requested is `cancelling`. */
const shownStatuses = [...executionStatuses, 'cancelling'] as const;

export const executionSchema = z
  .object({
    execution_id: id,
    task_id: id.nullable(),
    project_id: id.nullable(),
    status: z.enum(shownStatuses),
    reason: z.enum(executionReasons).nullable(),
    why_waiting: z.enum(waitingReasons).nullable(),
    priority: z.enum(priorities),
    attempt: z.int().min(1),
    retry_of: id.nullable(),
    command: z.string(),
    shell: z
      .string()
      .meta({ description: 'The program that runs the command with `-c`', examples: ['bash'] }),
    working_directory: z.string(),
    timeout: z.int().meta({ description: 'Seconds' }),
    limits: runLimitsSchema,
    network: z.boolean().meta({ description: 'false when the command has no network' }),
    final_exit_codes: z.array(z.int()),
    artifacts: z.array(z.string()).meta({ description: 'Globs of the files that are kept of the run' }),
    artifacts_omitted: z
      .int()
      .min(0)
      .meta({ description: 'The number of files that match and were left out' }),
    artifacts_error: z
      .string()
      .nullable()
      .meta({ description: 'Why files were left out, or could not be looked for' }),
    inputs: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: `The values of its inputs by name; that of a secret shows as ${secretMask}` }),
    origin: z
      .object({ type: z.enum(originTypes), id })
      .nullable()
      .meta({ description: 'The schedule or trigger that has started it; null when somebody has' }),
    concurrency_group: z.string().nullable().meta({
      description: 'The group in which at most `concurrency_limit` runs are under way at a time',
    }),
    concurrency_limit: z.int().nullable(),
    runs_on: z.array(z.string()).meta({ description: 'The labels that a worker must have to run it' }),
    requested_by: id,
    queued_at: instant,
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    duration: durationSchema.nullable(),
    exit_code: z.int().nullable().meta({ description: 'The exit code; -N after signal N' }),
    error: z.string().nullable(),
    output_bytes: z
      .int()
      .min(0)
      .meta({ description: 'The number of stored bytes, including those that have been removed since' }),
    output_omitted: z.int().min(0).meta({
      description: 'The number of bytes that were left out because the output exceeded the limit of the run',
    }),
    output_pruned_at: instant
      .nullable()
      .meta({ description: 'When the output was removed at the end of its retention' }),
  })
  .meta({ id: 'Execution' });
export type ExecutionView = z.output<typeof executionSchema>;

/** An execution by itself, with the summary that its command has written. */
export const executionDetailSchema = executionSchema
  .extend({
    summary: z.string().nullable().meta({
      description: 'The Markdown that the command has written to the file MILLRACE_SUMMARY; at most 1 MiB',
    }),
  })
  .meta({ id: 'ExecutionDetail' });
export type ExecutionDetail = z.output<typeof executionDetailSchema>;

export const executionListQuery = querySchema({
  limit: queryNumber({ least: 1, most: 100 })
    .default(100)
    .meta({ description: 'The maximum number of items' }),
  cursor: cursorParameter,
});
export type ExecutionListQuery = z.output<typeof executionListQuery>;

/** An execution in a list, where a long command is truncated, and inputs, which may be long too, are left out. */
export const listedExecutionSchema = executionSchema
  .omit({ inputs: true })
  .extend({ command_truncated: commandTruncated })
  .meta({ id: 'ListedExecution' });
export type ListedExecutionView = z.output<typeof listedExecutionSchema>;

export type ExecutionRow = Execution & { why_waiting: (typeof waitingReasons)[number] | null };

/** The columns of an execution that clients see, besides its command; its environment is not among them. */
const shownColumns = [
  'id',
  'task_id',
  'project_id',
  'status',
  'reason',
  'queue',
  'attempt',
  'retry_of',
  'shell',
  'working_directory',
  'timeout',
  'limits',
  'network',
  'final_exit_codes',
  'artifacts',
  'artifacts_omitted',
  'artifacts_error',
  'origin_type',
  'origin_id',
  'concurrency_group',
  'concurrency_limit',
  'runs_on',
  'requested_by',
  'created_at',
  'started_at',
  'finished_at',
  'cancel_requested_at',
  'exit_code',
  'error',
  'output_bytes',
  'output_omitted',
  'output_pruned_at',
] as const;
type ListedRow = Pick<ExecutionRow, (typeof shownColumns)[number] | 'command' | 'why_waiting'>;
type ShownRow = ListedRow & Pick<ExecutionRow, 'inputs'>;
export type ListedExecutionRow = ListedRow & WithListedCommand;

/** The select list for a list of executions `e`, without `why_waiting`. */
export const listedExecutionColumns = `${shownColumns.map((name) => `e.${name}`).join(', ')}, ${listedCommandColumns('e')}`;

export function shownStatus(
  execution: Pick<Execution, 'status' | 'cancel_requested_at'>,
): ExecutionStatus | 'cancelling' {
  return execution.status === 'running' && execution.cancel_requested_at ? 'cancelling' : execution.status;
}

/** Computes for how many seconds an execution ran, or has been running. */
export function secondsRun(execution: Pick<Execution, 'started_at' | 'finished_at'>): number | null {
  if (!execution.started_at) return null;
  return ((execution.finished_at?.getTime() ?? Date.now()) - execution.started_at.getTime()) / 1000;
}

export function toExecution(row: ShownRow): ExecutionView {
  return { ...listedFields(row), inputs: row.inputs };
}

function listedFields(row: ListedRow): Omit<ExecutionView, 'inputs'> {
  return {
    execution_id: row.id,
    task_id: row.task_id,
    project_id: row.project_id,
    status: shownStatus(row),
    reason: row.reason,
    why_waiting: row.why_waiting,
    priority: priorities[row.queue] ?? 'normal',
    attempt: row.attempt,
    retry_of: row.retry_of,
    command: row.command,
    shell: row.shell,
    working_directory: row.working_directory,
    timeout: row.timeout,
    limits: row.limits,
    network: row.network,
    final_exit_codes: row.final_exit_codes,
    artifacts: row.artifacts,
    artifacts_omitted: row.artifacts_omitted,
    artifacts_error: row.artifacts_error,
    origin: row.origin_type && row.origin_id ? { type: row.origin_type, id: row.origin_id } : null,
    concurrency_group: row.concurrency_group === null ? null : shownGroup(row.concurrency_group),
    concurrency_limit: row.concurrency_limit,
    runs_on: row.runs_on,
    requested_by: row.requested_by,
    queued_at: toInstant(row.created_at),
    started_at: toInstant(row.started_at),
    completed_at: toInstant(row.finished_at),
    duration: formatDuration(row.finished_at ? secondsRun(row) : null),
    exit_code: row.exit_code,
    error: row.error,
    output_bytes: Number(row.output_bytes),
    output_omitted: Number(row.output_omitted),
    output_pruned_at: toInstant(row.output_pruned_at),
  };
}

export function toListedExecution(row: ListedExecutionRow): ListedExecutionView {
  return { ...listedFields(row), command_truncated: row.command_truncated };
}
