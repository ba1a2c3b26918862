import { z } from 'zod';
import { agentParam } from '../agents/agents.schema.js';
import { instant } from '../common/fields.js';
import { pageQuery, pageSchema, type Page } from '../http/pagination.js';
import { queryNumber } from '../http/query.js';
import { taskFields } from '../tasks/task-fields.schema.js';
import type { LastRun } from '../executions/last-run.js';
import type { TaskStatus } from '../tasks/task.entity.js';
import { backlogStatuses, backlogStatusOf, blockerOf } from './backlog-words.js';

const status = z.enum(backlogStatuses);

export const backlogTaskSchema = z
  .object({
    id: z.string().meta({ description: 'The ref of the task', examples: ['MKT-001'] }),
    title: z.string(),
    description: z.string(),
    priority: z.int(),
    status,
    blocker: z.string().nullable().meta({ description: 'Why the work cannot go on, or why it failed' }),
    created: instant,
    started: instant.nullable(),
    completed: instant.nullable(),
    result: z.string().nullable(),
  })
  .meta({ id: 'BacklogTask' });
export type BacklogTask = z.output<typeof backlogTaskSchema>;

/** The fields of a task that a backlog shows. */
interface ShownTask {
  ref: string;
  title: string;
  description: string;
  priority: number;
  status: TaskStatus;
  blocker: string | null;
  result: string | null;
  last_run: LastRun | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

export const toBacklogTask = (task: ShownTask): BacklogTask => ({
  id: task.ref,
  title: task.title,
  description: task.description,
  priority: task.priority,
  status: backlogStatusOf(task),
  blocker: blockerOf(task),
  created: task.created_at,
  started: task.started_at,
  completed: task.completed_at,
  result: task.result,
});

/** A page of a list whose items have the name `tasks`, as a backlog has it. */
const backlogPage = <S extends z.ZodType>(item: S) => {
  const { items, ...paging } = pageSchema(item).shape;
  return { tasks: items, ...paging };
};

const agentSlug = z.string().meta({ description: 'The slug of the agent', examples: ['marketing-lead'] });

export const backlogSchema = z
  .object({ agent_id: agentSlug, ...backlogPage(backlogTaskSchema) })
  .meta({ id: 'Backlog' });
export type BacklogPage<T> = Omit<Page<T>, 'items'> & { tasks: T[] };

export const agentTaskSchema = backlogTaskSchema.extend({ agent_id: agentSlug }).meta({ id: 'AgentTask' });
export const backlogsSchema = z.object(backlogPage(agentTaskSchema)).meta({ id: 'Backlogs' });

export const toBacklogPage = <T>({ items, ...paging }: Page<T>): BacklogPage<T> => ({
  tasks: items,
  ...paging,
});

export const backlogQuery = pageQuery()
  .omit({ order: true })
  .extend({
    status: status.optional().meta({ description: 'Only tasks that the backlog shows like this' }),
  });
export type BacklogQuery = z.output<typeof backlogQuery>;

export const backlogsQuery = backlogQuery.extend({
  priority: queryNumber({ least: 1, most: 10 })
    .optional()
    .meta({ description: 'Only tasks of this priority' }),
  agent_id: agentParam.optional().meta({ description: 'Only the tasks of this agent: its id or its slug' }),
});
export type BacklogsQuery = z.output<typeof backlogsQuery>;

export const addToBacklogSchema = z
  .object({
    title: taskFields.title,
    description: taskFields.description.default(''),
    priority: taskFields.priority.default(5),
  })
  .meta({
    id: 'AddToBacklog',
    examples: [{ title: 'Audit competitor pricing pages', description: 'Compare the top five', priority: 5 }],
  });
export type AddToBacklog = z.output<typeof addToBacklogSchema>;

export const changeInBacklogSchema = z
  .object({
    status,
    priority: taskFields.priority,
    title: taskFields.title,
    description: taskFields.description,
    blocker: taskFields.blocker,
    result: taskFields.result.meta({ description: 'What the work came to, of a task that is complete' }),
  })
  .partial()
  .meta({
    id: 'ChangeInBacklog',
    examples: [{ status: 'complete', result: 'Three posts are in the drafts' }],
  });
export type ChangeInBacklog = z.output<typeof changeInBacklogSchema>;

export const deletedFromBacklogSchema = z
  .object({ deleted: z.string().meta({ description: 'The ref of the task', examples: ['MKT-001'] }) })
  .meta({ id: 'DeletedFromBacklog' });

const count = z.int().min(0);
export const backlogSummarySchema = z
  .object({
    queued: count,
    in_progress: count,
    complete: count,
    blocked: count,
    total: count.meta({ description: 'All of these; cancelled tasks are left out' }),
  })
  .meta({ id: 'BacklogSummary' });
export type BacklogSummary = z.output<typeof backlogSummarySchema>;
