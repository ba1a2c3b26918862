import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket as TcpSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { Exposition } from '../support/prometheus.js';
import { until } from '../support/until.js';
import { closeSockets, LiveSocket, type LiveMessage } from './live-socket.js';

const app = useApp({ env: { RATE_LIMIT_ENABLED: 'false' } });
const MiB = 1024 * 1024;
const outputs = 15;
const bytesOfEach = 2_000_000;
/** A connection may have 1 MiB that was sent, and as much that is being read. */
const mostOfOne = 2.25 * MiB;

/** The metrics are measured once a second, so asking more often shows nothing new and takes processor time from what is measured. */
const figuresEveryMs = 250;

let admin: Client;
let person: Client;
/** Commands of the person that have put out much. */
let ids: string[];
beforeAll(async () => {
  admin = await app.adminAt(app.apis.at(-1)!);
  person = await app.admin.createUser('developer');
  ids = await commands(person);
}, 120_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await closeSockets();
  await until(async () => (await figures()).unread === 0);
});

/** Runs the commands. */
async function commands(client: Client): Promise<string[]> {
  const command = `head -c ${bytesOfEach} /dev/zero | tr '\\0' x`;
  const ids: string[] = [];
  for (let count = 0; count < outputs; count += 1) {
    const { body } = await expectStatus(
      200,
      client.post('/api/commands/execute', { command, stream_output: false }),
    );
    ids.push(body.data.command_id as string);
  }
  return ids;
}

/** What the process that serves the sockets says of itself, a moment later. */
async function figures(): Promise<{ unread: number; residentBytes: number }> {
  await delay(figuresEveryMs);
  const { body } = await expectStatus(200, admin.get('/metrics'));
  const status = await readFile(`/proc/${app.apis.at(-1)!.pid}/status`, 'utf8');
  return {
    unread: new Exposition(body as string).value('millrace_unread_bytes'),
    residentBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024,
  };
}

/** Watches the figures until it is stopped. @returns their highest values */
function watch() {
  const highest = { unread: 0, residentBytes: 0 };
  let over = false;
  const done = (async () => {
    while (!over) {
      const seen = await figures();
      highest.unread = Math.max(highest.unread, seen.unread);
      highest.residentBytes = Math.max(highest.residentBytes, seen.residentBytes);
    }
  })();
  const stop = async () => {
    over = true;
    await done;
    return highest;
  };
  ends.push(stop);
  return stop;
}

/** Resolves when what waits has grown no more for longer than one answer of the metrics is given again. */
async function settled(): Promise<void> {
  let last = { unread: 0, at: performance.now() };
  await until(
    async () => {
      const { unread } = await figures();
      if (unread !== last.unread) last = { unread, at: performance.now() };
      return unread > 0 && performance.now() - last.at > 2_500;
    },
    { timeout: 30_000 },
  );
}

const subscription = (id: string) => ({ channel: 'command_output', command_id: id, from_offset: 0 });

test('subscriptions of clients that do not read take bounded memory, and every byte arrives later', async () => {
  const before = (await figures()).residentBytes;
  const stop = watch();
  const sockets = await Promise.all(
    Array.from({ length: 8 }, () => LiveSocket.open(app.wsUrl, person.token)),
  );
  for (const socket of sockets) {
    for (const id of ids) socket.send({ type: 'subscribe', ...subscription(id) });
    socket.ws.pause();
  }
  await settled();
  const quick = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (const id of ids.slice(0, 3)) {
    quick.send({ type: 'subscribe', ...subscription(id) });
    expect((await quick.output(id)).bytes.length).toBe(bytesOfEach);
  }
  const highest = await stop();
  expect(highest.unread).toBeLessThan(9 * mostOfOne);
  // 240 MB were asked for
  expect(highest.residentBytes - before).toBeLessThan(180e6);

  const [resumed] = sockets;
  resumed!.ws.resume();
  const isEnd = ({ type, data }: LiveMessage) => type === 'command_output' && data.end === true;
  await until(() => resumed!.messages.filter(isEnd).length === ids.length, {
    timeout: 60_000,
    what: 'the end of every output',
  });
  for (const id of ids) expect((await resumed!.output(id)).bytes.length).toBe(bytesOfEach);
}, 200_000);

test('the same applies to socket.io', async () => {
  const stop = watch();
  const clients: { socket: Socket; bytes: Map<string, number> }[] = [];
  for (let count = 0; count < 3; count += 1) {
    const socket = io(app.wsUrl.replace('ws', 'http'), {
      auth: { token: person.token },
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
    });
    const bytes = new Map<string, number>();
    socket.on(
      'command_output',
      ({ data }: { data: { command_id: string; offset: number; length: number } }) => {
        expect(data.offset).toBe(bytes.get(data.command_id) ?? 0);
        bytes.set(data.command_id, data.offset + data.length);
      },
    );
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    clients.push({ socket, bytes });
  }
  const webSocketOf = ({ socket }: (typeof clients)[number]) =>
    (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  for (const client of clients) {
    for (const id of ids) client.socket.emit('subscribe', subscription(id));
    webSocketOf(client).pause();
    // one that is paused does not end its part of a close
    ends.push(() => webSocketOf(client).terminate());
  }
  await settled();
  expect((await stop()).unread).toBeLessThan(3 * mostOfOne);
  const [resumed] = clients;
  webSocketOf(resumed!).resume();
  await until(() => ids.every((id) => resumed!.bytes.get(id) === bytesOfEach), { timeout: 60_000 });
});

test('unread polling responses are counted, and the next poll waits for them', async () => {
  const path = '/socket.io/?EIO=4&transport=polling';
  const url = app.wsUrl.replace('ws', 'http');
  const opened = await (await fetch(`${url}${path}`)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const own = `${path}&sid=${sid}`;
  const send = (packet: string) => fetch(`${url}${own}`, { method: 'POST', body: packet });
  await send(`40${JSON.stringify({ token: person.token })}`);
  await (await fetch(`${url}${own}`)).text();
  for (const id of ids) await send(`42${JSON.stringify(['subscribe', subscription(id)])}`);
  ends.push(() => send('1'));
  const stop = watch();
  for (let count = 0; count < 8; count += 1) await unreadRequests(get(own));
  await settled();
  expect((await stop()).unread).toBeLessThan(2 * mostOfOne);
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Sends requests on one connection and reads no answer. */
async function unreadRequests(requests: string): Promise<TcpSocket> {
  const { hostname, port } = new URL(app.wsUrl);
  const socket = connect(Number(port), hostname);
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(requests);
  return socket;
}

test('a connection with unread responses buffers one of them, and is closed when it stalls', async () => {
  const document = '/openapi.json';
  const size = (await app.anonymous().get(document)).bytes.length;
  const stop = watch();
  await unreadRequests(get(document).repeat(90));
  await until(async () => (await figures()).unread > 0);
  await until(async () => (await figures()).unread === 0, { timeout: 45_000 });
  const { unread } = await stop();
  expect(unread).toBeGreaterThan(0.9 * size);
  expect(unread).toBeLessThan(1.1 * size);
});

test('pipelined requests are processed in order, up to a limit', async () => {
  const read = async (requests: string, isOver: (text: string) => boolean) => {
    const socket = await unreadRequests(requests);
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    socket.resume();
    await until(() => socket.destroyed || isOver(text));
    return { text, isOpen: !socket.destroyed };
  };
  const isOk = (count: number) => (text: string) => text.split('HTTP/1.1 200').length > count;
  const live = get('/api/health/live');
  expect((await read(live.repeat(90), isOk(90))).isOpen).toBe(true);
  expect((await read(live.repeat(400), isOk(400))).isOpen).toBe(false);

  const body = JSON.stringify({ command: 'sleep 1; echo slow', stream_output: false });
  const head = `Host: x\r\nAuthorization: Bearer ${app.admin.token}\r\n`;
  const { text } = await read(
    `POST /api/commands/execute HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      `GET /api/commands/running HTTP/1.1\r\n${head}\r\n`,
    isOk(2),
  );
  // the second was not begun while the first went on
  expect(text.slice(text.lastIndexOf('HTTP/1.1 200'))).not.toContain('sleep 1');
});

test('a client that floods pings is disconnected, authenticated or not', async () => {
  for (const token of [undefined, app.admin.token]) {
    const socket = await LiveSocket.open(app.wsUrl, token);
    for (let sent = 0; sent < 150; sent += 1) socket.ws.ping();
    await socket.ask({ type: 'ping' }, 'pong');
    for (let sent = 0; sent < 10_000; sent += 1) socket.ws.ping();
    await until(() => socket.closed, { what: 'the end of the connection' });
  }
});

test('a client that floods pongs is disconnected, over both transports', async () => {
  const plain = await LiveSocket.open(app.wsUrl, app.admin.token);
  const packets = new WebSocket(`${app.wsUrl}/socket.io/?EIO=4&transport=websocket`);
  let isClosed = false;
  packets.on('error', () => undefined).on('close', () => (isClosed = true));
  await once(packets, 'open');
  const signedIn = new Promise((resolve) =>
    packets.on('message', (data) => (data as Buffer).toString().startsWith('40{') && resolve(undefined)),
  );
  packets.send(`40${JSON.stringify({ token: app.admin.token })}`);
  await signedIn;
  for (let sent = 0; sent < 10_000; sent += 1) {
    plain.ws.pong();
    packets.send('3');
  }
  await until(() => plain.closed && isClosed, { what: 'the end of both connections' });
});
