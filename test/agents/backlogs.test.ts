import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, reached, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { agentClient, makeAgent } from './steps.js';

const app = useSharedApp();
let agent: Json;
let self: Client;
let stranger: Client;
let viewer: Client;
let path: string;
beforeAll(async () => {
  agent = await makeAgent(app);
  path = `/api/backlogs/${agent.slug}`;
  [self, stranger, viewer] = await Promise.all([
    agentClient(app, agent),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  await data(
    200,
    app.admin.put(`/api/projects/${agent.project_id}/members/${viewer.user.id}`, { role: 'viewer' }),
  );
});

const patch = (task: Json, body: unknown, client = self) =>
  client.request('PATCH', `${path}/${task.id}`, body);
const add = (fields: object = {}): Promise<Json> =>
  data(201, self.post(path, { title: 'A task', ...fields }));

test('a task has the fields and the words of a backlog', async () => {
  const task = await add({ title: 'Write 3 posts', description: 'Focus on **ROI**', priority: 3 });
  expect(task).toEqual({
    id: expect.stringMatching(new RegExp(`^${agent.prefix}-\\d{3}$`)),
    title: 'Write 3 posts',
    description: 'Focus on **ROI**',
    priority: 3,
    status: 'queued',
    blocker: null,
    created: expect.any(String),
    started: null,
    completed: null,
    result: null,
  });
  const started = await data(200, patch(task, { status: 'in_progress' }));
  expect(started).toMatchObject({ status: 'in_progress', started: expect.any(String), completed: null });
  const done = await data(200, patch(task, { status: 'complete', result: 'Three posts' }));
  expect(done).toMatchObject({ status: 'complete', completed: expect.any(String), result: 'Three posts' });
  // it is the same task
  expect(await data(200, self.get(`/api/tasks/${task.id}`))).toMatchObject({
    status: 'completed',
    result: 'Three posts',
    ref: task.id,
  });
  expect(await data(200, patch(task, { title: 'Write 4 posts', priority: 'urgent' }))).toMatchObject({
    title: 'Write 4 posts',
    priority: 1,
    status: 'complete',
  });
});

test('blocked keeps its reason, and every other word clears it', async () => {
  const task = await add();
  const blocked = await data(200, patch(task, { status: 'blocked', blocker: 'Needs a login' }));
  expect(blocked).toMatchObject({ status: 'blocked', blocker: 'Needs a login' });
  expect(await data(200, self.get(`/api/tasks/${task.id}`))).toMatchObject({
    status: 'pending',
    blocker: 'Needs a login',
  });
  expect(await data(200, patch(task, { status: 'queued' }))).toMatchObject({
    status: 'queued',
    blocker: null,
  });
  expect(await data(200, patch(task, { blocker: 'Again' }))).toMatchObject({ status: 'blocked' });
  expect(await data(200, patch(task, { status: 'blocked' }))).toMatchObject({ blocker: 'Again' });
  expect(await data(200, patch(task, { blocker: null }))).toMatchObject({ status: 'queued', blocker: null });
  expect(await data(200, patch(task, { status: 'blocked' }))).toMatchObject({ blocker: 'Blocked' });
  expect(await data(200, patch(task, { status: 'complete' }))).toMatchObject({
    status: 'complete',
    blocker: null,
  });
  expect(await data(200, patch(task, { status: 'blocked', blocker: 'Not done' }))).toMatchObject({
    status: 'blocked',
    completed: null,
  });
});

test('a task whose run has failed is blocked by the reason', async () => {
  const job = await makeTask(self, { id: agent.project_id }, { command: 'exit 3' });
  await data(202, self.post(`/api/tasks/${job.id}/execute`));
  await reached(self, job, 'failed');
  const query = { status: 'blocked', page_size: 100 };
  const { tasks } = await data(200, self.get(path, { query }));
  expect(tasks.find((task: Json) => task.id === job.ref)).toMatchObject({
    status: 'blocked',
    blocker: 'The last run ended with exit code 3',
  });
});

test('bad input is refused by its field', async () => {
  const task = await add();
  for (const bad of [
    { status: 'todo' },
    { priority: 11 },
    { priority: 0 },
    { title: '' },
    { blocker: '' },
    { result: 'Done' },
    { status: 'queued', blocker: 'Waits' },
  ])
    expect([bad, await refusal(patch(task, bad))]).toEqual([bad, expect.stringMatching(/^422 VALIDATION_/)]);
  expect(await refusal(self.post(path, {}))).toBe('422 VALIDATION_REQUIRED_FIELD');
  expect(await refusal(self.get(path, { query: { status: 'done' } }))).toBe('422 VALIDATION_ERROR');
  expect(await refusal(self.get('/api/backlogs/', { query: { agent_id: 'nobody-here' } }))).toBe(
    '404 RESOURCE_NOT_FOUND',
  );
  expect(await refusal(patch({ id: `${agent.prefix}-999` }, { title: 'x' }))).toBe('404 TASK_NOT_FOUND');
  const elsewhere = await makeTask(self, { id: agent.project_id });
  const other = await makeAgent(app);
  expect(
    await refusal(app.admin.request('PATCH', `/api/backlogs/${other.slug}/${elsewhere.id}`, { title: 'x' })),
  ).toBe('404 TASK_NOT_FOUND');
});

test('a backlog is sorted, filtered, paged and counted', async () => {
  const own = await makeAgent(app);
  const client = await agentClient(app, own);
  const backlog = `/api/backlogs/${own.slug}`;
  expect(await data(200, client.get(`${backlog}/summary`))).toEqual({
    queued: 0,
    in_progress: 0,
    complete: 0,
    blocked: 0,
    total: 0,
  });
  const made: Json[] = [];
  for (const [title, priority] of [
    ['a', 5],
    ['b', 2],
    ['c', 2],
    ['d', 9],
    ['e', 1],
    ['f', 5],
  ] as const)
    made.push(await data(201, client.post(backlog, { title, priority })));
  const titles = async (query: Record<string, string | number> = {}, from = client): Promise<string> =>
    (await data(200, from.get(backlog, { query }))).tasks.map((task: Json) => task.title).join('');
  expect(await titles()).toBe('ebcafd');
  const change = (index: number, body: unknown) =>
    data(200, client.request('PATCH', `${backlog}/${made[index]!.id}`, body));
  await change(0, { status: 'in_progress' });
  await change(1, { status: 'complete' });
  await change(2, { blocker: 'Waits' });
  await change(3, { status: 'cancelled' });
  await data(200, client.put(`/api/tasks/${made[4]!.id}`, { status: 'failed' }));
  expect(await titles({ status: 'queued' })).toBe('f');
  expect(await titles({ status: 'in_progress' })).toBe('a');
  expect(await titles({ status: 'complete' })).toBe('b');
  expect(await titles({ status: 'blocked' })).toBe('ec');
  expect(await titles({ status: 'cancelled' })).toBe('d');
  expect(await data(200, client.get(`${backlog}/summary`))).toEqual({
    queued: 1,
    in_progress: 1,
    complete: 1,
    blocked: 2,
    total: 5,
  });
  const page = await data(200, client.get(backlog, { query: { page_size: 2, page: 2 } }));
  expect(page).toMatchObject({ agent_id: own.slug, total: 6, page: 2, pages: 3, has_next: true });
  expect(page.tasks.map((task: Json) => task.title).join('')).toBe('ca');

  const all = await data(200, client.get('/api/backlogs/', { query: { agent_id: own.slug, priority: 5 } }));
  expect(all.tasks.map(({ agent_id, title }: Json) => [agent_id, title])).toEqual([
    [own.slug, 'a'],
    [own.slug, 'f'],
  ]);
});

test('the tasks of all agents are filtered by status, priority and agent', async () => {
  const [one, two] = [await makeAgent(app), await makeAgent(app)];
  const made: Json[] = [];
  for (const [of, fields] of [
    [one, { title: 'first' }],
    [one, { title: 'urgent', priority: 1 }],
    [two, { title: 'second' }],
    [two, { title: 'done' }],
  ] as const)
    made.push(await data(201, app.admin.post(`/api/backlogs/${of.slug}`, fields)));
  expect(made[0]).toMatchObject({ priority: 5, status: 'queued', description: '' });
  const change = { status: 'complete', description: 'Of the second', result: 'Done' };
  await data(200, app.admin.request('PATCH', `/api/backlogs/${two.slug}/${made[3]!.id}`, change));
  expect(await data(200, app.admin.get(`/api/backlogs/${two.id}`))).toMatchObject({
    agent_id: two.slug,
    total: 2,
  });
  const all = async (query: Record<string, string | number> = {}): Promise<Json[]> => {
    const { tasks } = await data(
      200,
      app.admin.get('/api/backlogs/', { query: { page_size: 100, ...query } }),
    );
    return tasks.filter(({ agent_id }: Json) => [one.slug, two.slug].includes(agent_id));
  };
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const titles = async (query: Record<string, string | number>) =>
    (await all(query)).map(({ title }) => title).toSorted();
  expect(await titles({ status: 'queued' })).toEqual(['first', 'second', 'urgent']);
  expect(await titles({ status: 'complete' })).toEqual(['done']);
  expect(await titles({ priority: 1 })).toEqual(['urgent']);
  expect(await titles({ agent_id: two.id })).toEqual(['done', 'second']);
  expect(await titles({ agent_id: one.slug, priority: 5, status: 'queued' })).toEqual(['first']);
  expect(await all({ status: 'complete' })).toMatchObject([
    {
      agent_id: two.slug,
      id: made[3]!.id,
      title: 'done',
      status: 'complete',
      priority: 5,
      description: 'Of the second',
      result: 'Done',
      created: time,
      completed: time,
    },
  ]);
});

describe('who sees and changes a backlog', () => {
  test('are the members of its project', async () => {
    const task = await add();
    for (const request of [
      stranger.get(path),
      stranger.get(`${path}/summary`),
      stranger.post(path, { title: 'x' }),
      patch(task, { title: 'x' }, stranger),
      stranger.delete(`${path}/${task.id}`),
    ])
      expect(await refusal(request)).toBe('404 PROJECT_NOT_FOUND');
    for (const request of [
      viewer.post(path, { title: 'x' }),
      patch(task, { title: 'x' }, viewer),
      viewer.delete(`${path}/${task.id}`),
    ])
      expect(await refusal(request)).toBe('403 PROJECT_ACCESS_DENIED');
    expect((await data(200, viewer.get(path))).total).toBeGreaterThan(0);
    expect((await data(200, stranger.get('/api/backlogs/'))).tasks).toEqual([]);
    const seen = (await data(200, viewer.get('/api/backlogs/'))).tasks as Json[];
    expect(new Set(seen.map(({ agent_id }) => agent_id))).toEqual(new Set([agent.slug]));
    // the tasks of projects that are no agent's are in no backlog
    const project = await makeProject(viewer);
    await makeTask(viewer, project, { title: 'Not of an agent' });
    const again = (await data(200, viewer.get('/api/backlogs/', { query: { page_size: 100 } }))).tasks;
    expect(again.map(({ title }: Json) => title)).not.toContain('Not of an agent');
  });

  test('the agent and the owners delete for good', async () => {
    const [first, second] = [await add(), await add()];
    expect(await data(200, self.delete(`${path}/${first.id}`))).toEqual({ deleted: first.id });
    expect(await refusal(self.get(`/api/tasks/${first.id}`))).toBe('404 TASK_NOT_FOUND');
    expect(await data(200, app.admin.delete(`${path}/${second.id}`))).toEqual({ deleted: second.id });
    // not in the project of another agent, even as a developer there
    const other = await makeAgent(app);
    await data(
      200,
      app.admin.put(`/api/projects/${other.project_id}/members/${agent.id}`, { role: 'developer' }),
    );
    const task = await data(201, self.post(`/api/backlogs/${other.slug}`, { title: 'x' }));
    expect(await refusal(self.delete(`/api/backlogs/${other.slug}/${task.id}`))).toBe(
      '403 PROJECT_ACCESS_DENIED',
    );
  });
});
