import type { RunOptions } from '@millrace/sdk';
import { Option, type Command } from 'commander';
import { Context } from '../context.js';
import { exitCodes } from '../cli-error.js';
import { count, named, pair } from '../options.js';
import { relay } from '../relay.js';

interface Options {
  project?: string;
  shell?: string;
  directory?: string;
  env: Record<string, string>;
  timeout?: number;
  priority: 'high' | 'normal' | 'low';
  detach?: boolean;
  allowUnsafe?: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('run a shell command on the server and see its output')
    .argument('<command...>', 'one argument is a line for the shell; several are a program and its arguments')
    .option('-p, --project <key>', 'run in the workspace of a project instead of your own', named)
    .option('--shell <program>', 'such as bash; that of the project, else sh, unless it is named')
    .option('-C, --directory <path>', 'inside the workspace')
    .option('-e, --env <NAME=value>', 'set a variable; may be repeated', pair, {})
    .option('-t, --timeout <seconds>', 'stop it after this time', count)
    .addOption(new Option('--priority <priority>').choices(['high', 'normal', 'low']).default('normal'))
    .option('-d, --detach', 'print the id and leave; "millrace logs" shows the output')
    .option('--allow-unsafe', 'run what looks destructive; for administrators')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Output goes to stdout and stderr in the order in which it was written, and survives interruptions of the network. Ctrl-C cancels
the command and waits until its processes are gone; a second one does not wait. So does SIGTERM, and SIGHUP when the terminal is closed.

The exit code is that of the command (128 and its number after a signal), ${exitCodes.own} when it could not be run, ${exitCodes.interrupted} after Ctrl-C,
129 after SIGHUP, 143 after SIGTERM.

Examples:
  millrace run --project SHOP 'npm ci && npm test'
  millrace run -e NODE_ENV=production -t 600 npm run build
  millrace run 'cat big.log' | head`,
    )
    .action(async (words: string[], options: Options, command: Command) => {
      const { client, terminal, profile } = Context.of(command);
      const line = words.length === 1 ? (words[0] ?? '') : words.map(quoted).join(' ');
      const { project, shell, directory, env, timeout, priority, detach, allowUnsafe } = options;
      const how: RunOptions = {
        projectId: project ?? profile.project ?? null,
        shell: shell ?? null,
        workingDirectory: directory ?? null,
        environment: env,
        timeout: timeout ?? null,
        priority,
        allowUnsafe: allowUnsafe ?? false,
      };
      if (detach) {
        const started = await client.commands.execute({ ...how, command: line });
        return terminal.show(started, () => started.commandId);
      }
      const run = client.commands.run(line, how);
      const waiting = 'Waiting for output';
      process.exitCode = await relay(terminal, {
        frames: run[Symbol.asyncIterator](),
        cancel: () => run.cancel('Interrupted'),
        waiting,
      });
    });

  program
    .command('logs')
    .description('show the output of a command that was started with run --detach')
    .argument('<id>', 'of the command', named)
    .option('-f, --follow', 'go on until it ends, and end with its exit code')
    .option('-n, --tail <lines>', 'only the last lines', count)
    .action(async (id: string, { follow, tail }: { follow?: boolean; tail?: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      if (!follow) {
        const { output } = await client.commands.status(id, { tail });
        for (const { stream, content, encoding } of output)
          process[stream].write(Buffer.from(content, encoding ?? 'utf8'));
        return;
      }
      process.exitCode = await relay(terminal, {
        frames: client.commands.follow(id, { tail }),
        waiting: 'Waiting for output',
      });
    });
}

/** Quotes an argument for the shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
