import type { Artifact, MillraceClient } from '@millrace/sdk';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { Context } from '../context.js';
import { named } from '../options.js';

/** Adds the commands for single runs. */
export function addExecutions(program: Command): void {
  const executions = program.command('executions').description('runs, by their ids');

  executions
    .command('show')
    .description('show a run: its state, and the summary that its command has written')
    .argument('<execution>', 'its id', named)
    .action(async (id: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const run = await client.executions.get(id);
      terminal.show(run, () => [run.status, ...(run.summary === null ? [] : [run.summary])].join('\n'));
    });

  executions
    .command('artifacts')
    .description('list the files that are kept of a run, or save them')
    .argument('<execution>', 'its id', named)
    .option('-d, --download <folder>', 'save them below this folder; no file is replaced', named)
    .action(async (id: string, { download }: { download?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const artifacts = await client.executions.listArtifacts(id).all();
      if (download !== undefined)
        for (const artifact of artifacts) await save(client, id, artifact, download);
      terminal.show(artifacts, () =>
        artifacts.length === 0
          ? 'Nothing is kept.'
          : terminal.table(
              ['ID', 'BYTES', 'PATH'],
              artifacts.map((artifact) => [artifact.id, String(artifact.size), artifact.path]),
            ),
      );
    });
}

/** Saves a file below a folder. Its path comes from the server, so that one which would lead out of the folder is refused. */
async function save(
  client: MillraceClient,
  runId: string,
  { id, path }: Artifact,
  folder: string,
): Promise<void> {
  const segments = path.split('/');
  const leadsOut = segments.some((segment) => ['', '.', '..'].includes(segment));
  // where a backslash or a colon is a part of a name, they are no threat
  if (leadsOut || (process.platform === 'win32' && /[\\:]/.test(path)))
    throw new CliError(`${JSON.stringify(path)} leads out of the folder`);
  const file = join(folder, ...segments);
  const { body } = await client.executions.downloadArtifact(runId, id);
  try {
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Readable.fromWeb(body as never), createWriteStream(file, { flags: 'wx' }));
  } catch (error) {
    throw new CliError(`${JSON.stringify(file)} cannot be written: ${(error as Error).message}`);
  }
}
