import type { CreateProjectKey } from '@millrace/sdk';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { showKeys } from '../key-table.js';
import { count, list, named } from '../options.js';

const dayMs = 86_400_000;

/** Adds the commands for the keys of a project. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('keys of a project, each for one bot or integration');
  const project = ['-p, --project <project>', 'its key or id'] as const;

  keys
    .command('list')
    .description('show the keys of a project')
    .option(...project, named)
    .action(async (options: { project?: string }, command: Command) => {
      const context = Context.of(command);
      const { client, terminal } = context;
      const items = await client.projects.listKeys(context.project(options.project)).all();
      showKeys(terminal, items, 'No keys.');
    });

  keys
    .command('create')
    .description('make a key, which sees this project alone; it is shown this once')
    .argument('<label>', 'what it is for; its name in the history')
    .option(...project, named)
    .option(
      '-s, --scopes <scopes>',
      'of tasks.read, tasks.write, projects.read, execute, with commas; all unless given',
      list,
    )
    .option('--days <number>', 'how long it is to last; for ever unless given', count)
    .addHelpText(
      'after',
      `
Example:
  export API_TOKEN=$(millrace keys create "Chat bot" --project SHOP --scopes tasks.read,tasks.write)`,
    )
    .action(
      async (
        label: string,
        options: { project?: string; scopes?: string[]; days?: number },
        command: Command,
      ) => {
        const context = Context.of(command);
        const { scopes, days } = options;
        const made = await context.client.projects.createKey(context.project(options.project), {
          label,
          scopes: scopes as CreateProjectKey['scopes'],
          ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * dayMs).toISOString() }),
        });
        context.terminal.show(made, () => made.token);
      },
    );

  keys
    .command('revoke')
    .description('make a key useless, and cancel its runs')
    .argument('<key>', 'the id of the key', named)
    .option(...project, named)
    .action(async (id: string, options: { project?: string }, command: Command) => {
      const context = Context.of(command);
      const revoked = await context.client.projects.revokeKey(context.project(options.project), id);
      context.terminal.show(revoked, () => 'Revoked.');
    });
}
