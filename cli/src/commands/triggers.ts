import type { CreateTrigger, Trigger, UpdateTrigger } from '@millrace/sdk';
import { Option, type Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, fileOf, list, named, pair } from '../options.js';

const priorities = ['high', 'normal', 'low'] as const;

interface Fields {
  task?: string;
  priority?: (typeof priorities)[number];
  event?: string[];
  branch?: string[];
  match: Record<string, string>;
  from: Record<string, string>;
  secretFile?: Record<string, string>;
  description?: string;
}

type CreateOptions = Fields & { project?: string };
type UpdateOptions = Fields & {
  name?: string;
  clearFilter?: boolean;
  clearFrom?: boolean;
  clearSecret?: boolean;
};

/** Adds the commands for triggers: URLs that run a task when something is sent to them. */
export function addTriggers(program: Command): void {
  const triggers = program
    .command('triggers')
    .description('URLs that run a task when something is sent to them');

  triggers
    .command('list', { isDefault: true })
    .description('show the triggers of a project')
    .option('-p, --project <project>', 'its key or id', named)
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(async ({ project, limit }: { project?: string; limit: number }, command: Command) => {
      const { client, terminal, url } = Context.of(command);
      const items = await client.projects
        .listTriggers(projectOf(command, project), { pageSize: Math.min(limit, 100) })
        .all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No triggers.'
          : terminal.table(
              ['ID', 'NAME', 'TASK', 'STATE', 'URL'],
              items.map((trigger) => [
                trigger.id,
                trigger.name,
                trigger.taskId,
                trigger.enabled ? 'on' : 'off',
                urlOf(trigger, url),
              ]),
            ),
      );
    });

  fields(
    triggers
      .command('create')
      .description('make a trigger, and show its URL')
      .argument('<name>', 'what it is for', named)
      .requiredOption('-t, --task <task>', 'the task that it runs', named)
      .option('-p, --project <project>', 'its key or id', named),
  ).action(async (name: string, options: CreateOptions, command: Command) => {
    const { client, terminal, url } = Context.of(command);
    const trigger = await client.projects.createTrigger(projectOf(command, options.project), {
      name,
      taskId: options.task!,
      ...bodyOf(options),
    });
    terminal.show(trigger, () => urlOf(trigger, url));
  });

  fields(
    triggers
      .command('update')
      .description('change a trigger; what is not named stays')
      .argument('<id>', 'its id', named)
      .option('--name <name>', 'what it is for', named)
      .option('-t, --task <task>', 'the task that it runs', named)
      .option('--clear-filter', 'let every message run it')
      .option('--clear-from', 'take no inputs from messages')
      .option('--clear-secret', 'take messages without a signature'),
  ).action(async (id: string, options: UpdateOptions, command: Command) => {
    const { client, terminal } = Context.of(command);
    const { filter, ...others } = bodyOf(options);
    const body: UpdateTrigger = {
      ...others,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.task === undefined ? {} : { taskId: options.task }),
      ...(options.clearFilter ? { filter: filter ?? {} } : {}),
      ...(options.clearFrom ? { inputsFrom: others.inputsFrom ?? {} } : {}),
      ...(options.clearSecret ? { secret: null } : {}),
    };
    // parts of a filter that are not named stay
    if (filter && !options.clearFilter)
      body.filter = { ...(await client.triggers.get(id)).filter, ...filter };
    if (Object.keys(body).length === 0)
      throw new CliError('Nothing is to be changed', {
        hint: 'Name a field, such as --event push: millrace triggers update --help',
        exitCode: exitCodes.usage,
      });
    const trigger = await client.triggers.update(id, body);
    terminal.show(trigger, () => `${trigger.name}: ${trigger.enabled ? 'on' : 'off'}`);
  });

  triggers
    .command('show')
    .description('show a trigger with its URL')
    .argument('<id>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal, url } = Context.of(command);
      const trigger = await client.triggers.get(id);
      terminal.show(trigger, () =>
        terminal.facts([
          ['Name', trigger.name],
          ['Task', trigger.taskId],
          ['State', trigger.enabled ? 'on' : 'off'],
          ['Signed', trigger.hasSecret ? 'yes' : 'no'],
          ['Filter', JSON.stringify(trigger.filter)],
          ['Inputs', JSON.stringify(trigger.inputsFrom)],
          ['URL', urlOf(trigger, url)],
        ]),
      );
    });

  for (const [word, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    triggers
      .command(word)
      .description(`switch a trigger ${enabled ? 'on' : 'off'}`)
      .argument('<id>', 'its id', named)
      .action(async (id: string, _options: object, command: Command) => {
        const { client, terminal } = Context.of(command);
        terminal.show(await client.triggers.update(id, { enabled }), () => `${word}d`);
      });

  triggers
    .command('rotate')
    .description('give a trigger another URL, and show it')
    .argument('<id>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal, url } = Context.of(command);
      const trigger = await client.triggers.rotate(id);
      terminal.show(trigger, () => urlOf(trigger, url));
    });

  triggers
    .command('delete')
    .description('delete a trigger')
    .argument('<id>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.triggers.delete(id);
      terminal.show(deleted, () => deleted.message);
    });

  triggers
    .command('deliveries')
    .description('show what reached a trigger, and what became of it')
    .argument('<id>', 'its id', named)
    .option('-n, --limit <number>', 'at most so many', count, 20)
    .action(async (id: string, { limit }: { limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.triggers.listDeliveries(id, { pageSize: Math.min(limit, 100) }).all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'Nothing has reached it.'
          : terminal.table(
              ['RECEIVED', 'EVENT', 'OUTCOME', 'REASON', 'RUN'],
              items.map(({ receivedAt, event, outcome, reason, executionId }) => [
                receivedAt,
                event ?? '',
                outcome,
                reason ?? '',
                executionId ?? '',
              ]),
            ),
      );
    });
}

const fields = (command: Command): Command =>
  command
    .option('--description <text>')
    .addOption(new Option('--priority <priority>', 'of its runs').choices(priorities))
    .option('--event <events>', 'only messages with one of these events, such as push', list)
    .option('--branch <branches>', 'only messages about one of these branches', list)
    .option('--match <pointer=value>', 'only messages with this text at a JSON pointer, repeatable', pair, {})
    .option('--from <input=pointer>', 'an input and the JSON pointer to its value, repeatable', pair, {})
    .option(
      '--secret-file <secret=path>',
      'secret=PATH of the secret of signatures; - is the standard input',
      fileOf,
    );

/** Returns the fields that the options set. */
function bodyOf({ event, branch, match, from, secretFile, description, priority }: Fields) {
  const filter: NonNullable<CreateTrigger['filter']> = {
    ...(event ? { events: event } : {}),
    ...(branch ? { branches: branch } : {}),
    ...(Object.keys(match).length > 0 ? { match } : {}),
  };
  const secret = Object.values(secretFile ?? {})[0]?.trim();
  return {
    ...(Object.keys(filter).length > 0 ? { filter } : {}),
    ...(Object.keys(from).length > 0 ? { inputsFrom: from } : {}),
    ...(secret === undefined ? {} : { secret }),
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority }),
  };
}

const urlOf = ({ path }: Trigger, url: string): string => (path === null ? '–' : new URL(path, url).href);

function projectOf(command: Command, named?: string): string {
  const project = named ?? Context.of(command).profile.project;
  if (project === undefined) throw new CliError('Name a project with -p', { exitCode: exitCodes.usage });
  return project;
}
