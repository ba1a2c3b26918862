import type { Command } from 'commander';
import { Context } from '../context.js';

const names = { high: 'high_priority', normal: 'normal_priority', low: 'low_priority' } as const;
type Name = keyof typeof names;

export function addQueues(program: Command): void {
  const queues = program.command('queues').description('what waits to run, and who runs it');

  queues
    .command('status', { isDefault: true })
    .description('show the queues and the workers')
    .action(async (_options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const status = await client.queues.status();
      const { highPriority, normalPriority, lowPriority } = status.queues;
      const rows = Object.entries({ high: highPriority, normal: normalPriority, low: lowPriority });
      terminal.show(status, () =>
        [
          terminal.table(
            ['QUEUE', 'WAITING', 'RUNNING', 'TODAY', 'PAUSED'],
            rows.map(([name, one]) => [
              name,
              one.size,
              one.processing,
              one.completedToday,
              one.paused ? (one.pauseReason ?? 'yes') : 'no',
            ]),
          ),
          `\n${status.workers.active} of ${status.workers.total} slots busy`,
        ].join('\n'),
      );
    });

  queues
    .command('pause')
    .description('start nothing more from a queue')
    .argument('<queue>', Object.keys(names).join(', '))
    .option('-r, --reason <text>')
    .action(async (queue: Name, { reason }: { reason?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const changed = await client.queues.pause({ queueName: names[queue] ?? queue, reason: reason ?? null });
      terminal.show(changed, () => `Paused ${queue}`);
    });

  queues
    .command('resume')
    .description('start from a queue again')
    .argument('<queue>', Object.keys(names).join(', '))
    .action(async (queue: Name, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const changed = await client.queues.resume({ queueName: names[queue] ?? queue });
      terminal.show(changed, () => `Resumed ${queue}`);
    });
}
