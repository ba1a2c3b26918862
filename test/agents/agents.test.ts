import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeTask, refusal } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { agentClient, freshPrefix, makeAgent } from './steps.js';

const app = useSharedApp();
let developer: Client;
beforeAll(async () => {
  developer = await app.admin.createUser('developer');
});

test('an agent is a user with keys and a backlog of its own', async () => {
  const prefix = freshPrefix();
  const agent = await data(
    201,
    app.admin.post('/api/agents/', { name: `The ${prefix} agent`, prefix, description: 'For tests' }),
  );
  expect(agent).toEqual({
    id: expect.any(String),
    slug: `the-${prefix.toLowerCase()}-agent`,
    name: `The ${prefix} agent`,
    description: 'For tests',
    prefix,
    project_id: expect.any(String),
    role: 'developer',
    disabled: false,
    created_by: app.admin.user.id,
    created_at: expect.any(String),
    updated_at: expect.any(String),
    version: 1,
  });
  expect(await data(200, developer.get(`/api/agents/${agent.slug}`))).toEqual(agent);
  expect(await data(200, app.admin.get(`/api/users/${agent.id}`))).toMatchObject({
    kind: 'agent',
    username: agent.slug,
    email: null,
  });
  const listed = await data(200, developer.get('/api/agents/', { query: { search: prefix } }));
  expect(listed.items).toEqual([agent]);

  const client = await agentClient(app, agent);
  expect(await data(200, client.get('/api/users/profile'))).toMatchObject({
    id: agent.id,
    kind: 'agent',
    email: null,
  });
  const project = await data(200, client.get(`/api/projects/${prefix}`));
  expect(project).toMatchObject({ id: agent.project_id, agent_id: agent.id, created_by: app.admin.user.id });
  const first = await makeTask(client, project);
  expect(first.ref).toBe(`${prefix}-001`);
  for (const name of [`${prefix}-001`, `${prefix}-1`, `${prefix.toLowerCase()}-01`])
    expect(await data(200, client.get(`/api/tasks/${name}`))).toMatchObject({ id: first.id });
  expect(await refusal(developer.get(`/api/tasks/${first.ref}`))).toBe('404 TASK_NOT_FOUND');
});

test('slug and prefix come from the name, and a taken one is named', async () => {
  const [a, b] = ['x', 'y'].map(() => freshPrefix().toLowerCase().replace(/\d/g, 'q'));
  const made = await data(
    201,
    app.admin.post('/api/agents/', { name: `Üb${a} helper`, prefix: freshPrefix() }),
  );
  expect(made.slug).toBe(`ub${a}-helper`);
  const taken = await app.admin.post('/api/agents/', { name: `Ub${a} helper`, prefix: freshPrefix() });
  expect(taken.body.error).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS', details: { field: 'slug' } });
  const other = await app.admin.post('/api/agents/', { name: b, prefix: made.prefix });
  expect(other.body.error).toMatchObject({ details: { field: 'prefix', value: made.prefix } });

  const derived = { name: 'Zwkmarketing lead', slug: `zwk-${b}` };
  const { prefix } = await data(201, app.admin.post('/api/agents/', derived));
  expect(prefix).toBe('ZWK');
  const again = await app.admin.post('/api/agents/', { ...derived, slug: `zwk-${a}` });
  expect(again.body.error).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS', details: { field: 'prefix' } });
  for (const bad of [
    {},
    { name: '' },
    { name: '世界' },
    { name: 'x', slug: 'a b' },
    { name: 'x', prefix: 'low' },
  ])
    expect(await refusal(app.admin.post('/api/agents/', bad))).toMatch(/^422 VALIDATION_/);
  for (const slug of ['12345', made.id])
    expect(await refusal(app.admin.post('/api/agents/', { name: 'x', slug }))).toBe('422 VALIDATION_ERROR');
});

describe('what an agent may do', () => {
  test('is for administrators to change, and for everybody to know', async () => {
    const agent = await makeAgent(app);
    const path = `/api/agents/${agent.id}`;
    for (const refused of [
      developer.post('/api/agents/', { name: 'Another' }),
      developer.put(path, { name: 'Another' }),
      developer.delete(path),
      developer.get(`${path}/keys`),
      developer.post(`${path}/keys`, { label: 'Mine' }),
    ])
      expect(await refusal(refused)).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    const self = await agentClient(app, agent, { scopes: ['tasks.write', 'tokens.manage'] });
    expect(await refusal(self.post(`${path}/keys`, { label: 'Mine' }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    expect(await refusal(app.admin.get('/api/agents/nobody-at-all'))).toBe('404 RESOURCE_NOT_FOUND');
    // a person is no agent
    expect(await refusal(app.admin.get(`/api/agents/${developer.user.id}`))).toBe('404 RESOURCE_NOT_FOUND');
    expect(await refusal(app.admin.post(`/api/agents/${developer.user.id}/keys`, { label: 'x' }))).toBe(
      '404 RESOURCE_NOT_FOUND',
    );
  });

  test('is what its keys say, which are shown once and can be revoked', async () => {
    const agent = await makeAgent(app);
    const path = `/api/agents/${agent.slug}/keys`;
    const { token, ...key } = await data(201, app.admin.post(path, { label: 'Laptop' }));
    expect(token).toMatch(/^mlr_key_[0-9A-Za-z]{38}$/);
    expect(key).toMatchObject({
      user_id: agent.id,
      label: 'Laptop',
      scopes: ['tasks.read', 'tasks.write', 'projects.read', 'execute'],
      hint: `mlr_key_…${token.slice(-4)}`,
      expires_at: null,
    });
    const listed = await app.admin.get(path);
    expect(listed.body.data.items).toEqual([key]);
    expect(JSON.stringify(listed.body)).not.toContain(token.slice(8, 40));
    const client = app.anonymous().withToken(token);
    expect(await refusal(client.post('/api/projects/', { name: 'Mine' }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    const reader = await agentClient(app, agent, { scopes: ['tasks.read'] });
    expect(await refusal(reader.post('/api/claims/'))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    await data(200, app.admin.delete(`${path}/${key.id}`));
    expect(await refusal(app.admin.delete(`${path}/${key.id}`))).toBe('404 RESOURCE_NOT_FOUND');
    await until(async () => (await client.get('/api/users/profile')).status === 401);
    expect((await reader.get('/api/users/profile')).status).toBe(200);
  });

  test('needs no password, and no password opens it', async () => {
    const agent = await makeAgent(app);
    for (const change of [{ password: 'a password of an agent' }, { email: 'agent@example.org' }])
      expect(await refusal(app.admin.put(`/api/users/${agent.id}`, change))).toBe('422 VALIDATION_ERROR');
    for (const password of ['null', 'undefined', '!', 'a password of an agent'])
      expect(await refusal(app.anonymous().post('/api/auth/login', { username: agent.slug, password }))).toBe(
        '401 AUTH_INVALID_CREDENTIALS',
      );
  });
});

test('an agent is renamed, deleted and brought back', async () => {
  const agent = await makeAgent(app);
  const path = `/api/agents/${agent.id}`;
  const changed = await data(200, app.admin.put(path, { name: 'New name', description: 'New', version: 1 }));
  expect(changed).toMatchObject({ name: 'New name', description: 'New', slug: agent.slug, version: 2 });
  expect(await data(200, app.admin.get(`/api/projects/${agent.prefix}`))).toMatchObject({
    name: 'New name',
    description: 'New',
  });
  expect(await refusal(app.admin.put(path, { name: 'Newer', version: 1 }))).toBe('409 VERSION_CONFLICT');
  expect(await refusal(app.admin.delete(`/api/projects/${agent.prefix}`))).toBe('409 RESOURCE_IN_USE');

  const client = await agentClient(app, agent);
  await data(200, app.admin.delete(path));
  await until(async () => (await client.get('/api/users/profile')).status === 401);
  expect(await data(200, app.admin.get(path))).toMatchObject({ disabled: true });
  const query = { search: agent.prefix };
  expect((await data(200, app.admin.get('/api/agents/', { query }))).items).toEqual([]);
  expect(
    (await data(200, app.admin.get('/api/agents/', { query: { ...query, include_disabled: true } }))).items,
  ).toHaveLength(1);
  expect(await refusal(app.admin.post(`${path}/keys`, { label: 'x' }))).toBe('409 RESOURCE_IN_USE');
  expect(await data(200, app.admin.get(`/api/projects/${agent.prefix}`))).toMatchObject({
    status: 'archived',
  });
  await data(200, app.admin.delete(path));

  expect(await data(200, app.admin.put(path, { disabled: false }))).toMatchObject({ disabled: false });
  expect(await data(200, app.admin.get(`/api/projects/${agent.prefix}`))).toMatchObject({ status: 'active' });
  expect((await data(200, app.admin.get(`${path}/keys`))).items).toEqual([]);
  expect((await client.get('/api/users/profile')).status).toBe(401);
});
