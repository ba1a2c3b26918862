import type { CreateTask } from '@millrace/sdk';
import { Option, type Command } from 'commander';
import { CliError, exitCodes } from './cli-error.js';
import { count, jsonList, list, named, pair } from './options.js';

type TaskInput = NonNullable<CreateTask['inputs']>[number];

const conflicts = ['queue', 'skip', 'cancel_running'] as const;

/** The options that name a concurrency group. */
export interface ConcurrencyOptions {
  concurrency?: string;
  concurrencyLimit?: number;
  onConflict?: (typeof conflicts)[number];
}

/** The options that say what the runs of a task do, and where. */
export interface RunOptions extends ConcurrencyOptions {
  command?: string;
  shell?: string;
  workingDirectory?: string;
  artifacts?: string[];
  env: Record<string, string>;
  timeout?: number;
  retries?: number;
  inputs?: TaskInput[];
  runsOn?: string[];
}

type RunFields = Pick<
  CreateTask,
  | 'command'
  | 'shell'
  | 'workingDirectory'
  | 'artifacts'
  | 'environment'
  | 'timeout'
  | 'retryAttempts'
  | 'inputs'
  | 'concurrency'
  | 'runsOn'
>;

/** Adds the options that name a concurrency group. */
export const concurrencyOptions = (command: Command): Command =>
  command
    .option(
      '--concurrency <group>',
      'the group of which few runs go on at a time; it may hold {{project}} and {{input.NAME}}',
      named,
    )
    .option('--concurrency-limit <number>', 'how many runs of the group at a time; 1 unless given', count)
    .addOption(
      new Option('--on-conflict <action>', 'while the group is full; queue unless given').choices(conflicts),
    );

/** Adds the options that say what the runs of a task do, and where. */
export const runOptions = (command: Command): Command =>
  concurrencyOptions(
    command
      .option('-c, --command <command>', 'for the shell; without it the template of the project is run')
      .option('--shell <program>', 'that runs the command, such as bash; that of the project, else sh')
      .option('--working-directory <folder>', 'below the workspace of the project', named)
      .option('--artifacts <globs>', 'which files of the workspace are kept of its runs, with commas', list)
      .option('-e, --env <NAME=value>', 'a variable of the command; may be repeated', pair, {})
      .option('-t, --timeout <seconds>', 'stop the command after this time', count)
      .option('--retries <number>', 'try a command that failed again', count)
      .option(
        '--inputs <json>',
        'the inputs that its runs take, such as [{"name": "stage"}]',
        jsonList<TaskInput>,
      )
      .option(
        '--runs-on <labels>',
        "the labels that its worker must have, with commas; '' for any worker, that of the project unless given",
        list,
      ),
  );

/** Returns the concurrency group that the options name; undefined when they name none. @throws CliError for a limit without a group */
export function concurrencyOf({
  concurrency,
  concurrencyLimit,
  onConflict,
}: ConcurrencyOptions): NonNullable<RunFields['concurrency']> | undefined {
  const others = {
    ...(concurrencyLimit === undefined ? {} : { limit: concurrencyLimit }),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
  if (concurrency !== undefined) return { group: concurrency, ...others };
  if (Object.keys(others).length > 0)
    throw new CliError('Name the group, too', {
      hint: 'Such as --concurrency deploy-{{project}}',
      exitCode: exitCodes.usage,
    });
  return undefined;
}

/** Returns the fields of a task that the options set. */
export function runFieldsOf(options: RunOptions): RunFields {
  const fields: RunFields = {
    command: options.command,
    shell: options.shell,
    workingDirectory: options.workingDirectory,
    artifacts: options.artifacts,
    environment: Object.keys(options.env).length === 0 ? undefined : options.env,
    timeout: options.timeout,
    retryAttempts: options.retries,
    inputs: options.inputs,
    concurrency: concurrencyOf(options),
    runsOn: options.runsOn,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
