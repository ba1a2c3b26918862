import { z } from 'zod';
import { id } from '../common/fields.js';
import { taskIdParam } from './task-ref.js';
import { taskStatuses } from './task.entity.js';

/** The most tasks that one task waits for. */
export const maxDependencies = 100;

const related = z.object({
  id,
  ref: z.string(),
  project_id: id,
  title: z.string(),
  status: z.enum(taskStatuses),
});
export type RelatedTask = z.output<typeof related>;

export const taskDependenciesSchema = z
  .object({
    task_id: id,
    blocked_by: z.array(related).meta({ description: 'What it waits for' }),
    blocks: z.array(related).meta({ description: 'What waits for it; at most a thousand' }),
  })
  .meta({ id: 'TaskDependencies' });
export type TaskDependencies = z.output<typeof taskDependenciesSchema>;

export const addDependencySchema = z
  .object({ depends_on: taskIdParam })
  .meta({ id: 'AddDependency', examples: [{ depends_on: 'SHOP-41' }] });
export type AddDependency = z.output<typeof addDependencySchema>;
