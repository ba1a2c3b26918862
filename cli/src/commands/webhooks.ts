import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isApiError, verifyWebhook, type CreateWebhook, type MillraceClient } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { Context } from '../context.js';
import { list, named } from '../options.js';
import type { Terminal } from '../terminal.js';

interface ListenOptions {
  events?: string[];
  project?: string;
  port?: string;
  url?: string;
}

export function addWebhooks(program: Command): void {
  const webhooks = program.command('webhooks').description('receivers of events');

  webhooks
    .command('list')
    .description('list webhooks')
    .action(async (_options: object, command: Command) => {
      const { client, terminal } = Context.of(command);
      const items = await client.webhooks.list().all();
      terminal.show(items, () =>
        items.length === 0
          ? 'No webhooks.'
          : terminal.table(
              ['ID', 'ACTIVE', 'EVENTS', 'URL'],
              items.map(({ id, active, events, url }) => [id, active ? 'yes' : 'no', events.join(','), url]),
            ),
      );
    });

  webhooks
    .command('listen')
    .description('print events as they are delivered, until Ctrl-C')
    .option(
      '--events <events>',
      'names with commas, such as task.completed or task.*; all unless given',
      list,
    )
    .option('-p, --project <key>', 'of this project only; all take an administrator', named)
    .option('--port <number>', 'where to listen on 127.0.0.1; a free one unless given')
    .option('--public-url <url>', 'what leads to that port from the server, when it is on another machine')
    .addHelpText(
      'after',
      `
A webhook is registered for as long as this runs, and every delivery's signature is checked. The server sends to your own machine
only with WEBHOOK_ALLOW_PRIVATE=true.

Example:
  millrace webhooks listen --events 'task.*' --project SHOP`,
    )
    .action(async (options: ListenOptions & { publicUrl?: string }, command: Command) => {
      const { client, terminal, profile } = Context.of(command);
      await listen(client, terminal, {
        ...options,
        project: options.project ?? profile.project,
        url: options.publicUrl,
      });
    });
}

async function listen(client: MillraceClient, terminal: Terminal, options: ListenOptions): Promise<void> {
  let secret = '';
  const server = createServer((request, response) => {
    void request.toArray().then(async (chunks) => {
      const body = Buffer.concat(chunks as Buffer[]);
      const event = await verifyWebhook(body, request.headers, secret).catch(() => undefined);
      response.writeHead(event ? 204 : 401).end();
      if (!event) return terminal.note('A request with a wrong signature was refused');
      if (terminal.json) return terminal.line(JSON.stringify(event));
      const { timestamp, event: name, data } = event;
      terminal.line(`${timestamp}  ${terminal.colour('bold', name)}  ${JSON.stringify(data)}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(Number(options.port ?? 0), '127.0.0.1', resolve);
  });
  const url = options.url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  const events = (options.events ?? ['*']) as CreateWebhook['events'];
  const made = await client.webhooks
    .create({ url, events, projectId: options.project ?? null, description: 'millrace webhooks listen' })
    .catch((error: unknown) => {
      server.close();
      if (isApiError(error) && error.details['field'] === 'url')
        throw new CliError(`The server does not send to ${url}`, {
          hint: 'Start it with WEBHOOK_ALLOW_PRIVATE=true.',
        });
      throw error;
    });
  secret = made.secret;
  terminal.note(`Listening for ${events.join(', ')}; Ctrl-C ends it`);
  try {
    await stopped;
  } finally {
    await client.webhooks.delete(made.id);
    server.closeAllConnections();
    server.close();
  }
}
