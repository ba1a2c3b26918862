import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
let task: Json;
beforeAll(async () => {
  [owner, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  await data(200, owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }));
  task = await makeTask(owner, project);
});

/** The collections of documents, and what a new one of each has beside its text. */
const collections = [
  ['plan', () => `/api/tasks/${task.ref}/plans`],
  ['doc', () => `/api/projects/${project.key}/docs`],
  ['memory', () => `/api/projects/${project.key}/memory`],
] as const;
const versioned = collections.slice(0, 2);
const write = (path: string, fields: object = {}, client = owner) =>
  data(201, client.post(path, { title: 'A title', body: 'A *text*', ...fields }));
const at = ({ id }: Json, behind = '') => `/api/documents/${id}${behind}`;

describe.each(collections)('a %s', (kind, path) => {
  test('is written, listed, changed, added to and deleted', async () => {
    const body = '<script>alert(1)</script>\r\n  # Kept as it is, “quotes” and 漢字\n';
    const made = await write(path(), { body });
    expect(made).toMatchObject({
      kind,
      project_id: project.id,
      task_id: kind === 'plan' ? task.id : null,
      title: 'A title',
      body,
      tags: [],
      created_by: owner.user.id,
      updated_by: owner.user.id,
      version: 1,
    });
    expect(await data(200, viewer.get(at(made)))).toEqual(made);
    const { items } = await data(200, viewer.get(path()));
    expect(items).toContainEqual({ ...made, body_truncated: false });

    const changed = await data(200, owner.put(at(made), { body: 'Another' }));
    expect(changed).toMatchObject({ title: 'A title', body: 'Another', version: 2 });
    const longer = await data(200, owner.post(at(made, '/append'), { body: 'and more' }));
    expect(longer).toMatchObject({ body: 'Another\nand more', version: 3 });
    await data(200, owner.delete(at(made)));
    expect(await refusal(owner.get(at(made)))).toBe('404 RESOURCE_NOT_FOUND');
    const after = await data(200, viewer.get(path()));
    expect(after.items.map(({ id }: Json) => id)).not.toContain(made.id);
  });

  test('is seen and written by those who may', async () => {
    const made = await write(path());
    const notFound = kind === 'plan' ? '404 TASK_NOT_FOUND' : '404 PROJECT_NOT_FOUND';
    for (const answer of [stranger.get(path()), stranger.post(path(), { title: 'x', body: 'x' })])
      expect(await refusal(answer)).toBe(notFound);
    for (const answer of [
      stranger.get(at(made)),
      stranger.get(at(made, '/versions')),
      stranger.get(at(made, '/versions/1')),
      stranger.put(at(made), { body: 'x' }),
      stranger.post(at(made, '/append'), { body: 'x' }),
      stranger.delete(at(made)),
    ])
      expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
    for (const answer of [
      viewer.post(path(), { title: 'x', body: 'x' }),
      viewer.put(at(made), { body: 'x' }),
      viewer.post(at(made, '/append'), { body: 'x' }),
      viewer.delete(at(made)),
    ])
      expect(await refusal(answer)).toBe('403 PROJECT_ACCESS_DENIED');
  });

  test('is refused when it is bad, and nothing is lost', async () => {
    const made = await write(path());
    for (const bad of [
      { body: 5 },
      { title: 'x'.repeat(501), body: '' },
      { title: 'x', body: 'x'.repeat(1_000_001) },
      { title: 'x' },
    ])
      expect((await owner.post(path(), bad)).status).toBe(422);
    expect(await refusal(owner.put(at(made), { body: 'x', version: 7 }))).toBe('409 VERSION_CONFLICT');
    expect((await owner.post(at(made, '/append'), { body: '' })).status).toBe(422);
    expect((await owner.get('/api/documents/nothing')).status).toBe(422);
    expect(await data(200, owner.get(at(made)))).toEqual(made);
  });

  test('takes a million characters, of which a list shows the beginning', async () => {
    const body = '漢'.repeat(1_000_000);
    const made = await write(path(), { body });
    expect((await data(200, owner.get(at(made)))).body).toBe(body);
    const { items } = await data(200, owner.get(path()));
    const listed = items.find(({ id }: Json) => id === made.id);
    expect(listed).toMatchObject({ body: body.slice(0, 2_000), body_truncated: true });
    expect(await refusal(owner.post(at(made, '/append'), { body: 'x' }))).toBe(
      '422 VALIDATION_VALUE_TOO_LONG',
    );
    await data(200, owner.delete(at(made)));
  });

  test('loses nothing of many who add at once', async () => {
    const made = await write(path(), { body: 'first' });
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    await Promise.all(lines.map((body) => data(200, owner.post(at(made, '/append'), { body }))));
    const { body, version } = await data(200, owner.get(at(made)));
    expect(body.split('\n').toSorted()).toEqual(['first', ...lines].toSorted());
    expect(version).toBe(21);
  });
});

describe.each(versioned)('of a %s', (_kind, path) => {
  test('every version is kept with its author and its note', async () => {
    const made = await write(path(), { change_note: 'the first' });
    await data(200, owner.put(at(made), { title: 'Another', body: 'B', change_note: 'in other words' }));
    await data(200, app.admin.post(at(made, '/append'), { body: 'C' }));
    const { items, total } = await data(200, viewer.get(at(made, '/versions')));
    expect(total).toBe(3);
    expect(items).toMatchObject([
      { version: 3, title: 'Another', change_note: null, author_id: app.admin.user.id },
      { version: 2, title: 'Another', change_note: 'in other words', author_id: owner.user.id },
      { version: 1, title: 'A title', change_note: 'the first', author_id: owner.user.id },
    ]);
    expect(await data(200, viewer.get(at(made, '/versions/1')))).toMatchObject({
      title: 'A title',
      body: 'A *text*',
    });
    expect(await refusal(viewer.get(at(made, '/versions/4')))).toBe('404 RESOURCE_NOT_FOUND');
    expect((await viewer.get(at(made, '/versions/0'))).status).toBe(422);
  });

  test('a title is required, and there are no tags', async () => {
    expect((await owner.post(path(), { body: 'x' })).status).toBe(422);
    const made = await write(path());
    expect((await owner.put(at(made), { title: '' })).status).toBe(422);
    expect((await owner.put(at(made), { tags: ['x'] })).status).toBe(422);
  });
});

test('what a project remembers is found by tag and by words', async () => {
  const mine = await makeProject(owner);
  const path = `/api/projects/${mine.id}/memory`;
  const redis = await data(
    201,
    owner.post(path, { body: 'The tests need redis-server', tags: ['tests', 'ci'] }),
  );
  const node = await data(
    201,
    owner.post(path, { title: 'Versions', body: 'Node 20 and later', tags: ['ci'] }),
  );
  expect(redis).toMatchObject({ title: '', tags: ['tests', 'ci'], version: 1 });
  const found = async (query: Record<string, string>) =>
    (await data(200, owner.get(path, { query }))).items.map(({ id }: Json) => id);
  expect(await found({})).toEqual([node.id, redis.id]);
  expect(await found({ tag: 'tests' })).toEqual([redis.id]);
  expect(await found({ search: 'server' })).toEqual([redis.id]);
  expect(await found({ search: 'title:versions' })).toEqual([node.id]);
  expect(await found({ search: 'tag:ci -node' })).toEqual([redis.id]);
  expect(await found({ search: 'nothing' })).toEqual([]);
  expect(await found({ search: ' ' })).toEqual([node.id, redis.id]);
  const changed = await data(200, owner.put(at(node), { tags: ['runtime'], body: 'Node 22' }));
  expect(changed).toMatchObject({ tags: ['runtime'], version: 2 });
  expect(await found({ tag: 'ci' })).toEqual([redis.id]);
  expect((await data(200, owner.get(at(node, '/versions')))).items).toEqual([]);
  // another project remembers nothing of it
  const other = await makeProject(owner);
  expect((await data(200, owner.get(`/api/projects/${other.id}/memory`))).items).toEqual([]);
});

test('plans of a draft are seen by those who see the draft', async () => {
  const draft = await makeTask(owner, project, { draft: true });
  const made = await write(`/api/tasks/${draft.id}/plans`);
  expect(await refusal(viewer.get(at(made)))).toBe('404 RESOURCE_NOT_FOUND');
  await data(200, owner.post(`/api/tasks/${draft.id}/publish`, {}));
  expect(await data(200, viewer.get(at(made)))).toEqual(made);
});

test('plans go with their task: moved, deleted and erased', async () => {
  const to = await makeProject(owner);
  const moving = await makeTask(owner, project);
  const made = await write(`/api/tasks/${moving.id}/plans`);
  await data(200, owner.post(`/api/tasks/${moving.id}/move`, { project_id: to.id }));
  expect(await data(200, owner.get(at(made)))).toMatchObject({ project_id: to.id });
  expect(await refusal(viewer.get(at(made)))).toBe('404 RESOURCE_NOT_FOUND');
  const { history } = await data(200, owner.get(`/api/tasks/${moving.id}/history`));
  expect(history).toContainEqual(
    expect.objectContaining({
      action: 'plan_created',
      details: { old_value: null, new_value: { document_id: made.id, title: 'A title', version: 1 } },
    }),
  );
  await data(200, owner.delete(`/api/tasks/${moving.id}?permanent=true`));
  expect(await refusal(owner.get(at(made)))).toBe('404 RESOURCE_NOT_FOUND');
  const rows = await app.query('SELECT 1 FROM document_versions WHERE document_id = $1', [made.id]);
  expect(rows).toEqual([]);
});

test('a copy of a project has its docs and its plans as they are now, and remembers nothing', async () => {
  const from = await makeProject(owner);
  const planned = await makeTask(owner, from);
  const plan = await write(`/api/tasks/${planned.id}/plans`);
  await data(200, owner.put(at(plan), { body: 'Now' }));
  await write(`/api/projects/${from.id}/docs`, { title: 'How' });
  await data(201, owner.post(`/api/projects/${from.id}/memory`, { body: 'x' }));
  const copy = await data(
    201,
    owner.post(`/api/projects/${from.id}/clone`, { name: 'Copy', include_tasks: true }),
  );
  const of = async (path: string) => (await data(200, owner.get(path))).items as Json[];
  expect(await of(`/api/projects/${copy.id}/docs`)).toMatchObject([{ title: 'How', version: 1 }]);
  expect(await of(`/api/projects/${copy.id}/memory`)).toEqual([]);
  const [copied] = await of(`/api/projects/${copy.id}/tasks`);
  const [copiedPlan] = await of(`/api/tasks/${copied!.id}/plans`);
  expect(copiedPlan).toMatchObject({ title: 'A title', body: 'Now', version: 1 });
  expect(await of(at(copiedPlan!, '/versions'))).toHaveLength(1);
});

test('docs and memory count against the storage of their project, and give it back', async () => {
  const small = await makeProject(owner, { resource_limits: { storage_limit: '10KB' } });
  const path = `/api/projects/${small.id}/docs`;
  const made = await write(path, { body: 'x'.repeat(3_000) });
  expect(await refusal(owner.put(at(made), { body: 'x'.repeat(5_000) }))).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect(await refusal(owner.post(`/api/projects/${small.id}/memory`, { body: 'x'.repeat(9_000) }))).toBe(
    '409 PROJECT_LIMIT_EXCEEDED',
  );
  expect(await data(200, owner.get(at(made)))).toMatchObject({ version: 1 });
  await data(200, owner.delete(at(made)));
  await write(path, { body: 'x'.repeat(4_500) });
});
