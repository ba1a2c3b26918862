import { beforeAll, describe, expect, test } from 'vitest';
import { agentClient, makeAgent } from '../agents/steps.js';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useSharedApp();
let owner: Client;
let stranger: Client;
let project: Json;
beforeAll(async () => {
  [owner, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
});

const page = (client: Client, query: Record<string, string | number> = {}): Promise<Json> =>
  data(200, client.get('/api/activity', { query }));
const list = async (client: Client, query: Record<string, string | number> = {}): Promise<Json[]> =>
  (await page(client, query)).activity;
const actions = (entries: Json[]) => entries.map(({ entity_type, action }) => `${entity_type} ${action}`);

test('the activity of a project is listed with who did it, the latest first', async () => {
  const own = await makeProject(owner);
  const task = await makeTask(owner, own, { title: 'One' });
  await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Two' }));
  await data(201, owner.post(`/api/tasks/${task.id}/comments`, { body: 'Hello' }));
  const entries = await list(owner, { project_id: own.key });
  expect(actions(entries)).toEqual(['task commented', 'task updated', 'task created', 'project created']);
  expect(entries[1]).toEqual({
    sequence: expect.any(Number),
    at: expect.any(String),
    actor: { id: owner.user.id, kind: 'human', name: owner.user.full_name ?? owner.user.username },
    entity_type: 'task',
    entity_id: task.id,
    project_id: own.id,
    action: 'updated',
    old_value: { title: 'One' },
    new_value: { title: 'Two' },
  });
  const sequences = entries.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((a, b) => b - a));
});

test('pages follow one another without a gap', async () => {
  const own = await makeProject(owner);
  for (let index = 0; index < 7; index += 1) await makeTask(owner, own);
  const all = await list(owner, { project_id: own.id });
  const seen: Json[] = [];
  let before: number | undefined;
  do {
    const next = await page(owner, { project_id: own.id, limit: 3, ...(before ? { before } : {}) });
    expect(next.activity.length).toBeLessThanOrEqual(3);
    seen.push(...next.activity);
    before = next.next_before;
  } while (before);
  expect(seen).toEqual(all);
});

describe('the filters', () => {
  test('are type, thing, action, actor and time', async () => {
    const own = await makeProject(owner);
    const first = await makeTask(owner, own);
    const second = await makeTask(owner, own);
    await data(200, owner.put(`/api/tasks/${first.id}`, { priority: 1 }));
    await data(200, owner.put(`/api/projects/${own.id}/members/${stranger.user.id}`, { role: 'developer' }));
    await data(200, stranger.put(`/api/tasks/${second.id}`, { priority: 2 }));
    const of = async (query: Record<string, string>) =>
      actions(await list(owner, { project_id: own.id, ...query }));
    expect(await of({ entity_type: 'project' })).toEqual(['project member_set', 'project created']);
    expect(await of({ action: 'updated' })).toEqual(['task updated', 'task updated']);
    expect(await of({ actor: stranger.user.id })).toEqual(['task updated']);
    expect(await of({ actor: `human:${stranger.user.username}` })).toEqual(['task updated']);
    expect(await of({ actor: 'human:nobody-at-all' })).toEqual([]);
    expect(await of({ actor: 'ai:nobody-at-all' })).toEqual([]);
    expect(actions(await list(owner, { entity_id: first.id }))).toEqual(['task updated', 'task created']);
    const [latest] = await list(owner, { project_id: own.id });
    expect(await of({ from: latest!.at })).toContain('task updated');
    expect(await of({ to: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await of({ from: '2999-01-01T00:00:00Z' })).toEqual([]);
    const faults: Record<string, string>[] = [
      { actor: 'bob' },
      { limit: '0' },
      { before: 'x' },
      { from: 'yesterday' },
      { kind: 'task' },
    ];
    for (const bad of faults)
      expect(await refusal(owner.get('/api/activity', { query: bad }))).toMatch(/^422 VALIDATION_/);
  });

  test('find what an agent and a key have done', async () => {
    const agent = await makeAgent(app);
    const self = await agentClient(app, agent);
    const task = await makeTask(self, { id: agent.project_id });
    const { token } = await data(
      201,
      app.admin.post(`/api/projects/${agent.project_id}/keys`, { label: `Bot of ${agent.slug}` }),
    );
    await data(200, app.anonymous().withToken(token).put(`/api/tasks/${task.id}`, { title: 'Of the bot' }));
    const query = { project_id: agent.prefix };
    const [made] = await list(app.admin, { ...query, actor: `ai:${agent.slug}` });
    expect(made).toMatchObject({ action: 'created', actor: { id: agent.id, kind: 'ai', name: agent.name } });
    const [changed] = await list(app.admin, { ...query, actor: `ai:Bot of ${agent.slug}` });
    expect(changed).toMatchObject({ action: 'updated', actor: { kind: 'ai', name: `Bot of ${agent.slug}` } });
  });
});

describe('everybody', () => {
  test('sees what happens in their projects, and nothing else', async () => {
    const secret = await makeTask(owner, project, { title: 'Of the owner' });
    const other = await makeProject(stranger);
    await makeTask(stranger, other);
    const seen = await list(stranger, { limit: 200 });
    expect(seen.some(({ project_id }) => project_id === other.id)).toBe(true);
    expect(JSON.stringify(seen)).not.toContain(project.id);
    expect(await list(stranger, { entity_id: secret.id })).toEqual([]);
    expect(await refusal(stranger.get('/api/activity', { query: { project_id: project.id } }))).toBe(
      '404 PROJECT_NOT_FOUND',
    );
    // sign-ins and users are for administrators
    expect(seen.filter(({ entity_type }) => ['user', 'token'].includes(entity_type))).toEqual([]);
    expect(await list(stranger, { actor: `human:${owner.user.username}`, action: 'login' })).toEqual([]);
    expect((await list(stranger)).every(({ project_id }) => project_id !== null)).toBe(true);
  });

  test('sees drafts of others in no list', async () => {
    const own = await makeProject(owner);
    await data(200, owner.put(`/api/projects/${own.id}/members/${stranger.user.id}`, { role: 'developer' }));
    await makeTask(owner, own, { title: 'A draft', draft: true });
    expect(JSON.stringify(await list(stranger, { project_id: own.id }))).not.toContain('A draft');
  });

  test('sees as much as the scopes of a token show', async () => {
    const { token } = await data(
      201,
      owner.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
    );
    const entries = await list(owner.withToken(token), { project_id: project.id });
    expect(new Set(entries.map(({ entity_type }) => entity_type))).toEqual(new Set(['task']));
  });
});

test('an administrator sees sign-ins, tokens and users: the audit log', async () => {
  const user = await app.admin.createUser('developer');
  const { id } = await data(
    201,
    user.post('/api/personal-access-tokens/', { label: 'Audited', scopes: ['tasks.read'] }),
  );
  const of = async (query: Record<string, string>) => list(app.admin, { ...query, limit: 50 });
  expect(actions(await of({ actor: `human:${user.user.username}` }))).toEqual([
    'token created',
    'user login',
  ]);
  expect(
    await refusal(
      app.anonymous().post('/api/auth/login', { username: user.user.username, password: 'not the password' }),
    ),
  ).toBe('401 AUTH_INVALID_CREDENTIALS');
  const refused = () => of({ entity_id: user.user.id, action: 'login_refused' });
  await until(async () => (await refused()).length === 1);
  expect(await refused()).toMatchObject([
    { actor: { id: null, kind: 'system' }, new_value: { reason: 'wrong password' }, project_id: null },
  ]);
  expect(await of({ entity_id: id })).toMatchObject([
    { action: 'created', new_value: { label: 'Audited', scopes: ['tasks.read'] }, project_id: null },
  ]);
  expect(actions(await of({ entity_id: user.user.id }))).toContain('user created');
});
