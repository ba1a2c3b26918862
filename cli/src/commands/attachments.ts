import { createWriteStream, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { named } from '../options.js';

type Where = { project?: true; document?: true };
const linkedTypeOf = ({ project, document }: Where) => (project ? 'project' : document ? 'document' : 'task');

/** Adds the commands for files and links. */
export function addAttachments(program: Command): void {
  program
    .command('attach')
    .description('attach a file or a link')
    .argument('<to>', 'the ref or id of a task', named)
    .argument('<file>', 'a file of at most 10 MiB, or a URL', named)
    .option('--project', 'attach to a project, named by its key or id')
    .option('--document', 'attach to a document, named by its id')
    .option('--name <name>', 'the name of the file, or the URL, unless given', named)
    .action(async (to: string, file: string, options: Where & { name?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const link = { linkedType: linkedTypeOf(options), linkedId: to } as const;
      const made = /^https?:\/\//i.test(file)
        ? await client.attachments.create({ ...link, url: file, name: options.name })
        : await client.attachments.upload(new Blob([read(file)]), {
            ...link,
            name: options.name ?? basename(file),
          });
      terminal.show(made, () => made.id);
    });

  const attachments = program
    .command('attachments')
    .description('files and links of tasks, projects, documents');

  attachments
    .command('list')
    .description('list what is attached, the newest first')
    .argument('<to>', 'the ref or id of a task', named)
    .option('--project', 'of a project, named by its key or id')
    .option('--document', 'of a document, named by its id')
    .action(async (to: string, options: Where, command: Command) => {
      const { client, terminal } = Context.of(command);
      const list = {
        task: () => client.tasks.listAttachments(to),
        project: () => client.projects.listProjectAttachments(to),
        document: () => client.documents.listDocumentAttachments(to),
      }[linkedTypeOf(options)];
      const items = await list().all();
      terminal.show(items, () =>
        items.length === 0
          ? 'Nothing is attached.'
          : terminal.table(
              ['ID', 'NAME', 'BYTES', 'LINK'],
              items.map(({ id, name, size, url }) => [id, name, url === null ? String(size) : '', url ?? '']),
            ),
      );
    });

  attachments
    .command('get')
    .description('save an attached file, or print it to a pipe')
    .argument('<attachment>', 'its id', named)
    .option('-o, --output <file>', 'where to save it; its own name, in this folder, unless given', named)
    .action(async (id: string, { output }: { output?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const attachment = await client.attachments.get(id);
      const { body } = await client.attachments.content(id);
      // the name comes from somebody else: of a path, only the last part is used, and no file is replaced
      const file = output ?? basename(attachment.name);
      const target =
        output === '-' ? process.stdout : createWriteStream(file, { flags: output ? 'w' : 'wx' });
      try {
        await pipeline(Readable.fromWeb(body as never), target, { end: target !== process.stdout });
      } catch (error) {
        throw new CliError(`${file} cannot be written: ${(error as Error).message}`, {
          hint: 'Choose another file with --output',
        });
      }
      if (output !== '-') terminal.show({ ...attachment, file }, () => file);
    });

  attachments
    .command('delete')
    .description('remove an attachment: your own, or any as an owner of the project')
    .argument('<attachment>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.attachments.delete(id);
      terminal.show(deleted, () => 'Deleted');
    });
}

function read(file: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, { exitCode: exitCodes.usage });
  }
}
