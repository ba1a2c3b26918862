import type { CreateSchedule, Schedule, UpdateSchedule } from '@millrace/sdk';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { count, named, pair } from '../options.js';
import { concurrencyOf, concurrencyOptions, type ConcurrencyOptions } from '../run-options.js';

const overlaps = ['skip', 'queue', 'replace', 'allow'] as const;
const catchUps = ['latest', 'none', 'all'] as const;
const priorities = ['high', 'normal', 'low'] as const;

interface Timing {
  cron?: string;
  every?: string;
  timezone?: string;
  startsAt?: string;
  endsAt?: string;
}

interface Fields extends Timing, ConcurrencyOptions {
  description?: string;
  task?: string;
  template?: Record<string, unknown>;
  input: Record<string, string>;
  priority?: (typeof priorities)[number];
  overlap?: (typeof overlaps)[number];
  catchUp?: (typeof catchUps)[number];
  jitter?: number;
  disableAfter?: number;
}

/** Adds the commands for schedules, which start runs at certain times. */
export function addSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('what starts runs at certain times')
    .addHelpText(
      'after',
      `
Examples:
  millrace schedules create Backup --cron '30 4 * * *' --timezone Europe/Berlin --task SHOP-42
  millrace schedules create Report --every 12:00:00 --template '{"title": "Report of {{date}}", "command": "./report.sh"}'
  millrace schedules preview --cron '0 9 * * MON#1' -n 3`,
    );
  addReading(schedules);
  addWriting(schedules);
}

function addReading(schedules: Command): void {
  schedules
    .command('list')
    .description('show the schedules of a project')
    .option('-p, --project <key>', 'its key or id', named)
    .option('-n, --limit <number>', 'at most so many', count, 100)
    .action(async (options: { project?: string; limit: number }, command: Command) => {
      const context = Context.of(command);
      const { client, terminal } = context;
      const items = await client.projects
        .listSchedules(context.project(options.project), { pageSize: Math.min(options.limit, 100) })
        .all(options.limit);
      terminal.show(items, () =>
        items.length === 0
          ? 'No schedules.'
          : terminal.table(
              ['ID', 'NAME', 'TIMES', 'NEXT', 'LAST RUN'],
              items.map((schedule) => [
                schedule.id,
                schedule.name,
                timesOf(schedule),
                schedule.enabled ? (schedule.nextRuns[0] ?? 'never') : 'switched off',
                schedule.lastRun?.status ?? '',
              ]),
            ),
      );
    });

  schedules
    .command('show')
    .description('show a schedule with its next times')
    .argument('<schedule>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const schedule = await client.schedules.get(id);
      terminal.show(schedule, () =>
        terminal.facts([
          ['Name', schedule.name],
          ['Times', timesOf(schedule)],
          ['Time zone', schedule.timezone ?? 'that of the project'],
          ['Runs', schedule.taskId ?? `a new task: ${String(schedule.template?.['title'])}`],
          ['Overlap', schedule.overlap],
          ['Concurrency', schedule.concurrency?.group ?? null],
          [
            'Next',
            schedule.enabled ? schedule.nextRuns.join(', ') : (schedule.disabledReason ?? 'switched off'),
          ],
          [
            'Last run',
            schedule.lastRun && `${schedule.lastRun.status ?? 'gone'} (${schedule.lastRun.executionId})`,
          ],
          ['Failures in a row', schedule.consecutiveFailures],
        ]),
      );
    });

  schedules
    .command('occurrences')
    .description('show what became of the times of a schedule, the latest first')
    .argument('<schedule>', 'its id', named)
    .addOption(new Option('--status <status>').choices(['fired', 'skipped', 'missed', 'waiting']))
    .option('-n, --limit <number>', 'at most so many', count, 20)
    .action(
      async (
        id: string,
        options: { status?: 'fired' | 'skipped' | 'missed' | 'waiting'; limit: number },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const { status, limit } = options;
        const items = await client.schedules
          .occurrences(id, { status, limit: Math.min(limit, 100) })
          .all(limit);
        terminal.show(items, () =>
          items.length === 0
            ? 'No times yet.'
            : terminal.table(
                ['TIME', 'STATUS', 'REASON', 'RUN'],
                items.map((item) => [
                  item.scheduledFor,
                  item.status,
                  item.reason ?? '',
                  item.executionId ?? '',
                ]),
              ),
        );
      },
    );

  timing(schedules.command('preview').description('show the next times of an expression or interval'))
    .option('-n, --count <number>', 'so many, at most 100', count, 5)
    .action(async ({ count: wanted, ...options }: Timing & { count: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { times } = await client.schedules.preview({ ...options, count: wanted });
      terminal.show(times, () => (times.length === 0 ? 'Never.' : times.join('\n')));
    });
}

function addWriting(schedules: Command): void {
  fields(
    schedules.command('create').description('make a schedule').argument('<name>', 'of the schedule', named),
  )
    .option('-p, --project <key>', 'its key or id', named)
    .option('--disabled', 'switched off')
    .action(
      async (name: string, options: Fields & { project?: string; disabled?: boolean }, command: Command) => {
        const context = Context.of(command);
        const { project, disabled, ...given } = options;
        const body: CreateSchedule = { name, ...bodyOf(given), ...(disabled ? { enabled: false } : {}) };
        const schedule = await context.client.projects.createSchedule(context.project(project), body);
        context.terminal.show(schedule, () => schedule.id);
      },
    );

  fields(schedules.command('update').description('change a schedule').argument('<schedule>', 'its id', named))
    .option('--name <name>')
    .option('--enable', 'switch it on')
    .option('--disable', 'switch it off')
    .option('--clear-concurrency', 'take the group of the task again')
    .action(
      async (
        id: string,
        options: Fields & {
          name?: string;
          enable?: boolean;
          disable?: boolean;
          clearConcurrency?: boolean;
        },
        command: Command,
      ) => {
        const { name, enable, disable, clearConcurrency, ...given } = options;
        if (clearConcurrency && given.concurrency !== undefined)
          throw new CliError('concurrency is both set and cleared', { exitCode: exitCodes.usage });
        const body: UpdateSchedule = {
          ...bodyOf(given),
          // one takes the place of the other
          ...(given.cron === undefined ? {} : { every: null }),
          ...(given.every === undefined ? {} : { cron: null }),
          ...(given.task === undefined ? {} : { template: null }),
          ...(given.template === undefined ? {} : { taskId: null }),
          ...(name === undefined ? {} : { name }),
          ...(clearConcurrency ? { concurrency: null } : {}),
          ...(enable ? { enabled: true } : {}),
          ...(disable ? { enabled: false } : {}),
        };
        if (Object.keys(body).length === 0)
          throw new CliError('Nothing is to be changed', {
            hint: 'Name a field, such as --disable: millrace schedules update --help',
            exitCode: exitCodes.usage,
          });
        const { client, terminal } = Context.of(command);
        const schedule = await client.schedules.update(id, body);
        terminal.show(
          schedule,
          () => `${schedule.name}: ${schedule.enabled ? timesOf(schedule) : 'switched off'}`,
        );
      },
    );

  schedules
    .command('delete')
    .description('delete a schedule; what it has started goes on')
    .argument('<schedule>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const deleted = await client.schedules.delete(id);
      terminal.show(deleted, () => 'Deleted');
    });

  schedules
    .command('run')
    .description('start a run now')
    .argument('<schedule>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const queued = await client.schedules.run(id);
      terminal.show(queued, () => queued.executionId);
    });
}

const timing = (command: Command): Command =>
  command
    .option('--cron <expression>', "five fields, or six with seconds, such as '30 4 * * MON-FRI'")
    .option('--every <duration>', 'HH:MM:SS, counted from --starts-at')
    .option('--timezone <name>', 'of IANA, such as Europe/Berlin')
    .option('--starts-at <time>', 'no time before this one')
    .option('--ends-at <time>', 'no time after this one');

const fields = (command: Command): Command =>
  concurrencyOptions(timing(command))
    .option('--task <task>', 'run this task: its ref or id', named)
    .option(
      '--template <json>',
      'make a new task each time, from a body like that of POST /api/tasks',
      jsonObject,
    )
    .option('--description <text>')
    .option('-i, --input <name=value>', 'the value of an input, repeatable', pair, {})
    .addOption(new Option('--priority <priority>').choices(priorities))
    .addOption(new Option('--overlap <policy>', 'while its last run goes on').choices(overlaps))
    .addOption(new Option('--catch-up <policy>', 'after a downtime').choices(catchUps))
    .option('--jitter <seconds>', 'delay each run by up to so many', count)
    .option('--disable-after <number>', 'switch it off after so many failed runs in a row', count);

/** Parses an object in JSON. */
function jsonObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // what is no JSON is no object either
  }
  throw new InvalidArgumentError('It must be an object in JSON.');
}

function bodyOf({
  task,
  input,
  jitter,
  disableAfter,
  concurrency,
  concurrencyLimit,
  onConflict,
  ...given
}: Fields) {
  const group = concurrencyOf({ concurrency, concurrencyLimit, onConflict });
  return {
    ...given,
    ...(group === undefined ? {} : { concurrency: group }),
    ...(task === undefined ? {} : { taskId: task }),
    ...(Object.keys(input).length === 0 ? {} : { inputs: input }),
    ...(jitter === undefined ? {} : { jitterSeconds: jitter }),
    ...(disableAfter === undefined ? {} : { disableAfterFailures: disableAfter }),
  };
}

const timesOf = ({ cron, every }: Pick<Schedule, 'cron' | 'every'>): string => cron ?? `every ${every}`;
