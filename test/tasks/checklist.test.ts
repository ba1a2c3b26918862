import { beforeAll, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, show, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let colleague: Client;
let project: Json;
beforeAll(async () => {
  [owner, colleague] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  await data(
    200,
    owner.put(`/api/projects/${project.id}/members/${colleague.user.id}`, { role: 'developer' }),
  );
});

const path = (task: Json, item?: Json) => `/api/tasks/${task.id}/checklist${item ? `/${item.id}` : ''}`;
const add = (task: Json, text: string, fields = {}): Promise<Json> =>
  data(201, owner.post(path(task), { text, ...fields }));
const texts = async (task: Json): Promise<string[]> =>
  (await data(200, owner.get(path(task)))).items.map(({ text }: Json) => text);

test('items are added, done, moved and removed, and the task says how many are done', async () => {
  const task = await makeTask(owner, project);
  const [one, two, three] = [await add(task, 'one'), await add(task, 'two'), await add(task, 'three')];
  expect(one).toEqual({
    id: expect.any(String),
    task_id: task.id,
    text: 'one',
    done: false,
    done_by: null,
    done_at: null,
    position: 0,
    version: 1,
  });
  await add(task, 'first', { position: 0, done: true });
  expect(await texts(task)).toEqual(['first', 'one', 'two', 'three']);

  const done = await data(200, colleague.put(path(task, two), { done: true }));
  expect(done).toMatchObject({ done: true, done_by: colleague.user.id, done_at: expect.any(String) });
  // who did it stays
  expect(await data(200, owner.put(path(task, two), { done: true, text: 'Two' }))).toMatchObject({
    text: 'Two',
    done_by: colleague.user.id,
    done_at: done.done_at,
  });
  expect((await show(owner, task)).checklist).toEqual({ total: 4, done: 2 });
  const { items } = await data(200, owner.get('/api/tasks/', { query: { project_id: project.id } }));
  expect(items[0].checklist).toEqual({ total: 4, done: 2 });

  await data(200, owner.put(path(task, three), { position: 1 }));
  expect(await texts(task)).toEqual(['first', 'three', 'one', 'Two']);
  await data(200, owner.put(path(task, three), { position: 200 }));
  expect(await texts(task)).toEqual(['first', 'one', 'Two', 'three']);
  await data(200, owner.put(path(task, two), { done: false }));
  await data(200, owner.delete(path(task, one)));
  expect(await data(200, owner.get(path(task)))).toMatchObject({
    total: 3,
    done: 1,
    items: [{ position: 0 }, { position: 1, done_by: null }, { position: 2 }],
  });
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  expect(history.at(-1)).toMatchObject({
    action: 'checklist_item_removed',
    details: { old_value: { item_id: one.id, text: 'one', done: false } },
  });
});

test('bad input, a stale version and an item of another task are refused', async () => {
  const task = await makeTask(owner, project);
  const item = await add(task, 'one');
  for (const body of [
    {},
    { text: '' },
    { text: 'x'.repeat(501) },
    { text: 'x', position: -1 },
    { text: 'x', done: 1 },
  ])
    expect([body, (await owner.post(path(task), body)).status]).toEqual([body, 422]);
  await data(200, owner.put(path(task, item), { text: 'two', version: 1 }));
  expect(await refusal(owner.put(path(task, item), { text: 'three', version: 1 }))).toBe(
    '409 VERSION_CONFLICT',
  );
  const other = await makeTask(owner, project);
  for (const answer of [owner.put(path(other, item), { done: true }), owner.delete(path(other, item))])
    expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
  expect(await texts(task)).toEqual(['two']);
});

test('viewers read it, and strangers do not', async () => {
  const task = await makeTask(owner, project);
  const item = await add(task, 'one');
  const [viewer, stranger] = [
    await app.admin.createUser('developer'),
    await app.admin.createUser('developer'),
  ];
  await data(200, owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }));
  await data(200, viewer.get(path(task)));
  for (const [client, reason] of [
    [viewer, '403 PROJECT_ACCESS_DENIED'],
    [stranger, '404 TASK_NOT_FOUND'],
  ] as const)
    for (const answer of [
      client.post(path(task), { text: 'x' }),
      client.put(path(task, item), { done: true }),
      client.delete(path(task, item)),
    ])
      expect(await refusal(answer)).toBe(reason);
  expect(await refusal(stranger.get(path(task)))).toBe('404 TASK_NOT_FOUND');
});

test('a task has 200 items at most, whose places stay whole when many are added at once', async () => {
  const task = await makeTask(owner, project);
  await Promise.all(Array.from({ length: 20 }, (_, index) => add(task, `item ${index}`, { position: 0 })));
  const { items } = await data(200, owner.get(path(task)));
  expect(items.map(({ position }: Json) => position)).toEqual(
    Array.from({ length: 20 }, (_, index) => index),
  );
  await app.query(
    `INSERT INTO checklist_items (id, task_id, text, position) SELECT gen_random_uuid(), $1, 'x', n FROM generate_series(20, 199) AS n`,
    [task.id],
  );
  expect(await refusal(owner.post(path(task), { text: 'One more' }))).toBe('409 RESOURCE_LIMIT_EXCEEDED');
});

test('a copy of the project has the checklist, with nothing done', async () => {
  const source = await makeProject(owner);
  const parent = await makeTask(owner, source, {
    type: 'feature',
    due_at: '2026-12-24',
    external_ref: 'F-1',
  });
  await makeTask(owner, source, { title: 'A part', parent_id: parent.id });
  await add(parent, 'one', { done: true });
  const archived = await makeTask(owner, source, { title: 'Archived' });
  await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
  const copy = await data(
    201,
    owner.post(`/api/projects/${source.id}/clone`, { name: 'A copy', include_tasks: true }),
  );
  expect(copy.cloned_tasks).toBe(2);
  const { items } = await data(200, owner.get(`/api/projects/${copy.id}/tasks`, { query: { order: 'asc' } }));
  expect(items[0]).toMatchObject({
    type: 'feature',
    due_at: parent.due_at,
    external_ref: 'F-1',
    checklist: { total: 1, done: 0 },
  });
  expect(items[1]).toMatchObject({ title: 'A part', parent_id: items[0].id });
  expect(await texts(items[0])).toEqual(['one']);
});
