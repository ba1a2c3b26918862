import type { ChangeInBacklog } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { backlogStatus, backlogStatuses, count, named, priority, type BacklogStatus } from '../options.js';

interface Fields {
  status?: BacklogStatus;
  priority?: ReturnType<typeof priority>;
  title?: string;
  description?: string;
  blocker?: string;
  clearBlocker?: boolean;
  result?: string;
}

/** Adds the commands for the backlogs of agents. */
export function addBacklog(program: Command): void {
  const backlog = program.command('backlog').description('the backlogs of agents');

  backlog
    .command('list')
    .description('show the tasks of an agent, or of all of them, the most urgent first')
    .argument('[agent]', 'its slug or id', named)
    .option('--status <status>', backlogStatuses.join(', '), backlogStatus)
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(
      async (
        agent: string | undefined,
        { status, limit }: { status?: BacklogStatus; limit: number },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const items = await client.backlogs
          .list({ agentId: agent, status, pageSize: Math.min(limit, 100) })
          .all(limit);
        terminal.show(items, () =>
          items.length === 0
            ? 'No tasks.'
            : terminal.table(
                ['REF', 'STATUS', 'PRIORITY', 'TITLE', 'BLOCKER'],
                items.map((task) => [
                  task.id,
                  task.status,
                  String(task.priority),
                  task.title,
                  task.blocker ?? '',
                ]),
              ),
        );
      },
    );

  backlog
    .command('add')
    .description('add a task to the backlog of an agent')
    .argument('<agent>', 'its slug or id', named)
    .argument('<title>')
    .option('--description <text>')
    .option('--priority <priority>', '1 (most urgent) to 10, or urgent, high, medium, low, none', priority)
    .action(
      async (
        agent: string,
        title: string,
        options: Pick<Fields, 'description' | 'priority'>,
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const { description, priority: urgency } = options;
        const task = await client.backlogs.add(agent, { title, description, priority: urgency });
        terminal.show(task, () => task.id);
      },
    );

  backlog
    .command('update')
    .description('change a task of an agent')
    .argument('<agent>', 'its slug or id', named)
    .argument('<task>', 'its ref or id', named)
    .option('--status <status>', backlogStatuses.join(', '), backlogStatus)
    .option('--priority <priority>', '1 (most urgent) to 10, or a name', priority)
    .option('--title <title>')
    .option('--description <text>')
    .option('--blocker <text>', 'why the work cannot go on')
    .option('--clear-blocker')
    .option('--result <text>', 'what the work came to')
    .action(async (agent: string, task: string, options: Fields, command: Command) => {
      const changes = changesOf(options);
      if (Object.keys(changes).length === 0)
        throw new CliError('Nothing is to be changed', {
          hint: 'Name a field, such as --status: millrace backlog update --help',
          exitCode: exitCodes.usage,
        });
      const { client, terminal } = Context.of(command);
      const changed = await client.backlogs.change(agent, task, changes);
      terminal.show(changed, () => `${changed.id} ${changed.status}`);
    });

  backlog
    .command('delete')
    .description('remove a task of an agent for good')
    .argument('<agent>', 'its slug or id', named)
    .argument('<task>', 'its ref or id', named)
    .action(async (agent: string, task: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { deleted } = await client.backlogs.delete(agent, task);
      terminal.show({ deleted }, () => `${deleted} deleted`);
    });

  backlog
    .command('summary')
    .description('count the tasks of an agent')
    .argument('<agent>', 'its slug or id', named)
    .action(async (agent: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const summary = await client.backlogs.summary(agent);
      terminal.show(summary, () =>
        Object.entries(summary)
          .map(([name, n]) => `${name}: ${n}`)
          .join('\n'),
      );
    });
}

/** Takes the fields that are given; the options of every command are among them. */
function changesOf(given: Fields): ChangeInBacklog {
  const names = ['status', 'priority', 'title', 'description', 'blocker', 'result'] as const;
  return {
    ...Object.fromEntries(
      names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
    ),
    ...(given.clearBlocker ? { blocker: null } : {}),
  };
}
