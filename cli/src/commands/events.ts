import { setTimeout as delay } from 'node:timers/promises';
import { isApiError } from '@millrace/sdk';
import type { Command } from 'commander';
import { createParser } from 'eventsource-parser';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import { list, named } from '../options.js';
import { oneLine, type Terminal } from '../terminal.js';

const reconnectMs = 1_000;

/** An entry of the activity, as the stream has it: in the words of the API. */
interface StreamedEntry {
  at: string;
  actor: { name: string };
  action: string;
  entity_type: string;
  entity_id: string;
}

/** Adds the command that follows who does what. */
export function addEvents(program: Command): void {
  program
    .command('events')
    .description('follow who does what until Ctrl-C, a line each; with --json a JSON object each')
    .option('-p, --project <project>', 'of this project', named)
    .option('--types <types>', 'about things of these types, with commas, such as task,document', list)
    .option('--after <number>', 'begin behind the event with this number', named)
    .action(async (options: { project?: string; types?: string[]; after?: string }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const query = { projectId: options.project, types: options.types?.join(',') };
      let last = options.after;
      for (;;) {
        const headers: Record<string, string> = last === undefined ? {} : { 'Last-Event-ID': last };
        const response = await client.events.follow(query, { headers }).catch((error: unknown) => {
          // what the server refuses stays refused; without a server it is tried again
          if (isApiError(error) || last === undefined) throw error;
          return undefined;
        });
        if (response) last = (await print(response, terminal)) ?? last;
        await delay(reconnectMs);
      }
    });
}

/**
 * Prints the events of a response until it ends or breaks.
 * @returns the number of the last one
 * @throws CliError when the right to them has ended
 */
async function print(response: Response, terminal: Terminal): Promise<string | undefined> {
  let last: string | undefined;
  let refusal: string | undefined;
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (event === 'error') refusal = (JSON.parse(data) as { message: string }).message;
      else terminal.line(terminal.json ? data : lineOf(JSON.parse(data) as StreamedEntry));
      last = id ?? last;
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!)
      parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
  } catch {
    // the connection broke: what is missing follows on the next one
  }
  if (refusal !== undefined) throw new CliError(refusal, { exitCode: exitCodes.refused });
  return last;
}

function lineOf({ at, actor, action, entity_type, entity_id }: StreamedEntry): string {
  return [at, actor.name, action, `${entity_type} ${entity_id}`].map(oneLine).join('  ');
}
