import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useApp } from '../support/app.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';
import { closeSockets, LiveSocket } from './live-socket.js';

const app = useApp({ env: { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '127.0.0.1' } });
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

/** Asks for a handshake that is refused. */
async function refused(address: string) {
  const socket = new WebSocket(`${app.wsUrl}/ws/a-session`, from(address));
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const { error } = (await json(response)) as Json;
  return { status: response.statusCode, code: error.code, details: error.details };
}
afterEach(closeSockets);

test('messages beyond the burst limit are refused, and further ones close the connection', async () => {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (let sent = 0; sent < 260; sent += 1) socket.send({ type: 'ping' });
  await socket.next('error', ({ code }) => code === 'RATE_LIMIT_EXCEEDED');
  expect(socket.messages.filter(({ type }) => type === 'pong').length).toBeGreaterThanOrEqual(199);
  expect(socket.closed).toBeUndefined();
  for (let sent = 0; sent < 1_000; sent += 1) socket.send({ type: 'ping' });
  expect((await until(() => socket.closed)).code).toBe(4429);
});

test('a client that sends too many messages and ignores the close is no longer read', async () => {
  const socket = connect(app.apis[0]!.port, '127.0.0.1');
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  socket.on('error', () => undefined).resume();
  socket.write(
    `GET /ws/a-session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}X-Forwarded-For: 10.8.5.1\r\n\r\n`,
  );
  const text = Buffer.from('{"type":"ping"}');
  // masked with zeros (RFC 6455 §5.3)
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
  socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => frame)));
  await until(() => socket.closed, { what: 'the connection to be cut' });
});

test('long messages count by length, and are not parsed before authentication', async () => {
  const fields = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`field${index}`, 1]));
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (let sent = 0; sent < 12; sent += 1) socket.send({ type: 'ping', ...fields });
  await socket.next('error', ({ code }) => code === 'RATE_LIMIT_EXCEEDED');
  // as messages of no length, all of them are allowed
  expect(socket.messages.filter(({ type }) => type === 'pong').length).toBeLessThan(12);
  expect((await until(() => socket.closed)).code).toBe(4429);

  const stranger = await LiveSocket.open(app.wsUrl);
  stranger.send({ type: 'ping', ...fields });
  await stranger.next('error', ({ code }) => code === 'PAYLOAD_TOO_LARGE');
});

test('an address is limited to 100 handshakes a minute, over both transports', async () => {
  const httpUrl = app.wsUrl.replace(/^ws/, 'http');
  const shake = async () => {
    const answer = await fetch(`${httpUrl}/socket.io/?EIO=4&transport=polling`, from('10.8.0.1'));
    return `${answer.status} ${answer.status === 403 ? ((await answer.json()) as Json).message : ''}`;
  };
  // those that were not signed in are closed, so that they are not what is refused
  for (let count = 0; count < 60; count += 1) {
    const socket = await LiveSocket.open(app.wsUrl, undefined, from('10.8.0.1'));
    await socket.close();
  }
  for (let count = 0; count < 40; count += 1) expect(await shake()).toBe('200 ');
  expect(await shake()).toBe('403 RATE_LIMIT_EXCEEDED');
  expect(await refused('10.8.0.1')).toMatchObject({
    status: 429,
    code: 'RATE_LIMIT_EXCEEDED',
    details: { limit: 100 },
  });
  await LiveSocket.open(app.wsUrl, app.admin.token, from('10.8.0.2'));
});

test('an address is limited to 50 unauthenticated connections', async () => {
  const sockets = await Promise.all(
    Array.from({ length: 50 }, () => LiveSocket.open(app.wsUrl, undefined, from('10.8.1.1'))),
  );
  expect(await refused('10.8.1.1')).toMatchObject({ status: 429, details: { unauthenticated: 50 } });
  await sockets[0]?.ask({ type: 'authenticate', token: app.admin.token }, 'authenticated');
  await LiveSocket.open(app.wsUrl, app.admin.token, from('10.8.1.1'));
});

test('five invalid tokens close the connection', async () => {
  const socket = await LiveSocket.open(app.wsUrl, undefined, from('10.8.2.1'));
  for (let tried = 0; tried < 5; tried += 1)
    expect(await socket.refusal({ type: 'authenticate', token: `forged ${tried}` })).toBe(
      'AUTH_TOKEN_INVALID',
    );
  expect((await until(() => socket.closed)).code).toBe(4429);
});

test('requests over a WebSocket count towards the rate limit of the user', async () => {
  const user = await app.admin.createUser('developer');
  const socket = await LiveSocket.open(app.wsUrl, user.token, from('10.8.3.1'));
  const execute = { type: 'execute_task', task_id: 'NONE-1' };
  expect(await socket.refusal(execute)).toBe('TASK_NOT_FOUND');
  const left = Number((await user.get('/api/system/info')).headers.get('x-ratelimit-remaining'));
  expect(left).toBe(198);
  for (let sent = 0; sent < left; sent += 50)
    await Promise.all(Array.from({ length: 50 }, () => user.get('/api/system/info')));
  expect(await socket.refusal(execute)).toBe('RATE_LIMIT_EXCEEDED');
});

test('later tokens of signed-in connections count for their user', async () => {
  const user = await app.admin.createUser('viewer');
  const socket = await LiveSocket.open(app.wsUrl, user.token);
  const again = { type: 'authenticate', token: user.token };
  for (let sent = 0; sent < 120; sent += 1) await socket.ask(again, 'authenticated');
  expect(await socket.refusal(again)).toBe('RATE_LIMIT_EXCEEDED');
  // others do not count with them, nor does a first token
  const other = await LiveSocket.open(app.wsUrl, user.token);
  expect(await other.refusal(again)).toBe('RATE_LIMIT_EXCEEDED');
  const admin = await LiveSocket.open(app.wsUrl, app.admin.token);
  await admin.ask({ type: 'authenticate', token: app.admin.token }, 'authenticated');
});

test('event streams count towards the connection limit of the user', async () => {
  const user = await app.admin.createUser('developer');
  const answer = await user.post('/api/commands/execute', { command: 'sleep 60' });
  const path = `/api/commands/${answer.body.data.command_id}/output`;
  const sockets = await Promise.all(
    Array.from({ length: 49 }, () => LiveSocket.open(app.wsUrl, user.token, from('10.8.4.1'))),
  );
  const stop = new AbortController();
  const stream = { headers: { accept: 'text/event-stream' }, signal: stop.signal };
  expect((await user.open('GET', path, undefined, stream)).status).toBe(200);
  const late = await user.get(path, { headers: { accept: 'text/event-stream' } });
  expect([late.status, late.body.error.details]).toEqual([429, { connections: 50 }]);
  await sockets[0]?.close();
  await until(async () => (await user.open('GET', path, undefined, stream)).status === 200);
  stop.abort();
});
