import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { messageFaults } from '../support/message-check.js';
import { until } from '../support/until.js';
import type { Json } from '../support/json.js';

export interface Received {
  at: number;
  path: string;
  headers: IncomingHttpHeaders;
  raw: string;
  body: Json;
}

export type Respond = (response: ServerResponse, received: Received, index: number) => void;

const started: Receiver[] = [];
/** What the OpenAPI document does not allow of the messages that came. */
const faults: string[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((receiver) => receiver.stop()));
  const found = faults.splice(0);
  if (found.length > 0) throw new Error(found.join('\n'));
});

/** A webhook consumer: keeps what it gets and answers as the test says; gone after the test that started it. */
export class Receiver {
  readonly received: Received[] = [];
  private readonly server: Server;

  private constructor(respond: Respond) {
    this.server = createServer((request, response) => {
      let raw = '';
      request.setEncoding('utf8').on('data', (text: string) => (raw += text));
      request.on('end', () => {
        const { headers, url = '' } = request;
        faults.push(...messageFaults(headers, raw));
        const received = { at: Date.now(), path: url, headers, raw, body: JSON.parse(raw) };
        respond(response, received, this.received.push(received) - 1);
      });
    });
  }

  /** @param respond gets the number of requests so far as its index; 204 to everything by default */
  static async start(respond: Respond = (response) => response.writeHead(204).end()): Promise<Receiver> {
    const receiver = new Receiver(respond);
    started.push(receiver);
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?a=1`;
  }

  /** Waits until so many requests have come. @returns the last of them */
  async next(count = 1, timeout = 10_000): Promise<Received> {
    const what = `request ${count} at the receiver, which has ${this.received.length}`;
    return until(() => this.received[count - 1], { timeout, what });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
