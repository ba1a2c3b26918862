import { once } from 'node:events';
import { connect } from 'node:net';
import { Client as PgClient } from 'pg';
import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, makeJob, makeProject, refusal, type Json } from './steps.js';

const app = useSharedApp();

interface Held {
  /** Sends the body. @returns status and error code, or the status alone */
  send: () => Promise<string>;
}

/** Sends the headers of a request to the first server, and keeps its body back. */
async function hold(
  who: Client,
  method: string,
  path: string,
  body: unknown,
  isChunked = false,
): Promise<Held> {
  const socket = connect(app.apis[0]!.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  const closed = once(socket, 'close');
  const bytes = JSON.stringify(body);
  const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`;
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${who.token}\r\n` +
      `Content-Type: application/json\r\n${length}\r\n\r\n`,
  );
  await once(socket, 'connect');
  const send = async () => {
    // it may have been answered and closed already, since it has no right even to be heard
    if (socket.writable)
      socket.write(isChunked ? `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n` : bytes);
    await closed;
    const { error } = JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '{}') as Json;
    return [answer.slice(9, 12), ...(error ? [error.code] : [])].join(' ');
  };
  return { send };
}

/** Waits until the first server lets a user call a path no more. */
async function refused(who: Client, path = '/api/projects/'): Promise<void> {
  const headers = { authorization: `Bearer ${who.token}` };
  const look = async () =>
    [401, 403].includes((await fetch(`${app.apis[0]!.url}${path}`, { headers })).status);
  await until(look, { what: `${path} to be refused` });
}

/** The statements of the app that wait for a row. */
const waitingForLocks = () =>
  app.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()",
  );

const change = (user: Client, fields: Json) => app.admin.put(`/api/users/${user.user.id}`, fields);
const command = { command: 'true' };
const runsOf = (user: Client) =>
  app.query('SELECT 1 FROM executions WHERE requested_by = $1', [user.user.id]);

test('a demoted administrator is refused when the body arrives after the demotion', async () => {
  const other = await app.admin.createUser('admin');
  const path = `/api/users/${other.user.id}`;
  const name = 'ghost';
  const ghost = {
    username: name,
    password: 'a long password',
    email: `${name}@example.org`,
    role: 'admin',
  };
  const held = [
    await hold(other, 'PUT', path, { role: 'admin' }),
    await hold(other, 'PUT', path, { role: 'admin' }, true),
    await hold(other, 'PUT', `/api/users/${app.admin.user.id}`, { full_name: 'changed' }),
    await hold(other, 'POST', '/api/users/', ghost),
    await hold(other, 'POST', '/api/webhooks/', { url: 'http://127.0.0.1:9/', events: ['*'] }),
    await hold(other, 'POST', '/api/commands/execute', { ...command, allow_unsafe: true }),
  ];
  const mine = await hold(other, 'PUT', '/api/users/profile', { full_name: 'still mine' });
  await data(200, change(other, { role: 'viewer' }));
  await refused(other, '/api/users/');
  const answered = await Promise.all(held.map(({ send }) => send()));
  expect(answered).toEqual(held.map(() => '403 AUTH_INSUFFICIENT_PERMISSIONS'));
  expect(await mine.send()).toBe('200');
  expect(await data(200, app.admin.get(path))).toMatchObject({ role: 'viewer', full_name: 'still mine' });
  expect((await data(200, app.admin.get('/api/users/', { query: { search: name } }))).total).toBe(0);
  expect(await runsOf(other)).toEqual([]);
});

test('a body that arrives after the end of its session, account or token has no effect', async () => {
  const developer = () => app.admin.createUser('developer');
  const execute = (who: Client) => hold(who, 'POST', '/api/commands/execute', command);
  const [leaving, disabled, scripted] = [await developer(), await developer(), await developer()];

  const afterLogout = await execute(leaving);
  await data(200, leaving.post('/api/auth/logout'));
  await refused(leaving);
  expect(await afterLogout.send()).toBe('401 AUTH_TOKEN_INVALID');

  const afterDisabling = await execute(disabled);
  await data(200, change(disabled, { disabled: true }));
  await refused(disabled);
  expect(await afterDisabling.send()).toMatch(/^40[13] AUTH_(ACCOUNT_DISABLED|TOKEN_INVALID)$/);

  const token = await data(
    201,
    scripted.post('/api/personal-access-tokens/', { label: 'x', scopes: ['execute'], expires_at: null }),
  );
  const script = scripted.withToken(token.token);
  const [inTime, afterRevoking] = [await execute(script), await execute(script)];
  expect(await inTime.send()).toBe('200');
  await data(200, scripted.delete(`/api/personal-access-tokens/${token.id}`));
  await refused(script, '/api/tasks/');
  expect(await afterRevoking.send()).toBe('401 AUTH_TOKEN_INVALID');
  expect([await runsOf(leaving), await runsOf(disabled)]).toEqual([[], []]);
  expect(await runsOf(scripted)).toHaveLength(1);
});

test('a body that arrives after the start of a maintenance has no effect', async () => {
  const developer = await app.admin.createUser('developer');
  const held = await hold(developer, 'PUT', '/api/users/profile', { full_name: 'late' });
  await data(200, app.admin.post('/api/system/maintenance', { duration: '01:00:00' }));
  try {
    await until(async () => (await developer.put('/api/users/profile', {})).status === 503);
    expect(await held.send()).toBe('503 SYSTEM_MAINTENANCE');
  } finally {
    await data(200, app.admin.delete('/api/system/maintenance'));
  }
});

test('a queued request has no effect after the end of its session', async () => {
  const user = await app.admin.createUser('developer');
  const project = await makeProject(user);
  const task = await makeJob(user, project, 'true');
  const at = new URL(app.apis[0]!.url);
  const database = new PgClient(app.databaseUrl);
  await database.connect();
  try {
    await database.query('BEGIN');
    await database.query('SELECT 1 FROM projects WHERE id = $1 FOR UPDATE', [project.id]);
    const send = (method: string, path: string, body?: Json) =>
      fetch(new URL(path, at), {
        method,
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    // takes the one turn that a user has with six connections
    const first = send('PUT', `/api/projects/${project.id}`, { description: 'first' });
    await until(async () => (await waitingForLocks()).length > 0);
    const waiting = [
      send('POST', `/api/tasks/${task.id}/execute`),
      send('DELETE', `/api/tasks/${task.id}`),
      send('POST', '/api/projects/', { name: 'Too late' }),
    ];
    await data(200, user.post('/api/auth/logout'));
    await refused(user);
    await database.query('ROLLBACK');
    expect((await first).status).toBe(200);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([401, 401, 401]);
    expect((await data(200, app.admin.get(`/api/tasks/${task.id}`))).status).toBe('pending');
  } finally {
    await database.end();
  }
});

test('the permission to grant something is checked in the same transaction', async () => {
  const other = await app.admin.createUser('admin');
  const project = await makeProject(app.admin);
  const ghost = { username: 'ghost-3', password: 'a long password', email: 'ghost-3@example.org' };
  const webhook = { url: 'http://127.0.0.1:9/', events: ['*'], project_id: null };
  const { id } = await data(201, other.post('/api/webhooks/', webhook));
  await data(200, other.get('/api/users/'));
  // no event is published for this change, so the guard still uses its cached role
  await app.query("UPDATE users SET role = 'developer' WHERE id = $1", [other.user.id]);
  const gifts = [
    () => other.put(`/api/projects/${project.id}/members/${other.user.id}`, { role: 'owner' }),
    () => other.delete(`/api/projects/${project.id}/members/${other.user.id}`),
    () => other.post('/api/webhooks/', webhook),
    () => other.put(`/api/webhooks/${id}`, { url: 'http://127.0.0.1:10/' }),
    () => other.post(`/api/webhooks/${id}/rotate`, {}),
    () => other.post('/api/personal-access-tokens/', { label: 'x', scopes: ['admin'], expires_at: null }),
    () => other.put(`/api/users/${other.user.id}`, { role: 'admin' }),
    () => other.post('/api/users/', ghost),
  ];
  const answered: string[] = [];
  for (const give of gifts) answered.push(await refusal(give()));
  const [member, hook, denied] = [
    '404 PROJECT_NOT_FOUND',
    '404 RESOURCE_NOT_FOUND',
    '403 AUTH_INSUFFICIENT_PERMISSIONS',
  ];
  expect(answered).toEqual([member, member, denied, hook, hook, denied, denied, denied]);
});
