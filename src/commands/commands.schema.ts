import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import { shell } from '../common/shell.js';
import { cursorParameter, nextCursor } from '../http/keyset.js';
import { totalIsExact } from '../http/pagination.js';
import { queryNumber, querySchema } from '../http/query.js';
import { executionStatuses } from '../executions/transitions/execution-state.js';
import type { Execution } from '../executions/execution.entity.js';
import {
  executionSchema,
  priorities,
  secondsRun,
  shownStatus,
  toExecution,
  type ExecutionRow,
} from '../executions/executions.schema.js';
import {
  commandTruncated,
  listedCommandColumns,
  type WithListedCommand,
} from '../executions/listed-command.js';
import type { OutputFrame } from '../output/output-frame.js';
import { outputFrameSchema, toFrameView } from '../output/output-view.js';
import { runShape } from '../executions/run-shape.js';
import { workingDirectory } from '../executions/working-directory.js';
import { projectIdParam } from '../projects/project-access.js';

export const commandText = z
  .string()
  .max(65_536)
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => Buffer.byteLength(text) <= 65_536, 'must not exceed 64 KiB');

export const executeCommandSchema = z
  .object({
    command: commandText.meta({
      description: 'A command for the shell, or a script for the interpreter in its first line (`#!`)',
      examples: ['ls -la'],
    }),
    shell: shell
      .nullable()
      .default(null)
      .meta({
        description:
          'The program that runs the command with `-c`; unless it is named, that of the project, else sh',
        examples: ['bash'],
      }),
    working_directory: workingDirectory.nullable().default(null),
    timeout: z
      .int()
      .min(1)
      .max(20 * 86_400)
      .nullable()
      .default(null)
      .meta({ description: 'Seconds', examples: [30] }),
    environment: runShape.environment.prefault({}),
    limits: runShape.limits.default({}),
    stream_output: z
      .boolean()
      .default(true)
      .meta({ description: 'false to wait for the end and get the output in the response' }),
    priority: z.enum(priorities).default('normal'),
    project_id: projectIdParam
      .nullable()
      .default(null)
      .meta({ description: 'The project in whose workspace the command runs, instead of your own' }),
    allow_unsafe: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether to run a command that looks destructive; for administrators only' }),
  })
  .meta({
    id: 'ExecuteCommand',
    examples: [
      {
        command: 'npm test',
        working_directory: 'app',
        timeout: 30,
        environment: { NODE_ENV: 'development' },
        stream_output: true,
      },
    ],
  });
export type ExecuteCommand = z.output<typeof executeCommandSchema>;

const shape = executionSchema.shape;
const seconds = z.number().min(0).nullable().meta({ description: 'Seconds with one decimal' });

export const startedCommandSchema = z
  .object({
    command_id: id,
    status: shape.status,
    pid: z.int().nullable(),
    started_at: instant.nullable(),
    why_waiting: shape.why_waiting,
  })
  .meta({ id: 'StartedCommand' });
export type StartedCommand = z.output<typeof startedCommandSchema>;

export const commandStatusSchema = z
  .object({
    ...startedCommandSchema.shape,
    command: z.string(),
    completed_at: instant.nullable(),
    duration: seconds,
    exit_code: shape.exit_code,
    reason: shape.reason,
    error: shape.error,
    output: z.array(outputFrameSchema).meta({ description: 'The end of the output, at most 256 KiB' }),
    output_cut: z.boolean().meta({ description: 'Whether `output` is not the whole of the output' }),
    output_bytes: z.int().min(0).meta({ description: 'The number of bytes of the stored output' }),
    output_omitted: shape.output_omitted,
    output_pruned_at: shape.output_pruned_at,
    task_id: id.nullable(),
    project_id: id.nullable(),
    shell: shape.shell,
    working_directory: z.string(),
    timeout: shape.timeout,
    limits: shape.limits,
    network: shape.network,
  })
  .meta({ id: 'CommandStatus' });
export type CommandStatus = z.output<typeof commandStatusSchema>;

/** The response of execute: the full status with `stream_output: false`, else only the start. */
export const executedCommandSchema = z
  .union([commandStatusSchema, startedCommandSchema])
  .meta({ id: 'ExecutedCommand' });

export const statusQuery = querySchema({
  tail: queryNumber({ least: 1, most: 10_000 })
    .optional()
    .meta({ description: 'Only the last lines of the output' }),
  wait_seconds: queryNumber({ least: 0, most: 60 }).default(0).meta({
    description: 'How long to wait for the end, or for output beyond `after_offset`',
  }),
  after_offset: queryNumber({ least: 0, most: Number.MAX_SAFE_INTEGER }).optional().meta({
    description: 'Ends the wait as soon as more than so many bytes of output are stored',
  }),
});
export type StatusQuery = z.output<typeof statusQuery>;

export const cancelCommandSchema = z
  .object({ reason: z.string().max(2000).nullable().default(null) })
  .meta({ id: 'CancelCommand', examples: [{ reason: 'Requirements changed' }] });

export const cancelledCommandSchema = z
  .object({
    command_id: id,
    status: z.enum(['cancelled', 'cancelling']),
    cancelled_at: instant.nullable(),
    exit_code: z
      .int()
      .nullable()
      .meta({ description: '-15 after SIGTERM, -9 after SIGKILL; null when it never ran' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'CancelledCommand' });
export type CancelledCommand = z.output<typeof cancelledCommandSchema>;

const listed = {
  command_id: id,
  command: z.string(),
  command_truncated: commandTruncated,
  status: shape.status,
  task_id: id.nullable(),
  project_id: id.nullable(),
};

export const runningCommandsSchema = z
  .object({
    commands: z.array(
      z.object({ ...listed, started_at: instant.nullable(), duration: seconds, requested_by: id }),
    ),
    total_running: z.int().min(0),
  })
  .meta({ id: 'RunningCommands' });

export const historyQuery = querySchema({
  limit: queryNumber({ least: 1, most: 100 })
    .default(50)
    .meta({ description: 'The maximum number of items' }),
  offset: queryNumber({ least: 0, most: 10_000_000 })
    .default(0)
    .meta({ description: 'The number of items to skip' }),
  cursor: cursorParameter,
  status: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.enum(executionStatuses)).min(1))
    .optional()
    .meta({ description: `Comma-separated: ${executionStatuses.join(', ')}` }),
});
export type HistoryQuery = z.output<typeof historyQuery>;

export const commandHistorySchema = z
  .object({
    commands: z.array(
      z.object({
        ...listed,
        started_at: instant.nullable(),
        completed_at: instant.nullable(),
        exit_code: z.int().nullable(),
        duration: seconds,
        reason: shape.reason,
      }),
    ),
    total: z.int().min(0),
    total_is_exact: totalIsExact,
    limit: z.int(),
    offset: z.int(),
    next_cursor: nextCursor,
  })
  .meta({ id: 'CommandHistory' });

/** Computes for how many seconds a command ran, rounded to one decimal. */
export function shownSeconds(execution: Pick<Execution, 'started_at' | 'finished_at'>): number | null {
  const exact = secondsRun(execution);
  return exact === null ? null : Math.max(0, Math.round(exact * 10) / 10);
}

export function toStarted(row: ExecutionRow): StartedCommand {
  const { id: command_id, pid, why_waiting } = row;
  return { command_id, status: shownStatus(row), pid, started_at: toInstant(row.started_at), why_waiting };
}

/**
 * Builds the status of a command.
 * @param stored the bytes of output that are stored while the command runs; the row has them only from its end on
 */
export function toStatus(row: ExecutionRow, frames: readonly OutputFrame[], stored: number): CommandStatus {
  const { command, exit_code, reason, error, task_id, project_id, ...rest } = toExecution(row);
  const bytes = row.finished_at ? rest.output_bytes : stored;
  const shown = frames.reduce((sum, { content }) => sum + content.length, 0);
  return {
    ...toStarted(row),
    command,
    completed_at: rest.completed_at,
    duration: shownSeconds(row),
    exit_code,
    reason,
    error,
    output: frames.map(toFrameView),
    output_cut: shown < bytes || rest.output_omitted > 0,
    output_bytes: bytes,
    output_omitted: rest.output_omitted,
    output_pruned_at: rest.output_pruned_at,
    task_id,
    project_id,
    shell: rest.shell,
    working_directory: rest.working_directory,
    timeout: rest.timeout,
    limits: rest.limits,
    network: rest.network,
  };
}

type ListedColumns =
  | 'id'
  | 'command'
  | 'status'
  | 'task_id'
  | 'project_id'
  | 'started_at'
  | 'finished_at'
  | 'cancel_requested_at';

/** The columns of the executions `e` that a list of commands needs. */
export const listedColumns = `e.id, ${listedCommandColumns('e')}, e.status, e.task_id, e.project_id, e.started_at, e.finished_at,
  e.cancel_requested_at`;

export function toListed(row: Pick<Execution, ListedColumns> & WithListedCommand) {
  const { id: command_id, command, command_truncated, task_id, project_id } = row;
  return {
    command_id,
    command,
    command_truncated,
    status: shownStatus(row),
    task_id,
    project_id,
    started_at: toInstant(row.started_at),
    duration: shownSeconds(row),
  };
}
