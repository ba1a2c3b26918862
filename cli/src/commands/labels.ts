import type { UpdateLabel } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, named } from '../options.js';

interface Fields {
  name?: string;
  color?: string;
  description?: string;
  clearColor?: boolean;
  restore?: boolean;
}

/** Adds the commands for the catalogue of labels, and for those of a task. */
export function addLabels(program: Command): void {
  const labels = program.command('labels').description('the labels of tasks and projects');

  labels
    .command('list')
    .description('show the catalogue')
    .option('-p, --project <project>', 'of this project and of the whole installation', named)
    .option('--search <text>', 'the beginning of a name')
    .option('--archived', 'archived ones, too')
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(
      async (
        options: { project?: string; search?: string; archived?: boolean; limit: number },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const items = await client.labels
          .list({
            projectId: options.project,
            search: options.search,
            ...(options.archived ? { includeArchived: 'true' } : {}),
            pageSize: Math.min(options.limit, 100),
          })
          .all(options.limit);
        terminal.show(items, () =>
          items.length === 0
            ? 'No labels.'
            : terminal.table(
                ['ID', 'NAME', 'COLOR', 'OF', 'DESCRIPTION'],
                items.map(({ id, name, color, projectId, description }) => [
                  id,
                  name,
                  color ?? '',
                  projectId ?? 'all projects',
                  description,
                ]),
              ),
        );
      },
    );

  labels
    .command('create')
    .description('make a label, or bring back an archived one')
    .argument('<name>', 'up to 50 characters without a comma')
    .option(
      '-p, --project <project>',
      'its project; without one it is for all, which takes an administrator',
      named,
    )
    .option('--color <color>', 'such as #e03e3e')
    .option('--description <text>', 'what it means')
    .action(async (name: string, options: Fields & { project?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { project: projectId, color, description } = options;
      const label = await client.labels.create({ name, projectId, color, description });
      terminal.show(label, () => label.id);
    });

  labels
    .command('update')
    .description('change a label; a new name is written to every task that has it')
    .argument('<label>', 'the id of the label', named)
    .option('--name <name>')
    .option('--color <color>', 'such as #e03e3e')
    .option('--description <text>')
    .option('--clear-color')
    .option('--restore', 'bring an archived one back')
    .action(async (id: string, options: Fields, command: Command) => {
      const changes = changesOf(options);
      if (Object.keys(changes).length === 0)
        throw new CliError('Nothing is to be changed', {
          hint: 'Name a field, such as --color: millrace labels update --help',
          exitCode: exitCodes.usage,
        });
      const { client, terminal } = Context.of(command);
      const label = await client.labels.update(id, changes);
      terminal.show(label, () => label.name);
    });

  labels
    .command('archive')
    .description('offer a label no more; it stays on its tasks')
    .argument('<label>', 'the id of the label', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const label = await client.labels.delete(id);
      terminal.show(label, () => `${label.name} archived`);
    });

  labels
    .command('attach')
    .description('put a label on a task; one that is new gets into the catalogue')
    .argument('<task>', 'its ref or id', named)
    .argument('<name>', 'of the label', named)
    .action(async (task: string, name: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { tags } = await client.tasks.attachLabel(task, { name });
      terminal.show(tags, () => tags.join(', '));
    });

  labels
    .command('detach')
    .description('take a label off a task')
    .argument('<task>', 'its ref or id', named)
    .argument('<name>', 'of the label', named)
    .action(async (task: string, name: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { tags } = await client.tasks.detachLabel(task, name);
      terminal.show(tags, () => (tags.length === 0 ? 'No labels.' : tags.join(', ')));
    });
}

function changesOf({ name, color, description, clearColor, restore }: Fields): UpdateLabel {
  return {
    ...(name === undefined ? {} : { name }),
    ...(color === undefined ? {} : { color }),
    ...(clearColor ? { color: null } : {}),
    ...(description === undefined ? {} : { description }),
    ...(restore ? { archived: false } : {}),
  };
}
