import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listOf } from '../../common/fields.js';
import { taskTypes } from '../../tasks/task.entity.js';
import { statusWords } from '../../tasks/task-words.js';
import { pathOf, type ApiCalls, type Data } from '../api-calls.js';
import { briefly, cut, fully } from '../results.js';
import { defineTool } from './define-tool.js';
import { projectOf } from './project-of.js';

const task = z.string().describe('The ref of a task, such as SHOP-42, or its id');
const project = z.string().describe('The key of a project, such as SHOP, or its id');
const priority = z
  .union([z.number(), z.string()])
  .describe('1 (most urgent) to 10, or urgent, high, medium, low, none');
const status = z.enum(statusWords as [string, ...string[]]);

const fields = {
  description: z.string().describe('Markdown'),
  type: z.enum(taskTypes),
  priority,
  tags: listOf(z.string(), { most: 50 }),
  due_at: z.string().nullable().describe('A time, or a date such as 2026-12-24'),
  parent_id: z.string().nullable().describe('The task that it is a part of'),
  assigned_to: z.string().nullable().describe('The id of a user'),
  command: z.string().nullable().describe('A shell command that does the task'),
  external_ref: z.string().nullable().describe('Its name in another system; unique in the project'),
};

/** Adds the tools that read and write tasks. */
export function addTaskTools(server: McpServer, api: ApiCalls): void {
  defineTool(server, api, 'tasks_list', {
    title: 'List tasks',
    description: 'Lists tasks, the most urgent first. Use search to find words.',
    isReadOnly: true,
    input: {
      project: project.optional(),
      status: z
        .string()
        .optional()
        .describe('pending, queued, running, completed, failed, cancelled; several with commas'),
      type: z.string().optional().describe('task, bug, feature …; several with commas'),
      tags: z.string().optional().describe('All of these, with commas'),
      assigned_to: z.string().optional().describe('me, none, or the id of a user'),
      blocked: z.boolean().optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor: z.string().optional().describe('The next_cursor of the page before'),
    },
    run: async ({ project: project_id, limit, ...query }) => {
      const page = await api.get('/api/tasks', {
        project_id,
        ...query,
        sort: 'priority',
        order: 'asc',
        page_size: limit,
        brief: true,
      });
      return { tasks: page.items.map(briefly), total: page.total, next_cursor: page.next_cursor };
    },
  });

  defineTool(server, api, 'search', {
    title: 'Search tasks',
    description:
      'Finds words in titles, descriptions and comments: "exact phrase", prefix*, OR, -word, title:word, tag:name.',
    isReadOnly: true,
    input: { query: z.string(), project: project.optional(), limit: z.int().min(1).max(100).default(10) },
    run: async ({ query: search, project: project_id, limit }) => {
      const page = await api.get('/api/tasks', {
        search,
        project_id,
        page_size: limit,
        brief: true,
        include_archived: true,
      });
      return {
        tasks: page.items.map((one: Data) => ({ ...briefly(one), archived_at: one.archived_at })),
        total: page.total,
      };
    },
  });

  defineTool(server, api, 'task_get', {
    title: 'Read a task',
    description: 'Reads a task with its last comments, its checklist and its plans.',
    isReadOnly: true,
    input: { task },
    run: async ({ task: name }) => {
      const [shown, comments, steps, plans] = await Promise.all([
        api.get(pathOf`/api/tasks/${name}`),
        api.get(pathOf`/api/tasks/${name}/comments`, { page_size: 10 }),
        api.get(pathOf`/api/tasks/${name}/checklist`),
        api.get(pathOf`/api/tasks/${name}/plans`, { page_size: 10 }),
      ]);
      return {
        ...fully(shown),
        comments: comments.items
          .toReversed()
          .map((one: Data) => ({ by: one.author_name, at: one.created_at, body: cut(one.body, 2_000) })),
        more_comments: Math.max(0, comments.total - comments.items.length) || undefined,
        steps: steps.items?.map((one: Data) => ({ position: one.position, text: one.text, done: one.done })),
        plans: plans.items.map((one: Data) => ({
          document_id: one.id,
          title: one.title,
          version: one.version,
        })),
      };
    },
  });

  defineTool(server, api, 'task_create', {
    title: 'Create a task',
    description: 'Adds a task to the backlog of a project, which you need not name if you see only one.',
    input: { project: project.optional(), title: z.string(), ...z.object(fields).partial().shape },
    run: async ({ project: name, ...given }) =>
      fully(await api.post('/api/tasks', { project_id: await projectOf(api, name), ...given })),
  });

  defineTool(server, api, 'task_update', {
    title: 'Change a task',
    description:
      'Changes the given fields. To end work that you have claimed use task_finish; "status" is for tasks that nobody has claimed.',
    input: {
      task,
      ...z.object({ title: z.string(), ...fields }).partial().shape,
      status: status.optional(),
      blocker: z.string().nullable().optional().describe('Why the work cannot go on; null clears it'),
      version: z
        .int()
        .optional()
        .describe('The version you have read, to change nothing that others have changed since'),
    },
    run: async ({ task: name, claim_id: _claim, token: _token, ...changes }: Data) =>
      fully(await api.put(pathOf`/api/tasks/${name}`, changes)),
  });

  defineTool(server, api, 'task_comment', {
    title: 'Comment on a task',
    description: 'Adds a comment in Markdown; @username mentions somebody.',
    input: { task, body: z.string() },
    run: async ({ task: name, body }) => {
      const { id } = await api.post(pathOf`/api/tasks/${name}/comments`, { body });
      return { comment_id: id };
    },
  });
}
