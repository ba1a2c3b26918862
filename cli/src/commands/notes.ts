import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, named } from '../options.js';

/** Adds the commands for what people write about a task: its comments and its checklist. */
export function addNotes(program: Command): void {
  addComments(program.command('comments').description('what people say about a task'));
  addChecklist(program.command('checklist').description('the steps of a task'));
}

function addComments(comments: Command): void {
  comments
    .command('list')
    .description('show the comments of a task, the oldest first')
    .argument('<task>', 'its ref or id', named)
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(async (task: string, { limit }: { limit: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.tasks
        .listComments(task, { order: 'asc', pageSize: Math.min(limit, 100) })
        .all(limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No comments.'
          : items
              .map(
                ({ id, authorName, createdAt, body }) =>
                  `${authorName ?? '?'}, ${createdAt} (${id})\n${body}`,
              )
              .join('\n\n'),
      );
    });

  comments
    .command('add')
    .description('comment on a task')
    .argument('<task>', 'its ref or id', named)
    .argument('<text>', 'Markdown; @username mentions somebody')
    .action(async (task: string, body: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const comment = await client.tasks.addComment(task, { body });
      terminal.show(comment, () => comment.id);
    });

  comments
    .command('edit')
    .description('change a comment of yours')
    .argument('<task>', 'its ref or id', named)
    .argument('<comment>', 'the id of the comment', named)
    .argument('<text>')
    .action(async (task: string, id: string, body: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const comment = await client.tasks.updateComment(task, id, { body });
      terminal.show(comment, () => comment.id);
    });

  comments
    .command('delete')
    .description('delete a comment: your own, or any as an owner of the project')
    .argument('<task>', 'its ref or id', named)
    .argument('<comment>', 'the id of the comment', named)
    .action(async (task: string, id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.tasks.deleteComment(task, id);
      terminal.show(deleted, () => 'Deleted');
    });
}

function addChecklist(checklist: Command): void {
  checklist
    .command('show')
    .description('show the checklist of a task')
    .argument('<task>', 'its ref or id', named)
    .action(async (task: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const shown = await client.tasks.checklist(task);
      terminal.show(shown, () =>
        shown.items.length === 0
          ? 'No items.'
          : shown.items
              .map(({ position, done, text }) => `${position + 1}. [${done ? 'x' : ' '}] ${text}`)
              .join('\n'),
      );
    });

  checklist
    .command('add')
    .description('add an item')
    .argument('<task>', 'its ref or id', named)
    .argument('<text>')
    .option('--at <number>', 'its place from 1; the end by default', count)
    .action(async (task: string, text: string, { at }: { at?: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const item = await client.tasks.addChecklistItem(task, {
        text,
        ...(at === undefined ? {} : { position: at - 1 }),
      });
      terminal.show(item, () => String(item.position + 1));
    });

  const changes = {
    check: ['say that an item is done', { done: true }],
    uncheck: ['say that an item is not done', { done: false }],
  } as const;
  for (const [name, [description, change]] of Object.entries(changes))
    checklist
      .command(name)
      .description(description)
      .argument('<task>', 'its ref or id', named)
      .argument('<number>', 'the place of the item, from 1', count)
      .action(async (task: string, place: number, _options: object, command: Command) => {
        const { client, terminal } = Context.of(command);
        const item = await client.tasks.updateChecklistItem(task, await itemAt(client, task, place), change);
        terminal.show(item, () => `[${item.done ? 'x' : ' '}] ${item.text}`);
      });

  checklist
    .command('remove')
    .description('remove an item')
    .argument('<task>', 'its ref or id', named)
    .argument('<number>', 'the place of the item, from 1', count)
    .action(async (task: string, place: number, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const item = await client.tasks.deleteChecklistItem(task, await itemAt(client, task, place));
      terminal.show(item, () => `Removed: ${item.text}`);
    });
}

/** The id of the item at a place of a checklist. @throws CliError when there is none */
async function itemAt(client: Context['client'], task: string, place: number): Promise<string> {
  const { items } = await client.tasks.checklist(task);
  const item = items[place - 1];
  if (!item)
    throw new CliError(`The checklist of ${task} has no item ${place}`, { exitCode: exitCodes.notFound });
  return item.id;
}
