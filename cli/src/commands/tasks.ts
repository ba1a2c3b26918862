import { Option, type Command } from 'commander';
import { Context } from '../context.js';
import { count, list, named, pair } from '../options.js';
import { relay } from '../relay.js';

const priorities = ['high', 'normal', 'low'] as const;
type Priority = (typeof priorities)[number];

export function addTasks(program: Command): void {
  const tasks = program
    .command('tasks')
    .description('the backlog, and running it')
    .addHelpText(
      'after',
      `
A task is named by its ref (SHOP-42), its id, or the first 8 or more characters of that.

Examples:
  millrace tasks create "Run the tests" --project SHOP --command 'npm test'
  millrace tasks execute SHOP-1 --follow
  millrace tasks list --status running,queued`,
    );
  addReading(tasks);
  addWriting(tasks);
  addRunning(tasks);
}

function addReading(tasks: Command): void {
  tasks
    .command('list')
    .description('list tasks, the newest first')
    .option('-p, --project <key>', 'its key or id', named)
    .option('-s, --status <status>', 'one or several, with commas', list)
    .option('--tags <tags>', 'tasks with all of these', list)
    .option('--search <text>', 'words, "phrases", prefix*, AND, OR, NOT')
    .option('-n, --limit <number>', 'at most so many', count, 50)
    .action(
      async (
        options: { project?: string; status?: string[]; tags?: string[]; search?: string; limit: number },
        command: Command,
      ) => {
        const { client, terminal, profile } = Context.of(command);
        const { project = profile.project, status, tags, search, limit } = options;
        const query = { projectId: project, status, tags, search, pageSize: Math.min(limit, 100) };
        const items = await client.tasks.list(query).all(limit);
        terminal.show(items, () =>
          items.length === 0
            ? 'No tasks.'
            : terminal.table(
                ['REF', 'STATUS', 'PRIORITY', 'TITLE'],
                items.map(({ ref, status: state, priority, title }) => [
                  ref,
                  state,
                  priority,
                  title.slice(0, 80),
                ]),
              ),
        );
      },
    );

  tasks
    .command('show')
    .description('show a task')
    .argument('<task>', 'its ref or id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const task = await client.tasks.get(id);
      terminal.show(task, () =>
        terminal.facts([
          ['Ref', task.ref],
          ['Title', task.title],
          ['Status', task.whyWaiting === null ? task.status : `${task.status} (${task.whyWaiting})`],
          ['Progress', `${task.progressPercentage} %`],
          ['Priority', task.priority],
          ['Command', task.command],
          ['Tags', task.tags],
          ['Created', task.createdAt],
          ['Started', task.startedAt],
          ['Ended', task.completedAt],
          ['Took', task.actualDuration],
          ['Id', task.id],
        ]),
      );
    });
}

function addWriting(tasks: Command): void {
  interface CreateOptions {
    project?: string;
    command?: string;
    description?: string;
    priority?: number;
    tags?: string[];
    env: Record<string, string>;
    timeout?: number;
    retries?: number;
  }
  tasks
    .command('create')
    .description('create a task')
    .argument('<title>')
    .option('-p, --project <key>', 'its key or id', named)
    .option('-c, --command <command>', 'for the shell; without it the template of the project is run')
    .option('--description <text>')
    .option('--priority <1-10>', '1 is the most urgent', count)
    .option('--tags <tags>', 'with commas', list)
    .option('-e, --env <NAME=value>', 'a variable of the command; may be repeated', pair, {})
    .option('-t, --timeout <seconds>', 'stop the command after this time', count)
    .option('--retries <number>', 'try a command that failed again', count)
    .action(async (title: string, options: CreateOptions, command: Command) => {
      const context = Context.of(command);
      const task = await context.client.tasks.create({
        title,
        projectId: context.project(options.project),
        command: options.command ?? null,
        environment: options.env,
        ...(options.description === undefined ? {} : { description: options.description }),
        ...(options.priority === undefined ? {} : { priority: options.priority }),
        ...(options.tags === undefined ? {} : { tags: options.tags }),
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
        ...(options.retries === undefined ? {} : { retryAttempts: options.retries }),
      });
      context.terminal.show(task, () => task.ref);
    });
}

function addRunning(tasks: Command): void {
  const follow = async (command: Command, taskId: string, tail?: number, stops = true) => {
    const { client, terminal } = Context.of(command);
    process.exitCode = await relay(terminal, {
      frames: client.tasks.follow(taskId, { tail }),
      ...(stops ? { cancel: () => client.tasks.cancel(taskId, { reason: 'Interrupted' }) } : {}),
      waiting: `Waiting for ${taskId}`,
    });
  };

  tasks
    .command('execute')
    .description('run a task')
    .argument('<task>', 'its ref or id', named)
    .addOption(new Option('--priority <priority>').choices(priorities).default('normal'))
    .option('-f, --follow', 'show its output, end with its exit code; Ctrl-C cancels it')
    .action(async (id: string, options: { priority: Priority; follow?: boolean }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const queued = await client.tasks.execute(id, { priority: options.priority });
      if (options.follow) return follow(command, id);
      terminal.show(queued, () =>
        queued.queuePosition === null ? 'Running' : `Queued, number ${queued.queuePosition} in line`,
      );
    });

  tasks
    .command('cancel')
    .description('stop a queued or running task, and wait until its processes are gone')
    .argument('<task>', 'its ref or id', named)
    .option('-r, --reason <text>')
    .action(async (id: string, { reason }: { reason?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const progress = terminal.progress(`Cancelling ${id}`);
      const cancelled = await client.tasks
        .cancel(id, { reason: reason ?? null })
        .finally(() => progress.end());
      terminal.show(cancelled, () => cancelled.status);
    });

  tasks
    .command('retry')
    .description('run a failed or cancelled task again')
    .argument('<task>', 'its ref or id', named)
    .option('-f, --follow', 'show its output, end with its exit code; Ctrl-C cancels it')
    .action(async (id: string, options: { follow?: boolean }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const queued = await client.tasks.retry(id);
      if (options.follow) return follow(command, id);
      terminal.show(queued, () => `Queued, attempt ${queued.retryAttempt}`);
    });

  tasks
    .command('logs')
    .description("show the output of a task's current or last run")
    .argument('<task>', 'its ref or id', named)
    .option('-f, --follow', 'go on until it ends, and end with its exit code; Ctrl-C leaves it running')
    .option('-n, --tail <lines>', 'only the last lines', count)
    .action(async (id: string, options: { follow?: boolean; tail?: number }, command: Command) => {
      if (options.follow) return follow(command, id, options.tail, false);
      const { client } = Context.of(command);
      const { executionId } = await client.tasks.get(id);
      if (executionId === null) return;
      const { output } = await client.commands.status(executionId, { tail: options.tail });
      for (const { stream, content, encoding } of output)
        process[stream].write(Buffer.from(content, encoding ?? 'utf8'));
    });
}
