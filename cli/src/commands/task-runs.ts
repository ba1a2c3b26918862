import type { ExecutedTask } from '@millrace/sdk';
import { Option, type Command } from 'commander';
import { Context } from '../context.js';
import { count, fileOf, named, pair } from '../options.js';
import { relay, shellCode } from '../relay.js';

const priorities = ['high', 'normal', 'low'] as const;
type Priority = (typeof priorities)[number];

interface ExecuteOptions {
  priority: Priority;
  input: Record<string, string>;
  inputFile?: Record<string, string>;
  follow?: boolean;
  wait?: number;
}

function described({ status, exitCode, queuePosition }: ExecutedTask): string {
  if (status !== 'queued') return exitCode === null ? status : `${status}, exit code ${exitCode}`;
  return queuePosition === null ? 'Running' : `Queued, number ${queuePosition} in line`;
}

/** Adds the commands that run tasks and show their output. */
export function addRunning(tasks: Command): void {
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
    .option('-i, --input <name=value>', 'the value of an input, repeatable', pair, {})
    .option(
      '--input-file <name=path>',
      'the value of an input from a file, or - for the standard input',
      fileOf,
    )
    .option('-f, --follow', 'show its output, end with its exit code; Ctrl-C cancels it')
    .addOption(
      new Option('-w, --wait <seconds>', 'wait for its end, at most 60, and end with its exit code')
        .argParser(count)
        .conflicts('follow'),
    )
    .action(async (id: string, options: ExecuteOptions, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { priority, wait = 0 } = options;
      const run = await client.tasks.execute(id, {
        priority,
        waitSeconds: wait,
        inputs: { ...options.input, ...options.inputFile },
      });
      if (options.follow) return follow(command, id);
      terminal.show(run, () => described(run));
      if (run.execution !== null) process.exitCode = shellCode(run.exitCode);
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
    .option('-i, --input <name=value>', 'replaces all inputs of the last run, repeatable', pair, {})
    .option('--input-file <name=path>', 'likewise from a file, or - for the standard input', fileOf)
    .option('-f, --follow', 'show its output, end with its exit code; Ctrl-C cancels it')
    .action(async (id: string, options: Omit<ExecuteOptions, 'priority'>, command: Command) => {
      const { client, terminal } = Context.of(command);
      const inputs = { ...options.input, ...options.inputFile };
      const queued = await client.tasks.retry(id, Object.keys(inputs).length > 0 ? { inputs } : {});
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
