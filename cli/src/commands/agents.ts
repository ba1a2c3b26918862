import type { TokenScope, UpdateAgent } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { showKeys } from '../key-table.js';
import { count, list, named } from '../options.js';

const dayMs = 86_400_000;

interface Fields {
  name?: string;
  description?: string;
  restore?: boolean;
}

/** Adds the commands for agents and their keys. */
export function addAgents(program: Command): void {
  const agents = program.command('agents').description('agents, each with a backlog and keys of its own');

  agents
    .command('list')
    .description('show the agents')
    .option('--search <text>', 'part of a slug, a name or a prefix')
    .option('--disabled', 'disabled and deleted ones, too')
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(async (options: { search?: string; disabled?: boolean; limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.agents
        .list({
          search: options.search,
          ...(options.disabled ? { includeDisabled: 'true' } : {}),
          pageSize: Math.min(options.limit, 100),
        })
        .all(options.limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No agents.'
          : terminal.table(
              ['SLUG', 'PREFIX', 'NAME', 'STATE'],
              items.map(({ slug, prefix, name, disabled }) => [
                slug,
                prefix,
                name,
                disabled ? 'disabled' : 'active',
              ]),
            ),
      );
    });

  agents
    .command('create')
    .description('make an agent and its backlog; for administrators')
    .argument('<name>', 'such as "Marketing lead"')
    .option('--slug <slug>', 'its name in commands; made from the name unless given', named)
    .option('--prefix <prefix>', 'the beginning of its refs, such as MKT', named)
    .option('--description <text>', 'what it is for')
    .option('--internal', 'let everybody see its backlog')
    .addHelpText(
      'after',
      `
Example:
  millrace agents create "Marketing lead" --prefix MKT
  export API_TOKEN=$(millrace agents keys create marketing-lead "The laptop of Ada")`,
    )
    .action(
      async (
        name: string,
        options: { slug?: string; prefix?: string; description?: string; internal?: boolean },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const agent = await client.agents.create({
          name,
          slug: options.slug,
          prefix: options.prefix,
          description: options.description,
          ...(options.internal ? { visibility: 'internal' } : {}),
        });
        terminal.show(agent, () => agent.slug);
      },
    );

  agents
    .command('update')
    .description('change an agent, or bring a deleted one back')
    .argument('<agent>', 'its slug or id', named)
    .option('--name <name>')
    .option('--description <text>')
    .option('--restore', 'bring back one that is deleted or disabled')
    .action(async (agent: string, options: Fields, command: Command) => {
      const changes = changesOf(options);
      if (Object.keys(changes).length === 0)
        throw new CliError('Nothing is to be changed', {
          hint: 'Name a field, such as --description: millrace agents update --help',
          exitCode: exitCodes.usage,
        });
      const { client, terminal } = Context.of(command);
      const changed = await client.agents.update(agent, changes);
      terminal.show(changed, () => changed.slug);
    });

  agents
    .command('delete')
    .description('disable an agent, revoke its keys and archive its backlog')
    .argument('<agent>', 'its slug or id', named)
    .action(async (agent: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.agents.delete(agent);
      terminal.show(deleted, () => `${agent} deleted`);
    });

  addKeys(agents.command('keys').description('what an agent signs in with'));
}

function addKeys(keys: Command): void {
  keys
    .command('list')
    .description('show the keys of an agent')
    .argument('<agent>', 'its slug or id', named)
    .action(async (agent: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.agents.listKeys(agent).all();
      showKeys(terminal, items, 'No keys.');
    });

  keys
    .command('create')
    .description('make a key; it is shown this once')
    .argument('<agent>', 'its slug or id', named)
    .argument('<label>', 'where it is used')
    .option(
      '-s, --scopes <scopes>',
      'what it opens, with commas; tasks, projects and runs unless given',
      list,
    )
    .option('--days <number>', 'how long it is to last; for ever unless given', count)
    .action(
      async (
        agent: string,
        label: string,
        { scopes, days }: { scopes?: string[]; days?: number },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const made = await client.agents.createKey(agent, {
          label,
          ...(scopes ? { scopes: scopes as TokenScope[] } : {}),
          ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * dayMs).toISOString() }),
        });
        terminal.show(made, () => made.token);
      },
    );

  keys
    .command('revoke')
    .description('make a key useless')
    .argument('<agent>', 'its slug or id', named)
    .argument('<key>', 'the id of the key', named)
    .action(async (agent: string, id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const revoked = await client.agents.revokeKey(agent, id);
      terminal.show(revoked, () => 'Revoked.');
    });
}

function changesOf({ name, description, restore }: Fields): UpdateAgent {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(restore ? { disabled: false } : {}),
  };
}
