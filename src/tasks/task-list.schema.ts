import { z } from 'zod';
import { id, sentInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { queryFlag, queryNumber } from '../http/query.js';
import { projectIdParam } from '../projects/project-access.js';
import { priorityName, tag } from './task-fields.schema.js';
import { taskTypes } from './task.entity.js';
import { filterWords, type FilterWord } from './task-words.js';
import { listedTaskSchema } from './tasks.schema.js';

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
  status: commaList(z.enum(filterWords as [FilterWord, ...FilterWord[]]))
    .optional()
    .meta({
      description:
        'One status or word of a board, or several separated by commas: pending, queued, running, completed, failed, cancelled, backlogged, planned, progressed',
    }),
  type: commaList(z.enum(taskTypes))
    .optional()
    .meta({ description: 'One type, or several separated by commas' }),
  assigned_to: z
    .union([z.enum(['me', 'none']), id])
    .optional()
    .meta({ description: 'Tasks of this user, `me` for your own, or `none` for those that nobody has' }),
  created_by: z
    .union([z.literal('me'), id])
    .optional()
    .meta({ description: 'Tasks that this user has created' }),
  parent_id: id.optional().meta({ description: 'Tasks that are a part of this one' }),
  blocked: queryFlag.optional().meta({ description: 'Tasks that have a blocker, or that have none' }),
  priority: queryNumber({ least: 1, most: 10 })
    .optional()
    .meta({ description: 'Tasks at least this urgent' }),
  priority_name: priorityName.optional().meta({ description: 'Tasks with a priority of this name' }),
  due_before: sentInstant.optional().meta({ description: 'Tasks that are due before this time' }),
  due_after: sentInstant.optional().meta({ description: 'Tasks that are due at this time or later' }),
  overdue: queryFlag.optional().meta({
    description: 'Tasks that are past their due date and neither completed nor cancelled, or all others',
  }),
  brief: queryFlag
    .default(false)
    .meta({ description: 'Without what may be long: `description`, `result` and `metadata` are empty' }),
  include_archived: queryFlag.default(false).meta({ description: 'Archived tasks, too' }),
  include_drafts: queryFlag.default(false).meta({ description: 'Drafts, too' }),
  tags: commaList(tag).optional().meta({ description: 'Tasks with all of these tags, separated by commas' }),
  search: z
    .string()
    .max(500)
    .transform((text) => text.trim() || undefined)
    .optional()
    .meta({
      description:
        'Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, comment:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too',
    }),
  created_after: sentInstant.optional().meta({ description: 'Tasks created after this time' }),
  created_before: sentInstant.optional().meta({ description: 'Tasks created before this time' }),
  sort: z
    .enum(['created_at', 'updated_at', 'priority', 'title', 'due_at', 'number'])
    .default('created_at')
    .meta({
      description:
        'The sort key. A task without a due date counts as due at the end of time: last in ascending order',
    }),
});
export type TaskListQuery = z.output<typeof taskListQuery>;

/** A list of tasks with what the query of its own route cannot ask for. */
export interface TaskListing extends TaskListQuery {
  /** Only the tasks of agents' projects. */
  of_agents?: boolean;
  /** Only tasks that have failed or are blocked. */
  needs_somebody?: boolean;
  exact_priority?: number;
}

export const taskPageSchema = pageSchema(listedTaskSchema).meta({ id: 'TaskPage' });
