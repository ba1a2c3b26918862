import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useSharedApp } from '../support/app.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';
import { createProject, createTask, ended, execute } from './fixtures.js';
import { closeSockets, LiveSocket, type LiveMessage } from './live-socket.js';

const app = useSharedApp();
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await closeSockets();
});

/** Connects; every event is kept as the message it carries. */
async function connect(
  auth: object,
  options: object = {},
): Promise<{ socket: Socket; messages: LiveMessage[] }> {
  const socket = io(app.wsUrl.replace('ws', 'http'), {
    auth,
    forceNew: true,
    reconnection: false,
    ...options,
  });
  clients.push(socket);
  const messages: LiveMessage[] = [];
  socket.onAny((type: string, message: LiveMessage) => {
    expect(message.type).toBe(type);
    messages.push(message);
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return { socket, messages };
}

const withoutTime = ({ type, data }: LiveMessage) => ({ type, data });

test('a token in the handshake authenticates', async () => {
  await expect(connect({})).rejects.toMatchObject({ message: 'AUTH_TOKEN_MISSING' });
  await expect(connect({ token: 'x.y.z' })).rejects.toMatchObject({
    message: 'AUTH_TOKEN_INVALID',
    data: { code: 'AUTH_TOKEN_INVALID' },
  });
  const { messages } = await connect({ token: app.admin.token });
  expect((await until(() => messages[0])).data.username).toBe(app.admin.user.username);
  await connect({}, { extraHeaders: { authorization: `Bearer ${app.admin.token}` } });
});

test('acknowledgements contain the response of the WebSocket protocol, and events are the same', async () => {
  const project = await createProject(app.admin);
  const ws = await LiveSocket.open(app.wsUrl, app.admin.token);
  const { socket, messages } = await connect({ token: app.admin.token });
  const requests = [
    { channel: 'task_updates', project_id: project },
    { channel: 'project_updates', project_id: project },
    { channel: 'gossip' },
    { channel: 'project_updates' },
    {},
  ];
  for (const request of requests) {
    const acknowledged = await socket.emitWithAck('subscribe', request);
    ws.send({ type: 'subscribe', ...request });
    const answer = await ws.next(acknowledged.type, undefined, ws.messages.length);
    expect(withoutTime(acknowledged)).toEqual(withoutTime(answer));
  }
  expect((await socket.emitWithAck('subscribe', 'text')).data.code).toBe('VALIDATION_INVALID_FORMAT');
  for (const bytes of [{ text: Buffer.alloc(1_000) }, { deep: [{ text: Buffer.from('x') }] }])
    expect((await socket.emitWithAck('ping', bytes)).data.code).toBe('VALIDATION_INVALID_FORMAT');
  expect((await socket.emitWithAck('dance', {})).data.code).toBe('VALIDATION_ERROR');
  expect(await socket.emitWithAck('ping', { timestamp: 7 })).toEqual({ type: 'pong', timestamp: 7 });

  const task = await createTask(app.admin, project, 'echo hello; exit 2');
  await execute(app.admin, task);
  const isEnd = ({ type, data }: LiveMessage) => type === 'error' && data.task_id === task;
  await until(() => messages.some(isEnd) && ws.messages.some(isEnd), { timeout: 15_000 });
  const about = (all: LiveMessage[]) => all.filter(({ data }) => data?.task_id === task);
  expect(about(messages)).toEqual(about(ws.messages));
  expect(about(messages).map(({ type }) => type)).toEqual([
    'task_update',
    'task_update',
    'task_update',
    'task_update',
    'error',
  ]);
});

test.each([['websocket'], ['polling']])('output arrives complete over %s', async (transport) => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'seq 1 300000');
  const execution = await execute(app.admin, task);
  const { socket, messages } = await connect({ token: app.admin.token }, { transports: [transport] });
  const answer = await socket.emitWithAck('subscribe', { channel: 'command_output', command_id: execution });
  expect(answer.data).toEqual({ channel: 'command_output', command_id: execution, from_offset: 0 });
  await until(() => messages.at(-1)?.data?.end === true, { timeout: 20_000 });
  const frames = messages.filter(({ type }) => type === 'command_output').map(({ data }) => data);
  expect(frames.map(({ content }) => content).join('')).toBe(
    Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join(''),
  );
  await ended(app.admin, task);
});

test('a disabled user receives an error and is disconnected', async () => {
  const user = await app.admin.createUser('viewer');
  const { socket, messages } = await connect({ token: user.token });
  await app.admin.put(`/api/users/${user.user.id ?? user.user.user_id}`, { disabled: true });
  await until(() => socket.disconnected);
  expect(messages.at(-1)?.data.code).toBe('AUTH_ACCOUNT_DISABLED');
});

test('a message above 64 KiB closes only its connection', async () => {
  const { socket } = await connect({ token: app.admin.token }, { transports: ['websocket'] });
  const gone = new Promise((resolve) =>
    socket.once('disconnect', (_reason, details) => resolve((details as Json).context.code)),
  );
  socket.emit('ping', { timestamp: 'x'.repeat(70_000) });
  // as over plain WebSocket
  expect(await gone).toBe(1009);
  const { messages } = await connect({ token: app.admin.token });
  expect((await until(() => messages[0])).data.max_message_bytes).toBe(64 * 1024);
});

test('a message above 64 KiB closes a polling connection, too', async () => {
  const { socket } = await connect({ token: app.admin.token }, { transports: ['polling'] });
  const gone = new Promise((resolve) =>
    socket.once('disconnect', (_reason, details) => resolve((details as Json).description)),
  );
  socket.emit('ping', { timestamp: 'x'.repeat(70_000) });
  expect(await gone).toBe(413);
  await connect({ token: app.admin.token });
});

test('a client that sends authenticate repeatedly is disconnected', async () => {
  const raw = new WebSocket(`${app.wsUrl}/socket.io/?EIO=4&transport=websocket`);
  const refusals: string[] = [];
  raw.on('message', (data: Buffer) => {
    if (data.toString().startsWith('44')) refusals.push(data.toString());
  });
  await once(raw, 'open');
  for (let tries = 0; tries < 50; tries += 1) raw.send(`40{"token":"mlr_pat_${tries}"}`);
  await once(raw, 'close');
  expect(refusals.length).toBeLessThan(10);
});
