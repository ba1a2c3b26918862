import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import { executionReasons, executionStatuses } from './transitions/execution-state.js';

/** The end of a run, as a task's history shows it. */
export const runEndSchema = z
  .object({
    execution_id: id,
    attempt: z.int(),
    exit_code: z.int().nullable().meta({ description: 'The exit code; -N after signal N' }),
    reason: z.enum(executionReasons).nullable(),
    error: z.string().nullable().meta({
      description:
        'The error when the run failed for another reason than the command; at most 1,000 characters',
    }),
  })
  .meta({ id: 'RunEnd' });
export type RunEnd = z.output<typeof runEndSchema>;

/** A task's current or last run. */
export const lastRunSchema = runEndSchema
  .extend({
    status: z.enum(executionStatuses),
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
  })
  .meta({ id: 'LastRun' });
export type LastRun = z.output<typeof lastRunSchema>;

const endOf = (e: string) =>
  `'execution_id', ${e}.id, 'attempt', ${e}.attempt, 'exit_code', ${e}.exit_code, 'reason', ${e}.reason, 'error', left(${e}.error, 1000)`;

/** Builds the SQL expression for the end of the execution `e`, in the shape of `runEndSchema`. */
export const runEnd = (e: string) => `jsonb_build_object(${endOf(e)})`;

/** The SQL expression for the execution `e` as a last run; `toLastRun` converts it to the shape of `lastRunSchema`. */
export const lastRun = `jsonb_build_object(${endOf('e')}, 'status', e.status, 'started_at', e.started_at, 'finished_at', e.finished_at)`;

/** Converts a row of the expression `lastRun`, whose times have microseconds, to the shape of `lastRunSchema`. */
export function toLastRun(row: LastRun | null): LastRun | null {
  if (row === null) return null;
  return { ...row, started_at: milliseconds(row.started_at), finished_at: milliseconds(row.finished_at) };
}

const milliseconds = (time: string | null) => (time === null ? null : toInstant(new Date(time)));
