import type { ImportPlan, ProjectsImportQuery } from '@millrace/sdk';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { faultLine } from '../explain.js';
import { named } from '../options.js';
import { harmlessPieces, type Terminal } from '../terminal.js';

/** A large file takes a while: the upload at 1 MB/s, and the import of 20,000 tasks. */
const timeout = 300_000;

type Target = { project?: string };
const project = ['-p, --project <project>', 'its key or id'] as const;
const dryRun = ['--dry-run', 'show what would be done, with all faults of the file, and do nothing'] as const;

/** Adds the commands that bring projects out as files and files into projects. */
export function addTransfer(program: Command): void {
  program
    .command('export')
    .description('write a project as a file: JSON, which is complete, CSV or Markdown')
    .option(...project, named)
    .addOption(
      new Option('-f, --format <format>', 'what to write')
        .choices(['json', 'csv', 'markdown'])
        .default('json'),
    )
    .option('--files', 'write the content of attached files, too (JSON)')
    .option('-o, --output <file>', 'where to write; to a pipe or the screen unless given', named)
    .addHelpText(
      'after',
      `
Example:
  millrace export --project SHOP --output shop.json
  millrace import shop.json --project COPY`,
    )
    .action(
      async (
        options: Target & { format: 'json' | 'csv' | 'markdown'; files?: true; output?: string },
        command: Command,
      ) => {
        const context = Context.of(command);
        const { format, files, output } = options;
        const { body } = await context.client.projects.export(context.project(options.project), {
          format,
          ...(files ? { files: 'true' } : {}),
        });
        await save(body as ReadableStream<Uint8Array>, output);
        if (output !== undefined) context.terminal.show({ file: output }, () => output);
      },
    );

  fileCommand(
    program,
    'import',
    'bring the tasks of a file into a project: all of them or, with a fault, none; schedules and triggers are switched off',
  )
    .addOption(
      new Option(
        '-f, --format <format>',
        'what the file is; CSV by its name, else an export, unless given',
      ).choices(['millrace', 'github', 'csv']),
    )
    .option(...dryRun)
    .addHelpText(
      'after',
      `
Examples:
  millrace import shop.json --project COPY --dry-run
  gh issue list --state all --limit 1000 --json number,title,body,state,stateReason,url,author,assignees,labels,milestone,comments,createdAt,closedAt \\
    | millrace import - --project SHOP --format github`,
    )
    .action(
      async (
        file: string,
        options: Target & { format?: ProjectsImportQuery['format']; dryRun?: true },
        command: Command,
      ) => {
        const context = Context.of(command);
        const format = options.format ?? (/\.csv$/i.test(file) ? 'csv' : 'millrace');
        const query = { format, dryRun: flag(options.dryRun) };
        const target = context.project(options.project);
        const plan = await context.client.projects.import(target, await read(file), query, { timeout });
        showPlan(context.terminal, plan);
      },
    );

  fileCommand(program, 'findings', 'make tasks of what a scanner has found: SARIF, or a list of findings')
    .option('--complete-missing', 'complete the tasks of findings that are gone')
    .option(...dryRun)
    .addHelpText(
      'after',
      `
Example:
  npx eslint -f @microsoft/eslint-formatter-sarif . | millrace findings - --project SHOP --complete-missing`,
    )
    .action(
      async (file: string, options: Target & { completeMissing?: true; dryRun?: true }, command: Command) => {
        const context = Context.of(command);
        const query = { completeMissing: flag(options.completeMissing), dryRun: flag(options.dryRun) };
        const target = context.project(options.project);
        const plan = await context.client.projects.importFindings(target, await read(file), query, {
          timeout,
        });
        showPlan(context.terminal, plan);
      },
    );

  fileCommand(program, 'sync', 'make the tasks of a project those of a manifest, in YAML or JSON')
    .option('--prune', 'archive the tasks of the manifest that it does not name any more')
    .option(...dryRun)
    .addHelpText(
      'after',
      `
Example of a manifest:
  source: team.yaml
  tasks:
    - external_ref: certificate
      title: Renew the certificate
      priority: high`,
    )
    .action(async (file: string, options: Target & { prune?: true; dryRun?: true }, command: Command) => {
      const context = Context.of(command);
      const query = { prune: flag(options.prune), dryRun: flag(options.dryRun) };
      const target = context.project(options.project);
      const plan = await context.client.projects.sync(target, await read(file), query, { timeout });
      showPlan(context.terminal, plan);
    });
}

const flag = (given: true | undefined) => given && ('true' as const);

const fileCommand = (program: Command, name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .argument('<file>', 'the file, or - for the standard input', named)
    .option(...project, named);

async function read(file: string): Promise<Blob> {
  if (file === '-') {
    const chunks: Buffer<ArrayBuffer>[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer<ArrayBuffer>);
    return new Blob(chunks);
  }
  try {
    return await openAsBlob(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, { exitCode: exitCodes.usage });
  }
}

/** Writes a stream to a file, which is there only when it is whole, or to the standard output. */
async function save(body: ReadableStream<Uint8Array>, output: string | undefined): Promise<void> {
  const target = output === undefined ? process.stdout : createWriteStream(output);
  const source = Readable.fromWeb(body as never);
  const isShown = output === undefined && process.stdout.isTTY;
  try {
    await pipeline(isShown ? Readable.from(harmlessPieces(source)) : source, target, {
      end: output !== undefined,
    });
  } catch (error) {
    if (output !== undefined) await rm(output, { force: true });
    throw new CliError(`The export ended before it was whole: ${(error as Error).message}`, {
      hint: 'Try again.',
    });
  }
}

/** Shows what was done, or would be; the exit code is that of a fault when the file has any. */
function showPlan(terminal: Terminal, plan: ImportPlan): void {
  if (plan.faults.length > 0) process.exitCode = exitCodes.usage;
  terminal.show(plan, () => {
    const verb = plan.dryRun ? 'would be ' : '';
    const counts = [
      `${plan.create} ${verb}created`,
      `${plan.update} ${verb}changed`,
      `${plan.skip} as they are`,
      ...(plan.complete > 0 ? [`${plan.complete} ${verb}completed`] : []),
      ...(plan.archive > 0 ? [`${plan.archive} ${verb}archived`] : []),
    ];
    for (const kind of ['documents', 'schedules', 'triggers'] as const) {
      const { create, update } = plan[kind];
      if (create + update > 0) counts.push(`${create + update} ${kind} ${verb}written`);
    }
    return [...plan.faults.map(faultLine), `Tasks: ${counts.join(', ')}`].join('\n');
  });
  if (!terminal.json) for (const warning of plan.warnings) terminal.note(`warning: ${faultLine(warning)}`);
}
