import { z } from 'zod';
import { id, listOf } from '../common/fields.js';
import { priorities } from '../executions/executions.schema.js';
import { taskIdParam } from './task-ref.js';
import { createTaskSchema, updateTaskSchema } from './tasks.schema.js';

const { assigned_to, tags, priority } = createTaskSchema.shape;
const { status, progress_percentage } = updateTaskSchema.shape;

const operations = [
  'update_status',
  'assign',
  'add_tags',
  'remove_tags',
  'delete',
  'set_priority',
  'archive',
  'restore',
] as const;

/** The most tasks of a bulk request; more would take too long for one request. */
const maxTasks = 500;
const taskIds = listOf(z.string().min(1).max(64), { least: 1, most: maxTasks });

const operation = <N extends (typeof operations)[number], S extends z.ZodType>(name: N, data: S) =>
  z.object({ operation: z.literal(name), task_ids: taskIds, data });

export const bulkSchema = z
  .discriminatedUnion('operation', [
    operation('update_status', z.object({ status: status.unwrap(), progress_percentage })),
    operation('assign', z.object({ assigned_to: assigned_to.unwrap() })),
    operation('add_tags', z.object({ tags: tags.unwrap() })),
    operation('remove_tags', z.object({ tags: tags.unwrap() })),
    operation('delete', z.looseObject({}).default({})),
    operation('archive', z.looseObject({}).default({})),
    operation('restore', z.looseObject({}).default({})),
    operation('set_priority', z.object({ priority: priority.unwrap() })),
  ])
  .meta({
    id: 'BulkTasks',
    examples: [
      {
        operation: 'update_status',
        task_ids: ['SHOP-1', 'SHOP-2'],
        data: { status: 'completed', progress_percentage: 100 },
      },
    ],
  });
export type Bulk = z.output<typeof bulkSchema>;

const perTask = {
  affected_count: z.int().min(0),
  successful: z.array(id),
  failed: z.array(z.string()),
  errors: z.array(z.object({ task_id: z.string(), code: z.string(), message: z.string() })),
};

export const bulkResultSchema = z
  .object({ operation: z.enum(operations), ...perTask })
  .meta({ id: 'BulkResult' });

export const changePrioritySchema = z
  .object({ task_ids: listOf(taskIdParam, { least: 1, most: maxTasks }), priority: z.enum(priorities) })
  .meta({ id: 'ChangePriority', examples: [{ task_ids: ['SHOP-1', 'SHOP-2'], priority: 'high' }] });
export type ChangePriority = z.output<typeof changePrioritySchema>;

export const priorityChangedSchema = z
  .object({ priority: z.enum(priorities), ...perTask })
  .meta({ id: 'PriorityChanged' });

export interface PerTask {
  affected_count: number;
  successful: string[];
  failed: string[];
  errors: { task_id: string; code: string; message: string }[];
}
