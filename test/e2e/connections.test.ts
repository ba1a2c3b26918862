import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { startApp, useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { mode } from '../support/mode.js';
import { until } from '../support/until.js';
import { data, makeProject, runJob } from './steps.js';

const asRoot = process.getuid?.() === 0;
const most = 60;
const share = 20;

const app = useApp({
  env: { MAX_CONNECTIONS: String(most), MAX_CONNECTIONS_PER_NETWORK: String(share) },
});

const open = new Set<Client>();
afterEach(async () => {
  for (const { socket } of open) socket.destroy();
  open.clear();
  await closeSockets();
});

/** A connection of its own to the first API process. */
class Client {
  answers = '';
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.answers += text));
    // one that is refused may be reset
    socket.on('error', () => undefined).on('close', () => (this.isClosed = true));
    open.add(this);
  }

  static async connect(): Promise<Client> {
    const client = new Client(connect(app.apis[0]!.port, '127.0.0.1'));
    await once(client.socket, 'connect').catch(() => undefined);
    return client;
  }

  send(path: string, headers = '', body = ''): void {
    this.socket.write(`${body ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`);
  }

  /** Asks for health, and waits for the answer or the end. */
  async isServed(): Promise<boolean> {
    this.answers = '';
    this.send('/api/health/live');
    await until(() => this.isClosed || this.answers.includes('"meta"'), { what: 'an answer or the end' });
    return this.answers.startsWith('HTTP/1.1 200 ');
  }
}

const connectMany = (count: number) => Promise.all(Array.from({ length: count }, () => Client.connect()));

/** New connections are refused while the owners of the others are being determined. */
const connectServed = () =>
  until(async () => {
    const client = await Client.connect();
    return (await client.isServed()) ? client : undefined;
  });

describe('a network above its share of connections', () => {
  test('loses idle connections, and can still send requests', async () => {
    // its body is awaited
    const waiting = await Client.connect();
    waiting.send('/api/auth/login', 'Content-Type: application/json\r\nContent-Length: 99\r\n', '{');
    const poll = await Client.connect();
    poll.send('/socket.io/?EIO=4&transport=polling');
    const sid = await until(() => /"sid":"([^"]+)"/.exec(poll.answers)?.[1]);
    poll.send(`/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    const socket = await LiveSocket.open(app.apis[0]!.url.replace(/^http/, 'ws'), app.admin.token);
    const silent = await connectMany(most + share);
    await until(() => silent.filter(({ isClosed }) => !isClosed).length < share);
    const late = await connectServed();
    expect(await late.isServed()).toBe(true);
    expect([waiting.isClosed, poll.isClosed, socket.closed]).toEqual([false, false, undefined]);
  });
});

describe.runIf(asRoot)('commands above their share of connections', () => {
  test('do not take connections from others, on loopback too', async () => {
    const quiet: Client[] = [];
    while (quiet.length < share / 2) quiet.push(await connectServed());
    const script = `
      const { connect } = require("node:net");
      let closed = 0;
      const open = () => connect(${app.apis[0]!.port}, "127.0.0.1").on("error", () => {}).on("close", () => {
        if (++closed === 5 * ${most}) console.log("all were closed");
        setTimeout(open, 10);
      });
      for (let opened = 0; opened < ${most + share}; opened += 1) open();`;
    const { command_id: id } = await data(
      200,
      app.admin.post('/api/commands/execute', { command: `'${process.execPath}' -e '${script}'; sleep 60` }),
    );
    const output = async () => (await app.admin.get(`/api/commands/${id}/output`)).body;
    await until(async () => JSON.stringify(await output()).includes('were closed'), {
      what: 'the connections of the command to be bounded',
    });
    for (const client of quiet) expect(await client.isServed()).toBe(true);
    await app.admin.post(`/api/commands/${id}/cancel`);
  });
});

test('a connection without a request is closed, and one with a partial request gets an error', async () => {
  const silent = await Client.connect();
  const half = await Client.connect();
  half.socket.write('GET /api/health/live HTT');
  const kept = await Client.connect();
  expect(await kept.isServed()).toBe(true);
  await until(() => silent.isClosed && half.isClosed, { what: 'both to be closed', timeout: 40_000 });
  expect(silent.answers).toBe('');
  expect(half.answers).toContain('HTTP/1.1 408 ');
  expect(await kept.isServed()).toBe(true);
});

if (mode === 'single')
  test('any number of connections leaves executions the file descriptors that they need', async () => {
    const command = ['prlimit', '--nofile=256:256', process.execPath, join(root, 'dist/bundle/main.js')];
    const small = await startApp({ command });
    const project = await makeProject(small.admin);
    const sockets = Array.from({ length: 300 }, () => connect(small.apis[0]!.port, '127.0.0.1'));
    for (const socket of sockets)
      socket.on('error', () => undefined).write('GET /api/health/live HTTP/1.1\r\n');
    await until(() => sockets.some((socket) => socket.closed), { what: 'the end of one of 300 connections' });
    for (let count = 0; count < 5; count += 1) await runJob(small.admin, project, 'true');
    for (const socket of sockets) socket.destroy();
    await small.stop();
  });
