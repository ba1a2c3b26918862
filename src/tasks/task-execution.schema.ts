import { z } from 'zod';
import { id, instant } from '../common/fields.js';
import { nextCursor } from '../http/keyset.js';
import {
  executionDetailSchema,
  executionSchema,
  listedExecutionSchema,
  priorities,
} from '../executions/executions.schema.js';
import { inputValues } from '../executions/inputs/input-declarations.js';
import { runShape } from '../executions/run-shape.js';

export const executeTaskSchema = z
  .object({
    priority: z.enum(priorities).default('normal'),
    options: z
      .object({
        timeout: runShape.timeout,
        retry_attempts: runShape.retry_attempts,
        limits: runShape.limits,
        final_exit_codes: runShape.final_exit_codes,
        allow_unsafe: z.boolean().meta({
          description: 'Whether to run a command that `validate` reports as unsafe; for administrators only',
        }),
      })
      .partial()
      .default({}),
    wait_seconds: z.int().min(0).max(60).default(0).meta({
      description: 'How long to wait for the end, also that of further attempts; by then the answer is 200',
    }),
    inputs: inputValues.default({}),
  })
  .meta({
    id: 'ExecuteTask',
    examples: [{ priority: 'high', options: { timeout: 3600, retry_attempts: 3 }, inputs: {} }],
  });
export type ExecuteTask = Omit<z.output<typeof executeTaskSchema>, 'wait_seconds'>;
export type ExecuteTaskBody = z.output<typeof executeTaskSchema>;

export const retryTaskSchema = z
  .object({
    inputs: inputValues.optional().meta({
      description: 'Values that replace all those of the last run, which are taken again otherwise',
    }),
  })
  .meta({ id: 'RetryTask', examples: [{}] });
export type RetryTask = z.output<typeof retryTaskSchema>;

export const queuedTaskSchema = z
  .object({
    task_id: id,
    execution_id: id,
    status: z.literal('queued'),
    queue_position: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'Position in the queue; null when it has started' }),
    estimated_start_time: instant
      .nullable()
      .meta({ description: 'Estimated from recent runs; null without any' }),
    why_waiting: executionSchema.shape.why_waiting,
  })
  .meta({ id: 'QueuedTask' });
export type QueuedTask = z.output<typeof queuedTaskSchema>;

/** The answer of execute: how the run is queued or, where it was waited for and has ended, its end. */
export const executedTaskSchema = queuedTaskSchema
  .extend({
    status: z.enum(['queued', 'completed', 'failed', 'cancelled']),
    exit_code: executionSchema.shape.exit_code,
    execution: executionDetailSchema
      .nullable()
      .meta({ description: 'The last attempt, when it has ended within `wait_seconds`' }),
  })
  .meta({ id: 'ExecutedTask' });
export type ExecutedTask = z.output<typeof executedTaskSchema>;

export const retriedTaskSchema = queuedTaskSchema
  .extend({ retry_attempt: z.int().min(1) })
  .meta({ id: 'RetriedTask' });
export type RetriedTask = z.output<typeof retriedTaskSchema>;

export const cancelSchema = z
  .object({ reason: z.string().max(2000).nullable().default(null) })
  .meta({ id: 'Cancel', examples: [{ reason: 'Requirements changed' }] });

export const cancelledTaskSchema = z
  .object({
    task_id: id,
    execution_id: id,
    status: z.enum(['cancelled', 'cancelling', 'completed', 'failed']),
    cancelled_at: instant.nullable(),
    reason: z.string().nullable(),
    exit_code: z.int().nullable(),
  })
  .meta({ id: 'CancelledTask' });
export type CancelledTask = z.output<typeof cancelledTaskSchema>;

export const taskExecutionsSchema = z
  .object({ task_id: id, executions: z.array(listedExecutionSchema), next_cursor: nextCursor })
  .meta({ id: 'TaskExecutions' });
export type TaskExecutions = z.output<typeof taskExecutionsSchema>;
