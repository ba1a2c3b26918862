import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, list, named } from '../options.js';

type Client = Context['client'];

interface Text {
  body?: string;
  file?: string;
}

/** Adds the commands for the plans of tasks, and the docs and the memory of projects. */
export function addDocuments(program: Command): void {
  addKind(program.command('plans').description('the plans of a task'), 'task', {
    list: (client, task) => client.tasks.listPlans(task),
    add: (client, task, title, body) => client.tasks.addPlan(task, { title, body }),
  });
  addKind(program.command('docs').description('the docs of a project'), 'project', {
    list: (client, project) => client.projects.listDocs(project),
    add: (client, project, title, body) => client.projects.addDoc(project, { title, body }),
  });
  addMemory(program.command('memory').description('what a project is to remember'));
}

interface Collection {
  list(client: Client, of: string): ReturnType<Client['projects']['listDocs']>;
  add(client: Client, of: string, title: string, body: string): ReturnType<Client['projects']['addDoc']>;
}

function addKind(documents: Command, of: 'task' | 'project', collection: Collection): void {
  const where = of === 'task' ? 'its ref or id' : 'its key or id';

  documents
    .command('list')
    .description('list them, the newest first')
    .argument(`<${of}>`, where, named)
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(async (name: string, { limit }: { limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await collection.list(client, name).all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No documents.'
          : terminal.table(
              ['ID', 'TITLE', 'VERSION', 'CHANGED'],
              items.map(({ id, title, version, updatedAt }) => [
                id,
                title,
                String(version),
                updatedAt.slice(0, 16),
              ]),
            ),
      );
    });

  withText(
    documents
      .command('add')
      .description('write one')
      .argument(`<${of}>`, where, named)
      .argument('<title>', 'its title', named),
  ).action(async (name: string, title: string, text: Text, command: Command) => {
    const { client, terminal } = Context.of(command);
    const made = await collection.add(client, name, title, requiredText(text));
    terminal.show(made, () => made.id);
  });

  documents
    .command('versions')
    .description('list its versions, the newest first')
    .argument('<document>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.documents.listVersions(id).all();
      terminal.show(items, () =>
        terminal.table(
          ['VERSION', 'WRITTEN', 'TITLE', 'NOTE'],
          items.map(({ version, createdAt, title, changeNote }) => [
            String(version),
            createdAt.slice(0, 16),
            title,
            changeNote ?? '',
          ]),
        ),
      );
    });

  documents
    .command('show')
    .description('print its text')
    .argument('<document>', 'its id', named)
    .option('--version <number>', 'as it was in this version', count)
    .action(async (id: string, { version }: { version?: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const document =
        version === undefined
          ? await client.documents.get(id)
          : await client.documents.getVersion(id, String(version));
      terminal.show(document, () => document.body);
    });

  withText(
    documents
      .command('edit')
      .description('change its title or its text')
      .argument('<document>', 'its id', named)
      .option('--title <text>')
      .option('--note <text>', 'what the change is about'),
  ).action(async (id: string, options: Text & { title?: string; note?: string }, command: Command) => {
    const { title, note } = options;
    const body = textOf(options);
    if (title === undefined && body === undefined) throw nothingGiven();
    const { client, terminal } = Context.of(command);
    const changed = await client.documents.update(id, {
      ...(title === undefined ? {} : { title }),
      ...(body === undefined ? {} : { body }),
      ...(note === undefined ? {} : { changeNote: note }),
    });
    terminal.show(changed, () => `Version ${changed.version}`);
  });

  addAppendAndDelete(documents);
}

function addMemory(memory: Command): void {
  memory
    .command('list')
    .description('recall notes, the newest first')
    .argument('<project>', 'its key or id', named)
    .option('--tag <tag>', 'notes with this tag', named)
    .option('--search <words>', 'words, "phrases", prefix*, -word, tag:name', named)
    .option('-n, --limit <number>', 'at most so many', count, 20)
    .action(
      async (
        project: string,
        { tag, search, limit }: { tag?: string; search?: string; limit: number },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const items = await client.projects.listMemory(project, { tag, search }).all(limit);
        terminal.show(items, () =>
          items.length === 0
            ? 'Nothing is remembered.'
            : items
                .map(({ id, title, tags, body }) =>
                  [`${id}${tags.length === 0 ? '' : ` (${tags.join(', ')})`}`, title, body]
                    .filter(Boolean)
                    .join('\n'),
                )
                .join('\n\n'),
        );
      },
    );

  withText(
    memory
      .command('add')
      .description('remember something')
      .argument('<project>', 'its key or id', named)
      .option('--title <text>', '', '')
      .option('--tags <tags>', 'with commas', list, []),
  ).action(async (project: string, options: Text & { title: string; tags: string[] }, command: Command) => {
    const { title, tags } = options;
    const { client, terminal } = Context.of(command);
    const made = await client.projects.remember(project, { title, tags, body: requiredText(options) });
    terminal.show(made, () => made.id);
  });

  memory
    .command('show')
    .description('print a whole note')
    .argument('<note>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const note = await client.documents.get(id);
      terminal.show(note, () => note.body);
    });

  addAppendAndDelete(memory);
}

function addAppendAndDelete(documents: Command): void {
  withText(
    documents
      .command('append')
      .description('add a text behind a new line; what others add at once stays')
      .argument('<document>', 'its id', named),
  ).action(async (id: string, text: Text, command: Command) => {
    const { client, terminal } = Context.of(command);
    const changed = await client.documents.append(id, { body: requiredText(text) });
    terminal.show(changed, () => `Version ${changed.version}`);
  });

  documents
    .command('delete')
    .description('delete it for good, with its versions')
    .argument('<document>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.documents.delete(id);
      terminal.show(deleted, () => 'Deleted');
    });
}

const withText = (command: Command): Command =>
  command
    .option('--body <text>', 'the text, in Markdown')
    .option('--file <file>', 'a file with the text; - is the standard input');

function textOf({ body, file }: Text): string | undefined {
  if (body !== undefined && file !== undefined)
    throw new CliError('Give --body or --file, not both', { exitCode: exitCodes.usage });
  if (file === undefined) return body;
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, { exitCode: exitCodes.usage });
  }
}

function requiredText(text: Text): string {
  const body = textOf(text);
  if (body === undefined) throw nothingGiven();
  return body;
}

const nothingGiven = () =>
  new CliError('No text is given', { hint: 'Send it with --body or --file', exitCode: exitCodes.usage });
