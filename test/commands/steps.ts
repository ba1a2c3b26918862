import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import type { Json } from '../support/json.js';

/** What a request answers as `data`, which must have this status. */
export async function data(status: number, answer: Parameters<typeof expectStatus>[1]): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

/** Starts a command and gives what is answered at once. */
export function execute(
  client: Client,
  command: string,
  fields: Record<string, unknown> = {},
): Promise<Json> {
  return data(200, client.post('/api/commands/execute', { command, ...fields }));
}

/** Runs a command to its end and gives its status. */
export function run(client: Client, command: string, fields: Record<string, unknown> = {}): Promise<Json> {
  return execute(client, command, { stream_output: false, ...fields });
}

/** Waits until the output of a command holds a text. */
export function printed(client: Client, id: string, text: string): Promise<Json> {
  const look = async () => (await client.get(`/api/commands/${id}/output`)).body.includes(text);
  return until(look, { what: `the output to hold ${text}` });
}

export interface SentEvent {
  id: number;
  data: Json;
}

/** Reads server-sent events until `enough` says so, or the stream ends. */
export async function readEvents(
  response: Response,
  enough: (event: SentEvent) => boolean = () => false,
): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const match = /^id: (\d+)(?:-end)?\ndata: (.*)$/s.exec(block);
      if (!match) continue;
      const event = { id: Number(match[1]), data: JSON.parse(match[2]!) };
      events.push(event);
      if (enough(event)) return events;
    }
  }
  return events;
}

/** The bytes that events carried. */
export function bytesOf(events: readonly SentEvent[]): Buffer {
  return Buffer.concat(
    events.map(({ data }) => Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8')),
  );
}
