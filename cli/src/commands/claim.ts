import type { Claim, ClaimNext } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { Context } from '../context.js';
import { count, list, named } from '../options.js';
import type { Terminal } from '../terminal.js';

interface Next {
  project?: string;
  agent?: string;
  types?: string[];
  labels?: string[];
  lease?: number;
  wait?: number;
}

/** Adds the commands for claims: who works on a task, alone and for as long as a lease lasts. */
export function addClaim(program: Command): void {
  const claim = program
    .command('claim')
    .description('work on tasks that nobody else works on at the same time')
    .addHelpText(
      'after',
      `
A claim has an id and a token, which are printed with its task; the other commands take both.

Example:
  millrace claim next --project SHOP --wait 60
  millrace claim complete 01a2… 5KJQw7rX… --result "Three posts are in the drafts"`,
    );

  claim
    .command('next')
    .description('claim the most urgent, oldest open task; ends with 1 when there is none')
    .option('-p, --project <project>', 'of this project', named)
    .option('--agent <agent>', 'of the backlog of this agent; your own if you are one', named)
    .option('--types <types>', 'only of these types, with commas', list)
    .option('--labels <labels>', 'only with all of these labels, with commas', list)
    .option('--lease <seconds>', 'how long the claim lasts unless it is renewed; 300 unless given', count)
    .option('--wait <seconds>', 'how long to wait for a task, at most 60', count)
    .action(async ({ project, agent, types, labels, lease, wait }: Next, command: Command) => {
      const { client, terminal, profile } = Context.of(command);
      const made = await client.claims.claimNext(
        {
          projectId: project ?? (agent === undefined ? profile.project : undefined),
          agentId: agent,
          types: types as ClaimNext['types'],
          labels,
          leaseSeconds: lease,
          waitSeconds: wait,
        },
        // the server answers after that time at the latest
        { timeout: ((wait ?? 0) + 30) * 1000 },
      );
      if (!made) throw new CliError('There is no task to claim');
      showClaim(terminal, made);
    });

  claim
    .command('task')
    .description('claim one task')
    .argument('<task>', 'its ref or id', named)
    .option('--lease <seconds>', 'how long the claim lasts unless it is renewed; 300 unless given', count)
    .action(async (task: string, { lease }: { lease?: number }, command: Command) => {
      const { client, terminal } = Context.of(command);
      showClaim(terminal, await client.tasks.claim(task, { leaseSeconds: lease }));
    });

  held(claim, 'heartbeat', 'renew a claim').action(
    async (id: string, token: string, _options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const renewed = await client.claims.renew(id, { token });
      terminal.show(renewed, () => `until ${renewed.expiresAt}`);
    },
  );

  held(claim, 'complete', 'complete the task')
    .option('--result <text>', 'what the work came to')
    .action(async (id: string, token: string, { result }: { result?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const task = await client.claims.complete(id, { token, result });
      terminal.show(task, () => `${task.ref} ${task.status}`);
    });

  held(claim, 'fail', 'fail the task, or open it again for another try')
    .requiredOption('--reason <text>', 'why')
    .option('--retry', 'open it again')
    .action(
      async (
        id: string,
        token: string,
        { reason, retry }: { reason: string; retry?: boolean },
        command: Command,
      ) => {
        const { client, terminal } = Context.of(command);
        const task = await client.claims.fail(id, { token, reason, retry });
        terminal.show(task, () => `${task.ref} ${task.status}`);
      },
    );

  held(claim, 'release', 'give the task back')
    .option('--note <text>', 'for its history')
    .action(async (id: string, token: string, { note }: { note?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const task = await client.claims.release(id, { token, note });
      terminal.show(task, () => `${task.ref} ${task.status}`);
    });
}

/** A command about a claim that is held. */
function held(claim: Command, name: string, description: string): Command {
  return claim
    .command(name)
    .description(description)
    .argument('<claim>', 'the id of the claim', named)
    .argument('<token>', 'its token', named);
}

function showClaim(terminal: Terminal, claim: Claim): void {
  const { claimId, token, expiresAt, task } = claim;
  terminal.show(claim, () =>
    [
      `${task.ref} ${task.title}`,
      `claim: ${claimId}`,
      `token: ${token}`,
      `until: ${expiresAt}`,
      ...(task.description === '' ? [] : ['', task.description]),
    ].join('\n'),
  );
}
