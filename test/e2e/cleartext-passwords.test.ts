import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startApp, type App } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

/** AuthenticationCleartextPassword of the protocol (PostgreSQL, 54.7). */
const asksForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** The port of a Postgres, which a command takes while it is down: hands connections on, or asks them for their password. */
class TakenPort {
  isTaken = false;
  /** What was sent by each connection that was asked. */
  readonly sent: Buffer[] = [];
  private readonly connections = new Set<Socket>();
  private readonly server = createServer((client) => {
    this.connections.add(client);
    client.on('error', () => undefined).on('close', () => this.connections.delete(client));
    if (this.isTaken) this.ask(client);
    else this.handOn(client);
  });

  constructor(private readonly postgresPort: number) {}

  async listen(): Promise<number> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections; new ones reach the server that has the port now. */
  change(isTaken: boolean): void {
    this.isTaken = isTaken;
    this.endConnections();
  }

  close(): void {
    this.server.close();
    this.endConnections();
  }

  private endConnections(): void {
    for (const connection of this.connections) connection.destroy();
  }

  private handOn(client: Socket): void {
    const postgres = connect(this.postgresPort, '127.0.0.1');
    client.on('close', () => postgres.destroy());
    postgres.on('error', () => undefined).on('close', () => client.destroy());
    client.pipe(postgres).pipe(client);
  }

  private ask(client: Socket): void {
    const number = this.sent.push(Buffer.alloc(0)) - 1;
    client.on('data', (bytes) => {
      if (this.sent[number]!.length === 0) client.write(asksForPassword);
      this.sent[number] = Buffer.concat([this.sent[number]!, bytes]);
    });
  }
}

const poolSize = 2;
let app: App;
let port: TakenPort;
let password: string;

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.create(inject('postgresUrl'));
  const url = new URL(database.url);
  password = url.password;
  port = new TakenPort(Number(url.port));
  url.port = String(await port.listen());
  const env = { DATABASE_URL: url.href, DATABASE_POOL_SIZE: String(poolSize) };
  // no database is made for it then, but it runs no Postgres either, since it is given one
  app = await startApp({ env, embeddedPostgres: true });
});
afterAll(async () => {
  await app.stop();
  port.close();
  await database.drop();
});

/** How many connections were asked that have sent this at their start. */
const asked = (...parameters: string[]) =>
  port.sent.filter((bytes) => parameters.every((parameter) => bytes.includes(parameter))).length;

test('no connection of a running process sends a password in clear text, and it reconnects to Postgres', async () => {
  port.change(true);
  // the first requests may still be given connections that were ended
  for (let sent = 0; sent < poolSize + 1; sent += 1)
    for (const path of ['/api/tasks/', '/api/health/ready'])
      expect((await app.admin.get(path)).status).toBe(503);
  expect(asked('millrace-all')).toBeGreaterThan(0);
  await until(() => asked('millrace-instance') > 0, { timeout: 30_000 });
  expect(Buffer.concat(port.sent).includes(password)).toBe(false);

  port.change(false);
  const isBack = async () => (await app.admin.get('/api/tasks/')).status === 200;
  await until(isBack, { timeout: 30_000, what: 'requests to be answered' });
});

test('a starting process reports a request for a clear-text password, refuses it, and waits for Postgres', async () => {
  const [server] = app.processes;
  await server!.stop();
  port.sent.length = 0;
  port.change(true);
  server!.stderr = '';
  server!.start();
  await until(() => server!.stderr.includes('password in clear text'), { timeout: 30_000 });
  expect(asked('millrace-start')).toBeGreaterThan(0);
  expect(Buffer.concat(port.sent).includes(password)).toBe(false);
  port.change(false);
  await app.ready(server!);
});
