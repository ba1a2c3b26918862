import type { TokenScope } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { showKeys } from '../key-table.js';
import { count, list, named } from '../options.js';

const dayMs = 86_400_000;

export function addTokens(program: Command): void {
  const tokens = program.command('tokens').description('personal access tokens, for scripts and CI');

  tokens
    .command('list')
    .description('list your tokens')
    .action(async (_options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.personalAccessTokens.list().all();
      showKeys(terminal, items, 'No tokens.');
    });

  tokens
    .command('create')
    .description('make a token; it is shown this once')
    .argument('<label>', 'what it is for')
    .requiredOption(
      '-s, --scopes <scopes>',
      'what it opens, with commas: tasks.read,tasks.write,execute …',
      list,
    )
    .option('--days <number>', 'how long it is to last; for ever unless given', count)
    .addHelpText(
      'after',
      `
Example:
  export API_TOKEN=$(millrace tokens create "Deployment on CI" --scopes tasks.read,execute --days 30)`,
    )
    .action(
      async (label: string, { scopes, days }: { scopes: string[]; days?: number }, command: Command) => {
        const { client, terminal } = Context.of(command);
        const expiresAt = days === undefined ? null : new Date(Date.now() + days * dayMs).toISOString();
        const made = await client.personalAccessTokens.create({
          label,
          scopes: scopes as TokenScope[],
          expiresAt,
        });
        terminal.show(made, () => made.token);
      },
    );

  tokens
    .command('revoke')
    .description('end a token at once')
    .argument('<token>', 'its id or its label', named)
    .action(async (name: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const found = (await client.personalAccessTokens.list().all()).filter(
        ({ id, label }) => id === name || label === name,
      );
      const [token] = found;
      if (!token) throw new CliError(`There is no token ${name}`, { exitCode: exitCodes.notFound });
      if (found.length > 1)
        throw new CliError(`${found.length} tokens are called ${name}`, { hint: 'Name it by its id.' });
      await client.personalAccessTokens.revoke(token.id);
      terminal.show({ id: token.id }, () => `Revoked ${token.label}`);
    });
}
