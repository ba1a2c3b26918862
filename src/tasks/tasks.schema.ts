import { z } from 'zod';
import { durationSchema, formatDuration, parseDuration } from '../common/duration.js';
import { id, instant, jsonObject, sentInstant, toInstant, versionField } from '../common/fields.js';
import { cursorParameter, nextCursor } from '../http/keyset.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { queryNumber, querySchema } from '../http/query.js';
import { waitingReasons } from '../executions/admission/admission.queries.js';
import { lastRunSchema, runEndSchema, toLastRun, type LastRun } from '../executions/last-run.js';
import { commandTruncated, type WithListedCommand } from '../executions/listed-command.js';
import { runShape } from '../executions/run-shape.js';
import { projectIdParam } from '../projects/project-access.js';
import { taskIdParam } from './task-ref.js';
import { taskStatuses, type Task } from './task.entity.js';

const tag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[^,]+$/, 'A tag has no comma');

const duration = durationSchema
  .transform((text) => parseDuration(text) ?? 0)
  .pipe(z.int().max(2 ** 31 - 1, 'The duration is too long'));

const shape = {
  title: z.string().trim().min(1).max(500),
  description: z.string().max(50_000),
  priority: z.int().min(1).max(10).meta({ description: '1 is the most urgent' }),
  estimated_duration: duration.nullable(),
  assigned_to: id.nullable().meta({
    description:
      'A user who can see the project. A user who later loses access to it keeps the task until it is reassigned',
  }),
  tags: z
    .array(tag)
    .max(50)
    .transform((tags) => [...new Set(tags)]),
  metadata: jsonObject(),
  command: runShape.command.nullable(),
  working_directory: runShape.working_directory.nullable(),
  environment: runShape.environment,
  timeout: runShape.timeout.nullable(),
  retry_attempts: runShape.retry_attempts,
  limits: runShape.limits,
  final_exit_codes: runShape.final_exit_codes,
};

const dependencies = z
  .array(taskIdParam)
  .max(100)
  .meta({ description: 'Tasks of the same project that must be completed before this one runs' });

export const createTaskSchema = z
  .object({
    title: shape.title,
    description: shape.description.default(''),
    project_id: projectIdParam,
    priority: shape.priority.default(5),
    estimated_duration: shape.estimated_duration.default(null),
    assigned_to: shape.assigned_to.default(null),
    tags: shape.tags.prefault([]),
    metadata: shape.metadata.prefault({}),
    command: shape.command.default(null),
    working_directory: shape.working_directory.default(null),
    environment: shape.environment.prefault({}),
    timeout: shape.timeout.default(null),
    retry_attempts: shape.retry_attempts.default(0),
    limits: shape.limits.default({}),
    final_exit_codes: shape.final_exit_codes.prefault([]),
    dependencies: dependencies.default([]),
  })
  .meta({
    id: 'CreateTask',
    examples: [
      {
        title: 'Run the tests',
        description: 'All of them',
        project_id: '01a2024a-912d-72cf-a321-99955c0b2f5f',
        priority: 1,
        estimated_duration: '00:30:00',
        tags: ['tests', 'ci'],
        metadata: { component: 'backend' },
        command: 'npm test',
        timeout: 600,
        retry_attempts: 1,
      },
    ],
  });
export type CreateTask = z.output<typeof createTaskSchema>;

/** A status that people may set by hand; `queued` belongs to executions. */
const settableStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;

export const updateTaskSchema = z
  .object({
    ...shape,
    status: z.enum(settableStatuses),
    progress_percentage: z.int().min(0).max(100),
    dependencies,
  })
  .partial()
  .extend({ version: versionField })
  .meta({
    id: 'UpdateTask',
    examples: [{ title: 'Run all tests', status: 'running', progress_percentage: 75 }],
  });
export type UpdateTask = z.output<typeof updateTaskSchema>;

export const taskSchema = z
  .object({
    id,
    ref: z.string().meta({ examples: ['SHOP-42'] }),
    title: z.string(),
    description: z.string(),
    project_id: id,
    status: z.enum(taskStatuses),
    why_waiting: z
      .enum(waitingReasons)
      .nullable()
      .meta({ description: 'The reason why a queued task has not started yet' }),
    priority: z.int(),
    progress_percentage: z.int(),
    estimated_duration: durationSchema.nullable(),
    actual_duration: durationSchema.nullable(),
    assigned_to: id.nullable(),
    created_by: id,
    created_at: instant,
    updated_at: instant,
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.unknown()),
    command: z.string().nullable(),
    working_directory: z.string().nullable(),
    environment: z.record(z.string(), z.string()),
    timeout: z.int().nullable(),
    retry_attempts: z.int(),
    limits: runShape.limits,
    final_exit_codes: z.array(z.int()),
    execution_id: id.nullable().meta({ description: 'The current or last execution' }),
    last_run: lastRunSchema.nullable().meta({ description: 'The result of the current or last execution' }),
    version: z.int(),
  })
  .meta({ id: 'Task' });
export type TaskView = z.output<typeof taskSchema>;

export type TaskRow = Omit<Task, 'bytes'> & {
  key: string;
  why_waiting: (typeof waitingReasons)[number] | null;
  last_run: LastRun | null;
};

export function toTask(row: TaskRow): TaskView {
  return {
    id: row.id,
    ref: `${row.key}-${row.number}`,
    title: row.title,
    description: row.description,
    project_id: row.project_id,
    status: row.status,
    why_waiting: row.why_waiting,
    priority: row.priority,
    progress_percentage: row.progress_percentage,
    estimated_duration: formatDuration(row.estimated_duration),
    actual_duration: formatDuration(row.actual_duration),
    assigned_to: row.assigned_to,
    created_by: row.created_by,
    created_at: toInstant(row.created_at),
    updated_at: toInstant(row.updated_at),
    started_at: toInstant(row.started_at),
    completed_at: toInstant(row.completed_at),
    tags: row.tags,
    metadata: row.metadata,
    command: row.command,
    working_directory: row.working_directory,
    environment: row.environment,
    timeout: row.timeout,
    retry_attempts: row.retry_attempts,
    limits: row.limits,
    final_exit_codes: row.final_exit_codes,
    execution_id: row.execution_id,
    last_run: toLastRun(row.last_run),
    version: row.version,
  };
}

/** A task in a list, without its environment and with a truncated command. */
export const listedTaskSchema = taskSchema
  .omit({ environment: true })
  .extend({ command_truncated: commandTruncated })
  .meta({ id: 'ListedTask' });
export type ListedTaskView = z.output<typeof listedTaskSchema>;

export type ListedTaskRow = Omit<TaskRow, 'environment'> & WithListedCommand;

export function toListedTask(row: ListedTaskRow): ListedTaskView {
  const { environment: _, ...task } = toTask({ ...row, environment: {} });
  return { ...task, command_truncated: row.command_truncated };
}

export const dependencySchema = z
  .object({
    id,
    depends_on_task_id: id,
    dependency_type: z.literal('blocks'),
    task: z.object({ title: z.string(), status: z.enum(taskStatuses) }),
  })
  .meta({ id: 'TaskDependency' });
export type DependencyView = z.output<typeof dependencySchema>;

export const taskDetailSchema = taskSchema
  .extend({
    dependencies: z.array(dependencySchema),
    history: z.array(
      z.object({
        timestamp: instant,
        action: z.string(),
        old_value: z.unknown(),
        new_value: z.unknown(),
        run: runEndSchema.nullable().meta({ description: 'The result of the run that changed the status' }),
        user_id: id.nullable(),
      }),
    ),
  })
  .meta({ id: 'TaskDetail' });
export type TaskDetail = z.output<typeof taskDetailSchema>;

export const taskHistoryQuery = querySchema({
  limit: queryNumber({ least: 1, most: 1000 })
    .default(1000)
    .meta({ description: 'The maximum number of entries' }),
  cursor: cursorParameter,
});
export type TaskHistoryQuery = z.output<typeof taskHistoryQuery>;

export const historySchema = z
  .object({
    task_id: id,
    history: z.array(
      z.object({
        id,
        timestamp: instant,
        action: z.string(),
        user_id: id.nullable(),
        user_name: z.string().nullable(),
        details: z.record(z.string(), z.unknown()),
      }),
    ),
    next_cursor: nextCursor.meta({
      description: 'The `cursor` of earlier entries; null at the beginning',
    }),
  })
  .meta({ id: 'TaskHistory' });
export type TaskHistory = z.output<typeof historySchema>;

const commaList = <T extends string>(item: z.ZodType<T, string>) =>
  z
    .string()
    .max(2000)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item).max(50));

export const taskListQuery = pageQuery().extend({
  project_id: projectIdParam.optional(),
  status: commaList(z.enum(taskStatuses))
    .optional()
    .meta({ description: 'One status, or several separated by commas' }),
  assigned_to: id.optional().meta({ description: 'Tasks of this user' }),
  priority: queryNumber({ least: 1, most: 10 })
    .optional()
    .meta({ description: 'Tasks at least this urgent' }),
  tags: commaList(tag).optional().meta({ description: 'Tasks with all of these tags, separated by commas' }),
  search: z
    .string()
    .max(500)
    .transform((text) => text.trim() || undefined)
    .optional()
    .meta({
      description:
        'Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too',
    }),
  created_after: sentInstant.optional().meta({ description: 'Tasks created after this time' }),
  created_before: sentInstant.optional().meta({ description: 'Tasks created before this time' }),
  sort: z
    .enum(['created_at', 'updated_at', 'priority', 'title'])
    .default('created_at')
    .meta({ description: 'The sort key' }),
});
export type TaskListQuery = z.output<typeof taskListQuery>;
export const taskPageSchema = pageSchema(listedTaskSchema).meta({ id: 'TaskPage' });
