import { z } from 'zod';
import { durationSchema, parseDuration } from '../common/duration.js';
import { id, jsonObject, listOf, sentInstant } from '../common/fields.js';
import { inputDeclarations } from '../executions/inputs/input-declarations.js';
import { concurrencySchema } from '../executions/concurrency.js';
import { runsOn } from '../common/runs-on.js';
import { runShape } from '../executions/run-shape.js';
import { taskIdParam } from './task-ref.js';
import { taskTypes } from './task.entity.js';
import { priorityNames, priorityOf, statusWords, type StatusWord } from './task-words.js';

export const tag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[^,]+$/, 'A tag has no comma');

/** The most labels of a task. */
export const maxTags = 50;

const duration = durationSchema
  .transform((text) => parseDuration(text) ?? 0)
  .pipe(z.int().max(2 ** 31 - 1, 'The duration is too long'));

/** A time, or a date, which stands for the last moment of that day in UTC. */
const due = z
  .union([z.iso.date().transform((date) => `${date}T23:59:59.999Z`), z.string()])
  .pipe(sentInstant)
  .transform((text): Date | number => new Date(text))
  .nullable()
  .transform((time) => time ?? Infinity)
  .meta({
    description: 'When it is to be done by: a time, or a date, which means the end of that day in UTC',
    examples: ['2026-12-24T18:00:00.000Z', '2026-12-24'],
  });

export const priorityName = z.enum(priorityNames);
export const statusWord = z.enum(statusWords as [StatusWord, ...StatusWord[]]).meta({
  description:
    'A status, or a word of a board: backlogged and planned are pending, progressed is running. A word that the task already shows changes nothing',
});

/** The fields of a task that clients set. */
export const taskFields = {
  title: z.string().trim().min(1).max(500),
  description: z.string().max(50_000),
  type: z.enum(taskTypes).meta({ description: 'What kind of work it is' }),
  priority: z.union([z.int().min(1).max(10), priorityName.transform(priorityOf)]).meta({
    description: '1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9',
  }),
  due_at: due,
  blocker: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .nullable()
    .meta({ description: 'Why the work cannot go on; null when nothing blocks it' }),
  parent_id: taskIdParam
    .nullable()
    .meta({ description: 'The task of the same project that this one is a part of: its id or ref' }),
  result: z.string().max(50_000).nullable().meta({ description: 'What the work came to' }),
  source: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullable()
    .meta({ description: 'Where the task comes from, such as the name of a tool' }),
  external_ref: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .nullable()
    .meta({ description: 'Its name elsewhere; unique in the project' }),
  project_path: z
    .string()
    .min(1)
    .max(4096)
    .nullable()
    .meta({ description: "The path within the project's repository that it is about" }),
  estimated_duration: duration.nullable(),
  assigned_to: id.nullable().meta({
    description:
      'A user who can see the project. A user who later loses access to it keeps the task until it is reassigned',
  }),
  tags: listOf(tag, { most: maxTags }).transform((tags) => [...new Set(tags)]),
  metadata: jsonObject(),
  command: runShape.command.nullable(),
  shell: runShape.shell.nullable(),
  working_directory: runShape.working_directory.nullable(),
  environment: runShape.environment,
  timeout: runShape.timeout.nullable(),
  retry_attempts: runShape.retry_attempts,
  limits: runShape.limits,
  final_exit_codes: runShape.final_exit_codes,
  artifacts: runShape.artifacts,
  inputs: inputDeclarations,
  concurrency: concurrencySchema.nullable(),
  runs_on: runsOn.nullable().meta({
    description: "The labels that a worker must have to run it; null for the project's, [] for any worker",
  }),
};
