import type { CreateTask, Task, TasksListQuery } from '@millrace/sdk';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { count, list, named, priority } from '../options.js';
import { runFieldsOf, runOptions, type RunOptions } from '../run-options.js';
import { addChanging } from './task-changes.js';
import { addRunning } from './task-runs.js';

export function addTasks(program: Command): void {
  const tasks = program
    .command('tasks')
    .description('the backlog, and running it')
    .addHelpText(
      'after',
      `
A task is named by its ref (SHOP-42), its id, or the first 8 or more characters of that.

Examples:
  millrace tasks create "Run the tests" --project SHOP --command 'npm test'
  millrace tasks execute SHOP-1 --follow
  millrace tasks list --status running,queued`,
    );
  addReading(tasks);
  addWriting(tasks);
  addChanging(tasks);
  addRunning(tasks);
}

interface ListOptions extends Pick<TasksListQuery, 'sort' | 'order'> {
  project?: string;
  status?: string[];
  type?: string[];
  assignee?: string;
  tags?: string[];
  blocked?: true;
  overdue?: true;
  archived?: true;
  drafts?: true;
  search?: string;
  limit: number;
}

/** A flag as a query has it; undefined when it was not given. */
const flag = (given: true | undefined) => given && ('true' as const);

function addReading(tasks: Command): void {
  tasks
    .command('list')
    .description('list tasks, the newest first')
    .option('-p, --project <key>', 'its key or id', named)
    .option('-s, --status <status>', 'one or several, with commas', list)
    .option('--type <type>', 'one or several, with commas', list)
    .option('--assignee <user>', 'a user id, me or none', named)
    .option('--tags <tags>', 'tasks with all of these', list)
    .option('--blocked', 'tasks that have a blocker')
    .option('--overdue', 'tasks that are past their due date')
    .option('--archived', 'archived tasks, too')
    .option('--drafts', 'drafts, too')
    .option('--sort <key>', 'created_at, updated_at, priority, title, due_at or number', named)
    .option('--order <order>', 'asc or desc', named)
    .option('--search <text>', 'words, "phrases", prefix*, AND, OR, NOT')
    .option('-n, --limit <number>', 'at most so many', count, 50)
    .action(async (options: ListOptions, command: Command) => {
      const { client, terminal, profile } = Context.of(command);
      const { project, status, type, assignee, blocked, overdue, archived, drafts, limit } = options;
      // each by its name, since the options of every command, such as a token, are among them
      const query = {
        status,
        type,
        tags: options.tags,
        sort: options.sort,
        order: options.order,
        search: options.search,
        projectId: project ?? profile.project,
        assignedTo: assignee,
        blocked: flag(blocked),
        overdue: flag(overdue),
        includeArchived: flag(archived),
        includeDrafts: flag(drafts),
        pageSize: Math.min(limit, 100),
      };
      const items = await client.tasks.list(query).all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No tasks.'
          : terminal.table(
              ['REF', 'TYPE', 'STATUS', 'PRIORITY', 'TITLE'],
              items.map(({ ref, type, status: state, blocker, priorityName, title }) => [
                ref,
                type,
                blocker === null ? state : `${state} (blocked)`,
                priorityName,
                title.slice(0, 80),
              ]),
            ),
      );
    });

  tasks
    .command('show')
    .description('show a task')
    .argument('<task>', 'its ref or id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const task = await client.tasks.get(id);
      terminal.show(task, () =>
        terminal.facts([
          ['Ref', task.ref],
          ['Title', task.title],
          ['Type', task.type],
          ['Status', task.whyWaiting === null ? task.status : `${task.status} (${task.whyWaiting})`],
          ['Progress', `${task.progressPercentage} %`],
          ['Blocked by', task.blocker],
          ['Priority', `${task.priority} (${task.priorityName})`],
          ['Due', task.dueAt],
          ['Draft', task.isDraft ? 'yes' : null],
          ['Archived', task.archivedAt],
          ['Result', task.result],
          ['Command', task.command],
          ['Shell', task.shell],
          ['Inputs', task.inputs.map(({ name }) => name)],
          ['Artifacts', task.artifacts],
          ['Concurrency', groupOf(task.concurrency)],
          ['Runs on', task.runsOn],
          ['Tags', task.tags],
          ['Created', task.createdAt],
          ['Started', task.startedAt],
          ['Ended', task.completedAt],
          ['Took', task.actualDuration],
          ['Id', task.id],
        ]),
      );
    });
}

function addWriting(tasks: Command): void {
  interface CreateOptions extends RunOptions {
    project?: string;
    description?: string;
    priority?: CreateTask['priority'];
    type?: CreateTask['type'];
    status?: CreateTask['status'];
    due?: string;
    parent?: string;
    draft?: true;
    tags?: string[];
  }
  runOptions(tasks.command('create').description('create a task').argument('<title>'))
    .option('-p, --project <key>', 'its key or id', named)
    .option('--description <text>')
    .option(
      '--priority <priority>',
      '1 (the most urgent) to 10, or urgent, high, medium, low or none',
      priority,
    )
    .option(
      '--type <type>',
      'task, bug, issue, improvement, feature, vulnerability, chore, spike or bucket-list',
    )
    .option('--status <status>', 'such as planned or completed; pending by default')
    .option('--due <time>', 'a date such as 2026-12-24, or a time with its offset')
    .option('--parent <task>', 'the task that it is a part of', named)
    .option('--draft', 'show it to yourself and the owners of the project only, until it is published')
    .option('--tags <tags>', 'with commas', list)
    .action(async (title: string, options: CreateOptions, command: Command) => {
      const context = Context.of(command);
      const task = await context.client.tasks.create({
        title,
        projectId: context.project(options.project),
        ...runFieldsOf(options),
        ...(options.description === undefined ? {} : { description: options.description }),
        ...(options.priority === undefined ? {} : { priority: options.priority }),
        ...(options.type === undefined ? {} : { type: options.type }),
        ...(options.status === undefined ? {} : { status: options.status }),
        ...(options.due === undefined ? {} : { dueAt: options.due }),
        ...(options.parent === undefined ? {} : { parentId: options.parent }),
        ...(options.draft === undefined ? {} : { draft: true }),
        ...(options.tags === undefined ? {} : { tags: options.tags }),
      });
      context.terminal.show(task, () => task.ref);
    });
}

const groupOf = (concurrency: Task['concurrency']): string | null =>
  concurrency && `${concurrency.group} (${concurrency.limit} at a time, ${concurrency.onConflict})`;
