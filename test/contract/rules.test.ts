import { beforeAll, expect, test } from 'vitest';
import { taskTypes } from '../../src/tasks/task.entity.js';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

// what the documents say and no other test shows; the tables beside this file name it
const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

test('a number alone names no task, and the answer says what does', async () => {
  const { ref } = await makeTask(owner, project);
  const answer = await owner.get(`/api/tasks/${ref.split('-')[1]}`);
  expect(await refusal(answer)).toBe('422 VALIDATION_ERROR');
  expect(answer.body.error.details).toMatchObject({
    field: 'task_id',
    issue: expect.stringContaining('SHOP-42'),
  });
});

test('an archived project stays in the list, and is found by its status', async () => {
  const own = await app.admin.createUser('developer');
  const [archived, active] = [await makeProject(own), await makeProject(own)];
  await data(200, own.put(`/api/projects/${archived.id}`, { status: 'archived' }));
  const ids = async (query: Record<string, string>) =>
    (await data(200, own.get('/api/projects/', { query: { created_by: own.user.id, ...query } }))).items.map(
      ({ id }: Json) => id,
    );
  expect(await ids({})).toEqual([active.id, archived.id]);
  expect(await ids({ status: 'archived' })).toEqual([archived.id]);
  expect(await ids({ status: 'active' })).toEqual([active.id]);
});

test('a task has one of nine types, by which lists are filtered', async () => {
  const own = await makeProject(owner);
  expect(taskTypes.toSorted()).toEqual([
    'bucket-list',
    'bug',
    'chore',
    'feature',
    'improvement',
    'issue',
    'spike',
    'task',
    'vulnerability',
  ]);
  for (const type of taskTypes) {
    const { id } = await makeTask(owner, own, { type });
    const { items } = await data(200, owner.get('/api/tasks/', { query: { project_id: own.id, type } }));
    expect(items.map((task: Json) => [task.id, task.type])).toEqual([[id, type]]);
  }
});

/** Writes one of everything that can be written in a project. */
async function writeAll(): Promise<Record<string, Json>> {
  const task = await makeTask(owner, project, {
    due_at: '2030-01-01',
    status: 'completed',
    tags: ['a label'],
  });
  const path = `/api/tasks/${task.id}`;
  const document = { title: 'A title', body: 'A text' };
  return {
    comment: await data(201, owner.post(`${path}/comments`, { body: 'A comment' })),
    item: await data(201, owner.post(`${path}/checklist`, { text: 'An item', done: true })),
    plan: await data(201, owner.post(`${path}/plans`, document)),
    doc: await data(201, owner.post(`/api/projects/${project.id}/docs`, document)),
    memory: await data(201, owner.post(`/api/projects/${project.id}/memory`, { body: 'A note' })),
    attachment: await data(
      201,
      owner.post('/api/attachments', { linked_type: 'task', linked_id: task.id, url: 'https://example.com' }),
    ),
    task: await data(200, owner.get(path)),
  };
}

test('every time is in ISO 8601, in UTC and with milliseconds', async () => {
  const all = await writeAll();
  const { activity } = await data(200, owner.get('/api/activity', { query: { project_id: project.id } }));
  const found: string[] = [];
  for (const one of [...Object.values(all), ...activity])
    for (const [name, value] of Object.entries(one))
      if (/(^|_)at$/.test(name) && value !== null) {
        expect([name, value]).toEqual([
          name,
          expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        ]);
        found.push(name);
      }
  expect([...new Set(found)].toSorted()).toEqual([
    'at',
    'completed_at',
    'created_at',
    'done_at',
    'due_at',
    'updated_at',
  ]);
});

test('a list that is asked for nothing begins with the newest, and has as many as are usual', async () => {
  const own = await makeProject(owner);
  const task = await makeTask(owner, own);
  for (let index = 0; index < 50; index += 1)
    await data(201, owner.post(`/api/tasks/${task.id}/comments`, { body: `Comment ${index}` }));
  const last = await makeTask(owner, own);
  const list = await data(200, owner.get('/api/tasks/', { query: { project_id: own.id } }));
  expect(list).toMatchObject({ total: 2, page: 1, page_size: 50, items: [{ id: last.id }, { id: task.id }] });
  const activity = (query: object) => owner.get('/api/activity', { query: { project_id: own.id, ...query } });
  const usual = await data(200, activity({}));
  expect(usual.activity).toHaveLength(50);
  expect(usual.activity[0]).toMatchObject({ entity_id: last.id });
  expect((await data(200, activity({ limit: 200 }))).activity).toHaveLength(53);
  expect(await refusal(activity({ limit: 201 }))).toBe('422 VALIDATION_ERROR');
});

test('a deletion is answered with 200 and says what is gone', async () => {
  const { comment, item, plan, doc, memory, attachment, task } = (await writeAll()) as Record<string, Json>;
  const path = `/api/tasks/${task!.id}`;
  for (const gone of [
    `${path}/comments/${comment!.id}`,
    `${path}/checklist/${item!.id}`,
    `${path}/labels/a%20label`,
    `/api/documents/${plan!.id}`,
    `/api/documents/${doc!.id}`,
    `/api/documents/${memory!.id}`,
    `/api/attachments/${attachment!.id}`,
    `${path}?permanent=true`,
  ]) {
    const answer = await data(200, owner.delete(gone));
    expect([gone, Object.keys(answer ?? {}).length > 0]).toEqual([gone, true]);
  }
  // the versions of a document go with it, and the project keeps the label
  for (const { id } of [plan!, doc!])
    expect(await app.query('SELECT 1 FROM document_versions WHERE document_id = $1', [id])).toEqual([]);
  const { items } = await data(200, owner.get('/api/labels/', { query: { project_id: project.id } }));
  expect(items.map(({ name }: Json) => name)).toContain('a label');
});

test('the activity can be read, and not changed', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect(await refusal(app.admin.request(method, '/api/activity'))).toBe('405 METHOD_NOT_ALLOWED');
});

test('developers with a key each share a backlog, and hear of each other', async () => {
  const keyOf = async (label: string) =>
    app
      .anonymous()
      .withToken((await data(201, owner.post(`/api/projects/${project.id}/keys`, { label }))).token);
  const [ada, bob] = [await keyOf('Ada'), await keyOf('Bob')];
  const closing = new AbortController();
  const feed = await bob.open('GET', '/api/events', undefined, {
    query: { types: 'task' },
    signal: closing.signal,
  });
  let heard = '';
  const reading = (async () => {
    for await (const chunk of feed.body!) heard += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await until(() => heard.includes(': open'));

  const task = await data(201, ada.post('/api/tasks/', { title: 'Of Ada' }));
  await until(() => heard.includes(task.id), { what: 'the other developer to hear of it' });
  const { items } = await data(200, bob.get('/api/tasks/', { query: { search: 'Ada' } }));
  expect(items.map(({ id }: Json) => id)).toEqual([task.id]);

  // both have read the first version; who comes second reads again and tries again
  await data(200, bob.put(`/api/tasks/${task.ref}`, { description: 'Of Bob', version: 1 }));
  const stale = await ada.put(`/api/tasks/${task.ref}`, { title: 'Of both', version: 1 });
  expect(await refusal(stale)).toBe('409 VERSION_CONFLICT');
  const { version } = await data(200, ada.get(`/api/tasks/${task.ref}`));
  expect(stale.body.error.details).toMatchObject({ current_version: version });
  expect(await data(200, ada.put(`/api/tasks/${task.ref}`, { title: 'Of both', version }))).toMatchObject({
    title: 'Of both',
    description: 'Of Bob',
  });
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  expect(history.map(({ user_name }: Json) => user_name)).toEqual(['Ada', 'Bob', 'Ada']);
  closing.abort();
  await reading;
});

test('a missing and a wrong key are refused by every operation on items', async () => {
  const task = await makeTask(owner, project);
  const path = `/api/tasks/${task.id}`;
  const operations: [method: string, path: string][] = [
    ['GET', '/api/tasks/'],
    ['POST', '/api/tasks/'],
    ['GET', path],
    ['PUT', path],
    ['GET', '/api/tasks/?search=x'],
    ['POST', `${path}/checklist`],
    ['POST', `${path}/comments`],
    ['POST', `${path}/dependencies`],
    ['DELETE', `${path}/dependencies/${task.ref}`],
    ['GET', '/api/events'],
    ['GET', '/api/projects/'],
  ];
  const wrong = app.anonymous().withToken(`mlr_key_${'x'.repeat(38)}`);
  for (const [method, operation] of operations)
    expect([
      operation,
      await refusal(app.anonymous().request(method, operation)),
      await refusal(wrong.request(method, operation)),
    ]).toEqual([operation, '401 AUTH_TOKEN_MISSING', '401 AUTH_TOKEN_INVALID']);
});
