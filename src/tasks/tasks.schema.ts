import { z } from 'zod';
import { durationSchema, formatDuration } from '../common/duration.js';
import { id, instant, listOf, toInstant, versionField } from '../common/fields.js';
import { cursorParameter, nextCursor } from '../http/keyset.js';
import { queryFlag, queryNumber, querySchema } from '../http/query.js';
import { waitingReasons } from '../executions/admission/admission.queries.js';
import { shownConcurrency } from '../executions/concurrency.js';
import { lastRunSchema, runEndSchema, toLastRun, type LastRun } from '../executions/last-run.js';
import { commandTruncated, type WithListedCommand } from '../executions/listed-command.js';
import { shownDeclarations } from '../executions/inputs/input-declarations.js';
import { runShape } from '../executions/run-shape.js';
import { projectIdParam } from '../projects/project-access.js';
import { maxDependencies } from './task-dependencies.schema.js';
import { taskClaimSchema } from './task-claims.queries.js';
import { refOf, taskIdParam } from './task-ref.js';
import { taskStatuses, taskTypes, type Task } from './task.entity.js';
import { priorityName, statusWord, taskFields as shape } from './task-fields.schema.js';
import { priorityNameOf, workflowStatuses, workflowStatusOf } from './task-words.js';

const dependencies = listOf(taskIdParam, { most: maxDependencies }).meta({
  description: 'Tasks of the same project that must be completed before this one runs',
});

export const createTaskSchema = z
  .object({
    title: shape.title,
    description: shape.description.default(''),
    project_id: projectIdParam
      .optional()
      .meta({ description: 'Its project; may only be left out with a key of a project' }),
    type: shape.type.default('task'),
    status: statusWord.default('pending'),
    priority: shape.priority.default(5),
    due_at: shape.due_at.prefault(null),
    blocker: shape.blocker.default(null),
    parent_id: shape.parent_id.default(null),
    result: shape.result.default(null),
    source: shape.source.default(null),
    external_ref: shape.external_ref.default(null),
    project_path: shape.project_path.default(null),
    estimated_duration: shape.estimated_duration.default(null),
    assigned_to: shape.assigned_to.default(null),
    tags: shape.tags.prefault([]),
    metadata: shape.metadata.prefault({}),
    command: shape.command.default(null),
    shell: shape.shell.default(null),
    working_directory: shape.working_directory.default(null),
    environment: shape.environment.prefault({}),
    timeout: shape.timeout.default(null),
    retry_attempts: shape.retry_attempts.default(0),
    limits: shape.limits.default({}),
    final_exit_codes: shape.final_exit_codes.prefault([]),
    artifacts: shape.artifacts.prefault([]),
    inputs: shape.inputs.prefault([]),
    concurrency: shape.concurrency.default(null),
    runs_on: shape.runs_on.prefault(null),
    dependencies: dependencies.default([]),
    draft: z.boolean().default(false).meta({
      description: 'A draft is seen by you and the owners of the project only, until it is published',
    }),
  })
  .meta({
    id: 'CreateTask',
    examples: [
      {
        title: 'Run the tests',
        description: 'All of them',
        project_id: '01a2024a-912d-72cf-a321-99955c0b2f5f',
        type: 'chore',
        priority: 'urgent',
        due_at: '2026-12-24',
        estimated_duration: '00:30:00',
        tags: ['tests', 'ci'],
        metadata: { component: 'backend' },
        command: 'npm test',
        timeout: 600,
        retry_attempts: 1,
      },
    ],
  });
export type CreateTaskBody = z.output<typeof createTaskSchema>;
export type CreateTask = CreateTaskBody & { project_id: string };

export const updateTaskSchema = z
  .object({
    ...shape,
    status: statusWord,
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
    type: z.enum(taskTypes),
    status: z.enum(taskStatuses),
    workflow_status: z.enum(workflowStatuses).meta({
      description: 'The word of a board for the status: a failed task is progressed, a queued one planned',
    }),
    blocker: z.string().nullable(),
    why_waiting: z
      .enum(waitingReasons)
      .nullable()
      .meta({ description: 'The reason why a queued task has not started yet' }),
    priority: z.int(),
    priority_name: priorityName,
    due_at: instant.nullable(),
    progress_percentage: z.int(),
    estimated_duration: durationSchema.nullable(),
    actual_duration: durationSchema.nullable(),
    assigned_to: id.nullable(),
    created_by: id,
    parent_id: id.nullable(),
    result: z.string().nullable(),
    source: z.string().nullable(),
    external_ref: z.string().nullable(),
    project_path: z.string().nullable(),
    checklist: z.object({ total: z.int().min(0), done: z.int().min(0) }),
    is_draft: z.boolean(),
    archived_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.unknown()),
    command: z.string().nullable(),
    shell: z.string().nullable(),
    working_directory: z.string().nullable(),
    environment: z.record(z.string(), z.string()),
    timeout: z.int().nullable(),
    retry_attempts: z.int(),
    limits: runShape.limits,
    final_exit_codes: z.array(z.int()),
    artifacts: z.array(z.string()),
    inputs: shownDeclarations,
    concurrency: shownConcurrency.nullable(),
    runs_on: z.array(z.string()).nullable(),
    execution_id: id.nullable().meta({ description: 'The current or last execution' }),
    last_run: lastRunSchema.nullable().meta({ description: 'The result of the current or last execution' }),
    version: z.int(),
  })
  .meta({ id: 'Task' });
export type TaskView = z.output<typeof taskSchema>;

export type TaskRow = Omit<Task, 'bytes' | 'is_archived' | 'claim_id' | 'claim_lapses' | 'is_waiting'> & {
  key: string;
  ref_digits: number;
  why_waiting: (typeof waitingReasons)[number] | null;
  last_run: LastRun | null;
};

export function toTask(row: TaskRow): TaskView {
  return {
    id: row.id,
    ref: refOf(row),
    title: row.title,
    description: row.description,
    project_id: row.project_id,
    type: row.type,
    status: row.status,
    workflow_status: workflowStatusOf(row),
    blocker: row.blocker,
    why_waiting: row.why_waiting,
    priority: row.priority,
    priority_name: priorityNameOf(row.priority),
    due_at: typeof row.due_at === 'number' ? null : toInstant(row.due_at),
    progress_percentage: row.progress_percentage,
    estimated_duration: formatDuration(row.estimated_duration),
    actual_duration: formatDuration(row.actual_duration),
    assigned_to: row.assigned_to,
    created_by: row.created_by,
    parent_id: row.parent_id,
    result: row.result,
    source: row.source,
    external_ref: row.external_ref,
    project_path: row.project_path,
    checklist: { total: row.checklist_total, done: row.checklist_done },
    is_draft: row.is_draft,
    archived_at: toInstant(row.archived_at),
    created_at: toInstant(row.created_at),
    updated_at: toInstant(row.updated_at),
    started_at: toInstant(row.started_at),
    completed_at: toInstant(row.completed_at),
    tags: row.tags,
    metadata: row.metadata,
    command: row.command,
    shell: row.shell,
    working_directory: row.working_directory,
    environment: row.environment,
    timeout: row.timeout,
    retry_attempts: row.retry_attempts,
    limits: row.limits,
    final_exit_codes: row.final_exit_codes,
    artifacts: row.artifacts,
    inputs: row.inputs,
    concurrency: row.concurrency,
    runs_on: row.runs_on,
    execution_id: row.execution_id,
    last_run: toLastRun(row.last_run),
    version: row.version,
  };
}

/** A task in a list, without its environment and its inputs, and with a truncated command. */
export const listedTaskSchema = taskSchema
  .omit({ environment: true, inputs: true })
  .extend({ command_truncated: commandTruncated })
  .meta({ id: 'ListedTask' });
export type ListedTaskView = z.output<typeof listedTaskSchema>;

export type ListedTaskRow = Omit<TaskRow, 'environment' | 'inputs'> & WithListedCommand;

export function toListedTask(row: ListedTaskRow): ListedTaskView {
  const { environment: _, inputs: __, ...task } = toTask({ ...row, environment: {}, inputs: [] });
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
    claim: taskClaimSchema.nullable().meta({ description: 'Who works on it at the moment' }),
    former_refs: z.array(z.string()).meta({
      description: 'The refs it had in other projects, which still name it',
      examples: [['SHOP-42']],
    }),
    dependencies: z.array(dependencySchema),
    children: z
      .array(z.object({ id, ref: z.string(), title: z.string(), status: z.enum(taskStatuses) }))
      .meta({ description: 'The first hundred tasks that are a part of this one; `?parent_id=` lists all' }),
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

export const moveTaskSchema = z
  .object({ project_id: projectIdParam })
  .meta({ id: 'MoveTask', examples: [{ project_id: 'SHOP' }] });
export type MoveTask = z.output<typeof moveTaskSchema>;

export const deleteTaskQuery = querySchema({
  permanent: queryFlag.default(false).meta({ description: 'Whether to remove the task for good' }),
});
export type DeleteTaskQuery = z.output<typeof deleteTaskQuery>;
