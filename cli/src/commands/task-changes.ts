import type { UpdateTask } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { list, named, percent, priority } from '../options.js';
import { runFieldsOf, runOptions, type RunOptions } from '../run-options.js';

interface UpdateOptions extends RunOptions {
  title?: string;
  description?: string;
  type?: UpdateTask['type'];
  status?: UpdateTask['status'];
  priority?: UpdateTask['priority'];
  progress?: number;
  due?: string;
  assignee?: string;
  tags?: string[];
  parent?: string;
  blocker?: string;
  result?: string;
  clearDescription?: boolean;
  clearDue?: boolean;
  clearAssignee?: boolean;
  clearTags?: boolean;
  clearParent?: boolean;
  clearBlocker?: boolean;
  clearResult?: boolean;
  clearCommand?: boolean;
  clearShell?: boolean;
  clearWorkingDirectory?: boolean;
  clearArtifacts?: boolean;
  clearEnv?: boolean;
  clearTimeout?: boolean;
  clearInputs?: boolean;
  clearConcurrency?: boolean;
  clearRunsOn?: boolean;
}

/** Adds the commands that change a task and do not run it. */
export function addChanging(tasks: Command): void {
  runOptions(
    tasks
      .command('update')
      .description('change the fields of a task')
      .argument('<task>', 'its ref or id', named),
  )
    .option('--title <text>')
    .option('--description <text>')
    .option(
      '--type <type>',
      'task, bug, issue, improvement, feature, vulnerability, chore, spike or bucket-list',
    )
    .option(
      '-s, --status <status>',
      'pending, running, completed, failed, cancelled, backlogged, planned or progressed',
    )
    .option('--priority <priority>', '1 to 10, or urgent, high, medium, low or none', priority)
    .option('--progress <percent>', '0 to 100', percent)
    .option('--due <time>', 'a date such as 2026-12-24, or a time with its offset')
    .option('--assignee <user>', 'the id of a user', named)
    .option('--tags <tags>', 'all of them, with commas', list)
    .option('--parent <task>', 'the task that it is a part of', named)
    .option('--blocker <text>', 'why the work cannot go on')
    .option('--result <text>', 'what the work came to')
    .option('--clear-description')
    .option('--clear-due')
    .option('--clear-assignee')
    .option('--clear-tags')
    .option('--clear-parent')
    .option('--clear-blocker')
    .option('--clear-result')
    .option('--clear-command')
    .option('--clear-shell')
    .option('--clear-working-directory')
    .option('--clear-artifacts')
    .option('--clear-env')
    .option('--clear-timeout')
    .option('--clear-inputs')
    .option('--clear-concurrency')
    .option('--clear-runs-on', 'let the workers of the project run it')
    .action(async (id: string, options: UpdateOptions, command: Command) => {
      const changes = changesOf(options);
      if (Object.keys(changes).length === 0)
        throw new CliError('Nothing is to be changed', {
          hint: 'Name a field, such as --title or --clear-due: millrace tasks update --help',
          exitCode: exitCodes.usage,
        });
      const { client, terminal } = Context.of(command);
      const task = await client.tasks.update(id, changes);
      terminal.show(task, () => `${task.ref} is ${task.workflowStatus}`);
    });

  addMoves(tasks);
}

const moves = {
  archive: ['put a task into the archive', 'archived'],
  restore: ['bring a task back from the archive', 'restored'],
  publish: ['make a draft a task', 'published'],
  discard: ['archive a draft', 'discarded'],
} as const;

function addMoves(tasks: Command): void {
  for (const [name, [description, done]] of Object.entries(moves) as [
    keyof typeof moves,
    (typeof moves)[keyof typeof moves],
  ][])
    tasks
      .command(name)
      .description(description)
      .argument('<task>', 'its ref or id', named)
      .action(async (id: string, _options: object, command: Command) => {
        const { client, terminal } = Context.of(command);
        const task = await client.tasks[name](id);
        terminal.show(task, () => `${task.ref} ${done}`);
      });

  tasks
    .command('move')
    .description('move a task to another project; its ref of before goes on naming it')
    .argument('<task>', 'its ref or id', named)
    .argument('<project>', 'the key or id of a project', named)
    .action(async (id: string, projectId: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const task = await client.tasks.move(id, { projectId });
      terminal.show(task, () => task.ref);
    });

  tasks
    .command('delete')
    .description('delete a task')
    .argument('<task>', 'its ref or id', named)
    .option('--permanent', 'remove it for good, with its history left in the audit log only')
    .action(async (id: string, { permanent }: { permanent?: boolean }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.tasks.delete(id, permanent ? { permanent: 'true' } : {});
      terminal.show(deleted, () => `${id} deleted`);
    });

  tasks
    .command('depend')
    .description('make a task wait for another one, or no more')
    .argument('<task>', 'its ref or id', named)
    .argument('<other>', 'what it waits for', named)
    .option('--remove', 'let it wait for it no more')
    .action(async (id: string, other: string, { remove }: { remove?: boolean }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const shown = remove
        ? await client.tasks.removeDependency(id, other)
        : await client.tasks.addDependency(id, { dependsOn: other });
      terminal.show(shown, () =>
        shown.blockedBy.length === 0
          ? `${id} waits for nothing`
          : `${id} waits for ${shown.blockedBy.map(({ ref }) => ref).join(', ')}`,
      );
    });
}

function changesOf(options: UpdateOptions): UpdateTask {
  const { due, progress, assignee, parent, ...others } = options;
  const changes: Record<string, unknown> = {};
  const set = (
    name: keyof UpdateTask,
    value: unknown,
    clears: boolean | undefined,
    cleared: unknown = null,
  ) => {
    if (value !== undefined && clears)
      throw new CliError(`${name} is both set and cleared`, { exitCode: exitCodes.usage });
    if (value !== undefined || clears) changes[name] = clears ? cleared : value;
  };
  for (const name of ['title', 'type', 'status', 'priority'] as const) set(name, others[name], false);
  set('description', others.description, others.clearDescription, '');
  set('progressPercentage', progress, false);
  set('dueAt', due, others.clearDue);
  set('assignedTo', assignee, others.clearAssignee);
  set('tags', others.tags, others.clearTags, []);
  set('parentId', parent, others.clearParent);
  set('blocker', others.blocker, others.clearBlocker);
  set('result', others.result, others.clearResult);
  const run = runFieldsOf(options);
  set('command', run.command, others.clearCommand);
  set('shell', run.shell, others.clearShell);
  set('workingDirectory', run.workingDirectory, others.clearWorkingDirectory);
  set('artifacts', run.artifacts, others.clearArtifacts, []);
  set('environment', run.environment, others.clearEnv, {});
  set('timeout', run.timeout, others.clearTimeout);
  set('retryAttempts', run.retryAttempts, false);
  set('inputs', run.inputs, others.clearInputs, []);
  set('concurrency', run.concurrency, others.clearConcurrency);
  set('runsOn', run.runsOn, others.clearRunsOn);
  return changes;
}
