import { Option, type Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, named } from '../options.js';

export function addProjects(program: Command): void {
  const projects = program.command('projects').description('projects');

  projects
    .command('list')
    .description('list the projects you may see')
    .option('--search <text>')
    .option('-n, --limit <number>', 'at most so many', count, 50)
    .action(async ({ search, limit }: { search?: string; limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.projects.list({ search, pageSize: Math.min(limit, 100) }).all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No projects.'
          : terminal.table(
              ['KEY', 'STATUS', 'NAME'],
              items.map(({ key, status, name }) => [key, status, name]),
            ),
      );
    });

  projects
    .command('create')
    .description('create a project')
    .argument('<name>')
    .option('--key <KEY>', 'prefix of the refs of its tasks; made from the name unless given')
    .option('--description <text>')
    .addOption(new Option('--visibility <visibility>').choices(['private', 'internal']).default('private'))
    .action(
      async (
        name: string,
        options: { key?: string; description?: string; visibility: 'private' | 'internal' },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const { key, description, visibility } = options;
        const made = await client.projects.create({
          name,
          visibility,
          ...(key === undefined ? {} : { key }),
          ...(description === undefined ? {} : { description }),
        });
        terminal.show(made, () => made.key);
      },
    );

  projects
    .command('show')
    .description('show a project')
    .argument('<project>', 'its key or id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const project = await client.projects.get(id);
      const { statistics } = project;
      terminal.show(project, () =>
        terminal.facts([
          ['Key', project.key],
          ['Name', project.name],
          ['Status', project.status],
          ['Visibility', project.visibility],
          [
            'Tasks',
            `${statistics.totalTasks}, ${statistics.completedTasks} completed, ${statistics.runningTasks} running`,
          ],
          ['Created', project.createdAt],
          ['Id', project.id],
        ]),
      );
    });

  for (const [name, status, description] of [
    ['archive', 'archived', 'make a project read-only, as it must be before it can be deleted for good'],
    ['restore', 'active', 'make an archived project active again'],
  ] as const)
    projects
      .command(name)
      .description(description)
      .argument('<project>', 'its key or id', named)
      .action(async (id: string, _options: object, command: Command) => {
        const { client, terminal } = Context.of(command);
        const project = await client.projects.update(id, { status });
        terminal.show(project, () => `${project.key} is ${status}`);
      });

  projects
    .command('delete')
    .description('delete a project')
    .argument('<project>', 'its key or id', named)
    .option('--permanent', 'remove it for good, with its tasks, runs and files; it must be archived')
    .option('--yes', 'confirm what cannot be undone')
    .action(
      async (id: string, { permanent, yes }: { permanent?: boolean; yes?: boolean }, command: Command) => {
        if (permanent && !yes)
          throw new CliError(`${id} and all it holds would be removed for good`, {
            hint: 'Add --yes if that is meant.',
            exitCode: exitCodes.usage,
          });
        const { client, terminal } = Context.of(command);
        const deleted = await client.projects.delete(id, permanent ? { permanent: 'true' } : {});
        terminal.show(deleted, () => `${id} deleted`);
      },
    );
}
