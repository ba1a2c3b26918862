import type { Worker } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';

/** Adds the commands for the workers: who they are, and draining them. */
export function addWorkers(program: Command): void {
  const workers = program.command('workers').description('the processes that run commands');

  workers
    .command('list', { isDefault: true })
    .description('show the workers, their labels and their slots')
    .action(async (_options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const listed = await client.workers.list();
      terminal.show(listed, () =>
        terminal.table(
          ['WORKER', 'HOST', 'LABELS', 'BUSY', 'SLOTS', 'STATE', 'VERSION'],
          listed.items.map((worker) => [
            worker.id,
            worker.host ?? '–',
            worker.labels.join(','),
            worker.busy,
            worker.slots,
            stateOf(worker),
            worker.version,
          ]),
        ),
      );
    });

  workers
    .command('drain')
    .description('let a worker finish what it runs and take nothing new')
    .argument('<worker>', 'its id, or the end of it')
    .action(async (name: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const worker = await client.workers.drain(await idOf(name, command));
      terminal.show(worker, () => `Drained ${worker.id}, which still runs ${worker.busy}`);
    });

  workers
    .command('resume')
    .description('let a drained worker take runs again')
    .argument('<worker>', 'its id, or the end of it')
    .action(async (name: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const worker = await client.workers.resume(await idOf(name, command));
      terminal.show(worker, () => `Resumed ${worker.id}`);
    });
}

function stateOf({ draining, ready, busy }: Worker): string {
  if (draining) return busy > 0 ? 'draining' : 'drained';
  return ready ? 'ready' : 'not ready';
}

/** Completes the end of an id; the beginning is the time of the start, which workers may share. */
async function idOf(name: string, command: Command): Promise<string> {
  const { client } = Context.of(command);
  const { items: workers } = await client.workers.list();
  const [worker, another] = workers.filter(({ id }) => id.endsWith(name.toLowerCase()));
  if (!worker) throw new CliError(`There is no worker ${name}`, { exitCode: exitCodes.notFound });
  if (another) throw new CliError(`More than one worker ends with ${name}`, { exitCode: exitCodes.usage });
  return worker.id;
}
