import { beforeAll, describe, expect, test } from 'vitest';
import { data, execute, makeProject, makeTask, reached, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { LiveSocket, closeSockets } from '../realtime/live-socket.js';
import { until } from '../support/until.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
/** An internal project, and another one of the owner. */
let elsewhere: Json[];
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
  elsewhere = [await makeProject(owner, { visibility: 'internal' }), await makeProject(owner)];
});

const make = (client: Client, of: Json, fields: object = {}): Promise<Json> =>
  data(201, client.post(`/api/projects/${of.id}/keys`, { label: 'The bot', ...fields }));
const keyed = async (fields: object = {}): Promise<Client> =>
  app.anonymous().withToken((await make(owner, project, fields)).token);

test('a key of a project is made, shown once, listed and revoked', async () => {
  const own = await makeProject(owner);
  const { token, ...key } = await make(owner, own, { label: 'Chat bot' });
  expect(token).toMatch(/^mlr_key_[0-9A-Za-z]{38}$/);
  expect(key).toEqual({
    id: expect.any(String),
    user_id: expect.any(String),
    project_id: own.id,
    label: 'Chat bot',
    scopes: ['tasks.read', 'tasks.write', 'projects.read', 'execute'],
    hint: `mlr_key_…${token.slice(-4)}`,
    created_at: expect.any(String),
    expires_at: null,
    last_used_at: null,
  });
  const path = `/api/projects/${own.key}/keys`;
  const listed = await owner.get(path);
  expect(listed.body.data.items).toEqual([key]);
  expect(JSON.stringify(listed.body)).not.toContain(token.slice(8, 40));

  const bot = app.anonymous().withToken(token);
  const task = await makeTask(bot, own, { command: 'sleep 60' });
  await execute(bot, task);
  await reached(owner, task, 'running');
  // who has done it stays in the history under the label of the key
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  expect(history[0]).toMatchObject({ user_id: key.user_id, user_name: 'Chat bot' });
  await data(200, owner.delete(`${path}/${key.id}`));
  expect(await refusal(owner.delete(`${path}/${key.id}`))).toBe('404 RESOURCE_NOT_FOUND');
  await until(async () => (await bot.get('/api/users/profile')).status === 401);
  await reached(owner, task, 'cancelled');
  expect((await data(200, owner.get(path))).items).toEqual([]);
});

describe('a key of a project', () => {
  test('needs no project_id, and works in its project', async () => {
    const bot = await keyed();
    const task = await data(201, bot.post('/api/tasks/', { title: 'Without a project', tags: ['bot'] }));
    expect(task.project_id).toBe(project.id);
    const run = await data(
      200,
      bot.post('/api/commands/execute', { command: 'echo hello', stream_output: false }),
    );
    expect(run).toMatchObject({ status: 'completed', project_id: project.id });
    expect((await data(200, bot.post('/api/claims/'))).task.id).toBe(task.id);
    expect(await data(201, bot.post('/api/labels/', { name: 'Of the bot' }))).toMatchObject({
      project_id: project.id,
    });
    expect((await data(200, bot.get('/api/projects/'))).items.map(({ id }: Json) => id)).toEqual([
      project.id,
    ]);
    // anybody else must name one
    expect(await refusal(owner.post('/api/tasks/', { title: 'Nowhere' }))).toBe(
      '422 VALIDATION_REQUIRED_FIELD',
    );
  });

  test('sees no other project, not even an internal one', async () => {
    const bot = await keyed();
    for (const other of elsewhere) {
      const task = await makeTask(owner, other, { title: 'Elsewhere' });
      for (const request of [
        bot.get(`/api/projects/${other.id}`),
        bot.get(`/api/projects/${other.key}/tasks`),
        bot.post('/api/tasks/', { title: 'x', project_id: other.id }),
        bot.post('/api/commands/execute', { command: 'true', project_id: other.id }),
        bot.post('/api/claims/', { project_id: other.id }),
      ])
        expect(await refusal(request)).toBe('404 PROJECT_NOT_FOUND');
      for (const request of [
        bot.get(`/api/tasks/${task.ref}`),
        bot.put(`/api/tasks/${task.id}`, { title: 'x' }),
        bot.post(`/api/tasks/${task.id}/claim`),
      ])
        expect(await refusal(request)).toBe('404 TASK_NOT_FOUND');
      expect((await data(200, bot.get('/api/tasks/', { query: { search: 'Elsewhere' } }))).items).toEqual([]);
    }
  });

  test('hears of no other project over a socket', async () => {
    const bot = await keyed();
    const socket = await LiveSocket.open(app.wsUrl, bot.token!);
    const subscribe = (of: Json) => ({ type: 'subscribe', channel: 'task_updates', project_id: of.id });
    await socket.ask(subscribe(project), 'subscribed');
    for (const other of elsewhere) expect(await socket.refusal(subscribe(other))).toBe('PROJECT_NOT_FOUND');
    await closeSockets();
  });

  test('does not own the project, nor more than it was given', async () => {
    const bot = await keyed();
    const path = `/api/projects/${project.id}`;
    for (const request of [
      bot.put(path, { name: 'Mine' }),
      bot.post(`${path}/keys`, { label: 'Another' }),
      bot.get(`${path}/keys`),
      bot.post('/api/projects/', { name: 'Mine' }),
      bot.post('/api/webhooks/', { url: 'https://example.org', events: ['*'] }),
      bot.get('/api/users/'),
      bot.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
    ])
      expect((await request).status).toBe(403);
    const reader = await keyed({ scopes: ['tasks.read'] });
    expect(await refusal(reader.post('/api/tasks/', { title: 'x' }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    for (const scopes of [['admin'], ['projects.write'], []])
      expect(await refusal(owner.post(`${path}/keys`, { label: 'x', scopes }))).toMatch(/^422 VALIDATION_/);
  });

  test('is made and seen by owners alone, and is no member to change', async () => {
    const [developer, stranger] = [
      await app.admin.createUser('developer'),
      await app.admin.createUser('developer'),
    ];
    const path = `/api/projects/${project.id}`;
    await data(200, owner.put(`${path}/members/${developer.user.id}`, { role: 'developer' }));
    for (const [client, expected] of [
      [developer, '403 PROJECT_ACCESS_DENIED'],
      [stranger, '404 PROJECT_NOT_FOUND'],
    ] as const) {
      expect(await refusal(client.get(`${path}/keys`))).toBe(expected);
      expect(await refusal(client.post(`${path}/keys`, { label: 'x' }))).toBe(expected);
    }
    const { user_id } = await make(owner, project);
    const members = (await data(200, owner.get(`${path}/members`))).members.map((one: Json) => one.user_id);
    expect(members).not.toContain(user_id);
    expect(await refusal(owner.put(`${path}/members/${user_id}`, { role: 'owner' }))).toBe(
      '404 RESOURCE_NOT_FOUND',
    );
    expect(await refusal(owner.delete(`${path}/members/${user_id}`))).toBe('404 RESOURCE_NOT_FOUND');
    const users = await data(200, app.admin.get('/api/users/', { query: { search: 'the-bot-' } }));
    expect(users.items).toEqual([]);
    const keys = await data(
      200,
      app.admin.get('/api/users/', { query: { search: 'the-bot-', kind: 'key' } }),
    );
    expect(keys.items.length).toBeGreaterThan(0);
    expect(await refusal(app.admin.put(`/api/users/${user_id}`, { password: 'a long password 4' }))).toBe(
      '422 VALIDATION_ERROR',
    );
  });
});

test('a key does not outlive the token that makes it', async () => {
  const end = new Date(Date.now() + 3_600_000).toISOString();
  const scopes = ['tasks.read', 'tasks.write', 'projects.read', 'projects.write', 'execute'];
  const { token } = await data(
    201,
    owner.post('/api/personal-access-tokens/', { label: 'x', scopes, expires_at: end }),
  );
  const maker = app.anonymous().withToken(token);
  const path = `/api/projects/${project.id}/keys`;
  expect(await refusal(maker.post(path, { label: 'Forever' }))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
  expect(await make(maker, project, { expires_at: end })).toMatchObject({ expires_at: end });
});
