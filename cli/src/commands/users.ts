import { Option, type Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, named } from '../options.js';
import { ask, readAll } from '../prompt.js';

const roles = ['viewer', 'developer', 'admin'] as const;
type Role = (typeof roles)[number];

export function addUsers(program: Command): void {
  const users = program.command('users').description('users; for administrators');

  users
    .command('list')
    .description('list users')
    .option('--search <text>', 'part of a name or an address')
    .option('-n, --limit <number>', 'at most so many', count, 50)
    .action(async ({ search, limit }: { search?: string; limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.users.list({ search, pageSize: Math.min(limit, 100) }).all(limit);
      terminal.show(items, () =>
        terminal.table(
          ['USERNAME', 'ROLE', 'STATUS', 'EMAIL', 'LAST LOGIN'],
          items.map(({ username, role, disabled, email, lastLogin }) => [
            username,
            role,
            disabled ? 'disabled' : 'active',
            email,
            lastLogin?.slice(0, 16),
          ]),
        ),
      );
    });

  users
    .command('create')
    .description('create a user')
    .argument('<username>')
    .requiredOption('--email <address>')
    .addOption(new Option('--role <role>').choices(roles).default('developer'))
    .option('--password-stdin', 'read the password from standard input')
    .action(
      async (
        username: string,
        options: { email: string; role: Role; passwordStdin?: boolean },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const password = options.passwordStdin ? await readAll() : await ask('Password: ', { hidden: true });
        const { email, role } = options;
        const made = await client.users.create({ username, email, role, password });
        terminal.show(made, () => `Created ${made.username} (${made.role})`);
      },
    );

  users
    .command('update')
    .description('change the role of a user, or shut it out')
    .argument('<username>', 'as it signs in', named)
    .addOption(new Option('--role <role>').choices(roles))
    .option('--disable', 'end all its tokens and let it in no more')
    .option('--enable', 'let it in again')
    .action(
      async (
        username: string,
        options: { role?: Role; disable?: boolean; enable?: boolean },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const found = await client.users.list({ search: username, pageSize: 100 }).all();
        const user = found.find((one) => one.username === username.toLowerCase());
        if (!user) throw new CliError(`There is no user ${username}`, { exitCode: exitCodes.notFound });
        const { role, disable, enable } = options;
        const changed = await client.users.update(user.id, {
          ...(role === undefined ? {} : { role }),
          ...(disable || enable ? { disabled: disable === true } : {}),
        });
        terminal.show(
          changed,
          () => `${changed.username}: ${changed.role}, ${changed.disabled ? 'disabled' : 'active'}`,
        );
      },
    );
}
