import { z } from 'zod';
import { durationSchema, parseDuration } from '../common/duration.js';
import { id, instant, sentInstant, versionField } from '../common/fields.js';
import { zoneFault } from '../common/time-zone.js';
import { executionStatuses } from '../executions/transitions/execution-state.js';
import { priorities } from '../executions/executions.schema.js';
import { concurrencySchema, shownConcurrency } from '../executions/concurrency.js';
import { inputValues } from '../executions/inputs/input-declarations.js';
import { secretMask } from '../executions/inputs/check-inputs.js';
import { cursorParameter, nextCursor } from '../http/keyset.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { queryNumber, querySchema } from '../http/query.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { cronFault } from './cron-fault.js';
import { maxCronLength } from './cron-expression.js';
import { occurrenceStatuses } from './schedule-occurrence.entity.js';
import { scheduleTemplate } from './schedule-template.js';
import { catchUpPolicies, overlapPolicies } from './schedule.entity.js';

/** How many of the next times an answer shows. */
export const shownTimes = 5;
/** The most schedules of a project. */
export const mostSchedules = 200;
/** The most failed runs in a row that are counted. */
export const mostFailures = 100;

/** Refuses what a function finds a fault in, and says which. */
const without =
  (faultOf: (text: string) => string | undefined) => (text: string, context: z.RefinementCtx) => {
    const fault = faultOf(text);
    if (fault !== undefined) context.addIssue(fault);
  };

const moment = sentInstant.transform((text) => new Date(text)).nullable();

const timing = {
  cron: z
    .string()
    .trim()
    .min(1)
    .max(maxCronLength)
    .superRefine(without(cronFault))
    .nullable()
    .meta({
      description:
        'Five fields (minute, hour, day of the month, month, day of the week) or six, with seconds first; names, ranges, steps, L, W and #; or @hourly, @daily, @weekly, @monthly, @yearly',
      examples: ['30 4 * * MON-FRI'],
    }),
  every: durationSchema
    .transform((text) => parseDuration(text) ?? 0)
    .pipe(
      z
        .int()
        .min(1, 'Send at least one second')
        .max(2 ** 31 - 1, 'The duration is too long'),
    )
    .nullable()
    .meta({ description: 'Instead of `cron`: a duration, counted from `starts_at`' }),
  timezone: z
    .string()
    .superRefine(without(zoneFault))
    .nullable()
    .meta({
      description:
        'A time zone of IANA; null for that of the project, which is UTC unless its settings say another',
      examples: ['Europe/Berlin'],
    }),
};

/** The fields of a schedule that clients set. */
export const scheduleFields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(20_000),
  enabled: z.boolean(),
  ...timing,
  task_id: taskIdParam
    .nullable()
    .meta({ description: 'The task of the project that it runs: its id or ref' }),
  template: scheduleTemplate.nullable(),
  inputs: inputValues.meta({
    description: `The inputs of each run, by name; that of a secret shows as ${secretMask}, which leaves it as it is when it is sent back`,
  }),
  concurrency: concurrencySchema
    .nullable()
    .meta({ description: 'The concurrency group of its runs; null for that of the task' }),
  priority: z.enum(priorities),
  overlap: z.enum(overlapPolicies).meta({
    description:
      'What happens at a time while its last run goes on: `skip` it, `queue` one run behind it, `replace` it (it is cancelled first), or `allow` both, which only a schedule with a template may',
  }),
  catch_up: z.enum(catchUpPolicies).meta({
    description:
      'Which times of a downtime are made up for: the `latest`, `none`, or `all` one after the other, at most the latest 100',
  }),
  starts_at: moment.meta({ description: 'It has no time before this one' }),
  ends_at: moment.meta({ description: 'It has no time after this one' }),
  jitter_seconds: z.int().min(0).max(86_400).meta({
    description:
      'Each run is delayed by up to so many seconds, at most until the next time, always alike for the same time',
  }),
  disable_after_failures: z
    .int()
    .min(1)
    .max(mostFailures)
    .nullable()
    .meta({ description: 'After how many failed runs in a row it is switched off' }),
};

export const createScheduleSchema = z
  .object({
    name: scheduleFields.name,
    description: scheduleFields.description.default(''),
    enabled: scheduleFields.enabled.default(true),
    cron: scheduleFields.cron.default(null),
    every: scheduleFields.every.default(null),
    timezone: scheduleFields.timezone.default(null),
    task_id: scheduleFields.task_id.default(null),
    template: scheduleFields.template.default(null),
    inputs: scheduleFields.inputs.default({}),
    concurrency: scheduleFields.concurrency.default(null),
    priority: scheduleFields.priority.default('normal'),
    overlap: scheduleFields.overlap.default('skip'),
    catch_up: scheduleFields.catch_up.default('latest'),
    starts_at: scheduleFields.starts_at.default(null),
    ends_at: scheduleFields.ends_at.default(null),
    jitter_seconds: scheduleFields.jitter_seconds.default(0),
    disable_after_failures: scheduleFields.disable_after_failures.default(null),
  })
  .meta({
    id: 'CreateSchedule',
    examples: [{ name: 'Nightly backup', cron: '30 4 * * *', timezone: 'Europe/Berlin', task_id: 'SHOP-42' }],
  });
export type CreateSchedule = z.output<typeof createScheduleSchema>;

export const updateScheduleSchema = z
  .object(scheduleFields)
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateSchedule', examples: [{ enabled: false }] });
export type UpdateSchedule = z.output<typeof updateScheduleSchema>;

export const previewSchema = z
  .object({
    cron: timing.cron.default(null),
    every: timing.every.default(null),
    timezone: timing.timezone.default(null),
    starts_at: scheduleFields.starts_at.default(null),
    ends_at: scheduleFields.ends_at.default(null),
    count: z.int().min(1).max(100).default(shownTimes),
  })
  .meta({
    id: 'PreviewSchedule',
    examples: [{ cron: '0 2 * * *', timezone: 'Europe/Berlin', count: 3 }],
  });
export type PreviewSchedule = z.output<typeof previewSchema>;

export const previewedSchema = z
  .object({
    times: z
      .array(instant)
      .meta({ description: 'The next times, less than asked for where there are no more' }),
  })
  .meta({ id: 'ScheduleTimes' });

export const occurrenceSchema = z
  .object({
    scheduled_for: instant,
    status: z.enum(occurrenceStatuses).meta({
      description: '`waiting` runs when the run before it has ended; `missed` was the time of a downtime',
    }),
    reason: z
      .string()
      .nullable()
      .meta({
        description: 'Why it did not fire, mostly as an error code',
        examples: ['TASK_ALREADY_RUNNING', 'MAKER_DISABLED', 'DOWNTIME'],
      }),
    execution_id: id.nullable().meta({ description: 'The first attempt of its run' }),
    task_id: id.nullable(),
    manual: z.boolean().meta({ description: 'Whether somebody has started it' }),
    decided_at: instant,
  })
  .meta({ id: 'ScheduleOccurrence' });
export type OccurrenceView = z.output<typeof occurrenceSchema>;

const lastRun = z
  .object({
    scheduled_for: instant,
    execution_id: id,
    task_id: id,
    status: z
      .enum(executionStatuses)
      .nullable()
      .meta({ description: 'Null when the run is not stored any more' }),
    finished_at: instant.nullable(),
  })
  .meta({ id: 'ScheduleRun' });
export type LastScheduleRun = z.output<typeof lastRun>;

export const scheduleSchema = z
  .object({
    id,
    project_id: id,
    name: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    cron: z.string().nullable(),
    every: durationSchema.nullable(),
    timezone: z.string().nullable(),
    task_id: id.nullable(),
    template: z.record(z.string(), z.unknown()).nullable(),
    inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    concurrency: shownConcurrency.nullable(),
    priority: z.enum(priorities),
    overlap: z.enum(overlapPolicies),
    catch_up: z.enum(catchUpPolicies),
    starts_at: instant.nullable(),
    ends_at: instant.nullable(),
    jitter_seconds: z.int(),
    disable_after_failures: z.int().nullable(),
    disabled_at: instant.nullable().meta({ description: 'When Millrace switched it off' }),
    disabled_reason: z.string().nullable(),
    next_runs: z.array(instant).meta({ description: 'Its next five times, without their jitter' }),
    last_run: lastRun.nullable(),
    consecutive_failures: z.int().min(0).max(mostFailures),
    created_by: id.meta({ description: 'The user with whose rights it runs' }),
    created_at: instant,
    updated_at: instant,
    version: z.int(),
  })
  .meta({ id: 'Schedule' });
export type ScheduleView = z.output<typeof scheduleSchema>;

export const scheduleListQuery = pageQuery(50);
export type ScheduleListQuery = z.output<typeof scheduleListQuery>;
export const schedulePageSchema = pageSchema(scheduleSchema).meta({ id: 'SchedulePage' });

export const occurrenceListQuery = querySchema({
  limit: queryNumber({ least: 1, most: 100 })
    .default(50)
    .meta({ description: 'The maximum number of entries' }),
  status: z.enum(occurrenceStatuses).optional().meta({ description: 'Occurrences in this state' }),
  cursor: cursorParameter,
});
export type OccurrenceListQuery = z.output<typeof occurrenceListQuery>;

export const occurrencesSchema = z
  .object({ schedule_id: id, occurrences: z.array(occurrenceSchema), next_cursor: nextCursor })
  .meta({ id: 'ScheduleOccurrences' });
export type Occurrences = z.output<typeof occurrencesSchema>;
