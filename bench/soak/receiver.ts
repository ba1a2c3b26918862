import { createHmac } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from './random.js';
import type { Counters } from './counters.js';

/** A webhook receiver that fails at random and checks every request. */
export class Receiver {
  /** The accepted deliveries by their ids. */
  readonly accepted = new Map<string, { event: string; execution: string }>();
  secret = '';
  /** The bodies by delivery id, since all attempts of a delivery must have the same one. */
  private readonly bodies = new Map<string, string>();
  private server!: Server;

  private constructor(
    private readonly random: Random,
    private readonly counters: Counters,
  ) {}

  static async start(random: Random, counters: Counters): Promise<Receiver> {
    const receiver = new Receiver(random, counters);
    receiver.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => receiver.receive(Buffer.concat(chunks).toString(), request.headers, response));
    });
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private receive(
    raw: string,
    headers: Record<string, string | string[] | undefined>,
    response: ServerResponse,
  ): void {
    const { counters } = this;
    counters.count('webhook requests');
    const expected = `sha256=${createHmac('sha256', this.secret).update(raw).digest('hex')}`;
    counters.check('webhook signed', headers['x-signature-256'] === expected, raw);
    const body = JSON.parse(raw) as { event: string; delivery_id: string; data: { execution_id?: string } };
    const id = String(headers['x-delivery-id']);
    counters.check(
      'webhook has one delivery id',
      id === body.delivery_id && id === headers['webhook-id'],
      raw,
    );
    const before = this.bodies.get(id);
    counters.check(
      'webhook tries are equal',
      before === undefined || before === raw,
      () => `${before}\n${raw}`,
    );
    this.bodies.set(id, raw);
    if (this.random.chance(0.03)) {
      response.destroy();
      return;
    }
    if (this.random.chance(0.03)) {
      response.writeHead(503).end();
      return;
    }
    this.accepted.set(id, { event: body.event, execution: body.data.execution_id ?? '' });
    response.writeHead(204).end();
  }
}
