import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { until } from '../support/until.js';
import { closeSockets, LiveSocket } from './live-socket.js';

const app = useSharedApp();
afterEach(closeSockets);

const httpUrl = () => app.wsUrl.replace('ws', 'http');

/** The status and body with which an upgrade is refused. */
async function refusedUpgrade(
  path: string,
  others: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...others,
  };
  const sent = request(`${httpUrl()}${path}`, { headers }).end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
}

test('a token authenticates a connection, by message or by header', async () => {
  const socket = await LiveSocket.open(app.wsUrl);
  const answer = await socket.ask({ type: 'authenticate', token: app.admin.token }, 'authenticated');
  expect(answer.data).toMatchObject({
    username: app.admin.user.username,
    role: 'admin',
    session_id: 'a-session',
  });
  expect(answer.data.max_message_bytes).toBe(64 * 1024);
  expect(answer.timestamp).toMatch(/^\d{4}-.*Z$/);
  const headers = { authorization: `Bearer ${app.admin.token}` };
  const other = await LiveSocket.open(app.wsUrl, undefined, { headers });
  expect((await other.next('authenticated')).data.user_id).toBe(answer.data.user_id);
});

test('an invalid token is refused and the connection stays open', async () => {
  const socket = await LiveSocket.open(app.wsUrl);
  expect(await socket.refusal({ type: 'authenticate', token: 'x.y.z' })).toBe('AUTH_TOKEN_INVALID');
  expect(await socket.refusal({ type: 'authenticate' })).toBe('VALIDATION_REQUIRED_FIELD');
  await socket.ask({ type: 'authenticate', token: app.admin.token }, 'authenticated');
});

test('an unauthenticated socket can only ping, and is closed after 10 seconds', async () => {
  const socket = await LiveSocket.open(app.wsUrl);
  expect(await socket.ask({ type: 'ping', timestamp: 1690725600000 }, 'pong')).toEqual({
    type: 'pong',
    timestamp: 1690725600000,
  });
  for (const message of [
    { type: 'subscribe', channel: 'task_updates' },
    { type: 'unsubscribe', channel: 'task_updates' },
    { type: 'execute_task', task_id: '01890000-0000-7000-8000-000000000000' },
    { type: 'get_metrics' },
  ]) {
    expect(await socket.refusal(message)).toBe('AUTH_TOKEN_MISSING');
  }
  await until(() => socket.closed, { timeout: 12_000 });
  expect(socket.closed?.code).toBe(4401);
});

test('an invalid message gets an error response', async () => {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (const text of [
    '{',
    '',
    '5',
    'null',
    '[]',
    '"text"',
    '['.repeat(60_000),
    `{"type":"ping","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
  ]) {
    const seen = socket.messages.length;
    socket.ws.send(text);
    expect((await socket.next('error', undefined, seen)).data.code).toBe('VALIDATION_INVALID_FORMAT');
  }
  const seen = socket.messages.length;
  socket.ws.send(Buffer.from([0, 255, 1, 254]));
  expect((await socket.next('error', undefined, seen)).data.code).toBe('VALIDATION_INVALID_FORMAT');
  expect(await socket.refusal({ type: 'dance' })).toBe('VALIDATION_ERROR');
  expect(await socket.refusal({ channel: 'task_updates' })).toBe('VALIDATION_REQUIRED_FIELD');
  expect(await socket.refusal({ type: 'subscribe', channel: 'gossip' })).toBe('VALIDATION_ERROR');
  await socket.ask({ type: 'ping' }, 'pong');
});

test('a frame above 64 KiB closes only its connection', async () => {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  socket.ws.send('x'.repeat(64 * 1024 + 1));
  expect((await until(() => socket.closed)).code).toBe(1009);
  await LiveSocket.open(app.wsUrl, app.admin.token);
});

test('a disconnect during authentication causes no error', async () => {
  for (let round = 0; round < 5; round += 1) {
    // nothing is known of this token yet, so that the database is asked
    const { token } = await app.admin.createUser('viewer');
    const sockets = await Promise.all(Array.from({ length: 10 }, () => LiveSocket.open(app.wsUrl)));
    for (const socket of sockets) {
      socket.send({ type: 'authenticate', token });
      socket.ws.terminate();
    }
    await until(() => sockets.every(({ closed }) => closed));
  }
  await LiveSocket.open(app.wsUrl, app.admin.token);
  expect(app.processes.map(({ stderr }) => stderr).join('')).not.toContain('INTERNAL_ERROR');
});

test('an upgrade on an unknown path gets 404 in the envelope', async () => {
  for (const path of ['/', '/ws', '/ws/', '/ws/a/b', `/ws/${'x'.repeat(129)}`, '/api/tasks/', '/socket.io']) {
    const { status, body } = await refusedUpgrade(path);
    expect([path, status, JSON.parse(body).error.code]).toEqual([path, 404, 'RESOURCE_NOT_FOUND']);
  }
});

test('an invalid handshake gets 400 in the envelope', async () => {
  const path = '/ws/a-session';
  for (const header of ['sec-websocket-key', 'sec-websocket-version', 'host']) {
    const { status, body } = await refusedUpgrade(path, { [header]: 'x y' });
    expect([header, status, JSON.parse(body).error.code]).toEqual([header, 400, 'MALFORMED_REQUEST']);
  }
});

test('a user is limited to 50 connections', async () => {
  const user = await app.admin.createUser('viewer');
  const sockets = await Promise.all(Array.from({ length: 50 }, () => LiveSocket.open(app.wsUrl, user.token)));
  const late = await LiveSocket.open(app.wsUrl);
  expect(await late.refusal({ type: 'authenticate', token: user.token })).toBe('WEBSOCKET_CONNECTION_FAILED');
  expect((await until(() => late.closed)).code).toBe(4429);
  await sockets[0]?.close();
  await until(async () => {
    const again = await LiveSocket.open(app.wsUrl);
    again.send({ type: 'authenticate', token: user.token });
    return again.next('authenticated').catch(() => false);
  });
});

test('a disabled account and a password change close the connection', async () => {
  const user = await app.admin.createUser('viewer');
  const socket = await LiveSocket.open(app.wsUrl, user.token);
  await app.admin.put(`/api/users/${user.user.id ?? user.user.user_id}`, { disabled: true });
  expect((await until(() => socket.closed)).code).toBe(4403);
  expect(socket.messages.at(-1)?.data.code).toBe('AUTH_ACCOUNT_DISABLED');

  const other = await app.admin.createUser('viewer');
  const theirs = await LiveSocket.open(app.wsUrl, other.token);
  await app.admin.put(`/api/users/${other.user.id ?? other.user.user_id}`, { full_name: 'Another Name' });
  await theirs.ask({ type: 'ping' }, 'pong');
  expect(theirs.closed).toBeUndefined();
  await app.admin.put(`/api/users/${other.user.id ?? other.user.user_id}`, {
    password: 'an entirely new one',
  });
  expect((await until(() => theirs.closed)).code).toBe(4401);
});
