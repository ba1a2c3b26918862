import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, show, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
beforeAll(async () => {
  [owner, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  await data(200, owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }));
});

const list = async (query: Record<string, string | boolean>, client = owner): Promise<Json[]> =>
  (await data(200, client.get('/api/labels/', { query }))).items;
const named = async (name: string, of = project): Promise<Json> =>
  (await list({ project_id: of.id, search: name, include_archived: true })).find(
    (label) => label.name === name,
  )!;
const make = (client: Client, fields: object) => client.post('/api/labels/', fields);

test('a label is made when it is first attached, and is spelled as it was first', async () => {
  const task = await makeTask(owner, project, { tags: ['Security', 'SECURITY', 'ci'] });
  expect(task.tags).toEqual(['Security', 'ci']);
  expect(await named('Security')).toMatchObject({
    project_id: project.id,
    kind: 'task',
    color: null,
    created_by: owner.user.id,
    archived_at: null,
  });
  expect(await makeTask(owner, project, { tags: ['security', 'CI'] })).toMatchObject({
    tags: ['Security', 'ci'],
  });
  const changed = await data(200, owner.put(`/api/tasks/${task.id}`, { tags: ['new', 'sEcurity'] }));
  expect(changed.tags).toEqual(['new', 'Security']);
  const other = await makeProject(owner);
  expect(await makeTask(owner, other, { tags: ['SECURITY'] })).toMatchObject({ tags: ['SECURITY'] });
});

test('labels are attached and detached one at a time', async () => {
  const task = await makeTask(owner, project, { tags: ['one'] });
  const path = `/api/tasks/${task.id}/labels`;
  expect(await data(200, owner.post(path, { name: 'two' }))).toMatchObject({
    tags: ['one', 'two'],
    version: 2,
  });
  expect(await data(200, owner.post(path, { name: 'TWO' }))).toMatchObject({
    tags: ['one', 'two'],
    version: 2,
  });
  expect(await data(200, owner.delete(`${path}/One`))).toMatchObject({ tags: ['two'] });
  expect(await data(200, owner.delete(`${path}/never`))).toMatchObject({ tags: ['two'], version: 3 });
  for (const name of ['', 'with,comma', 'x'.repeat(51)])
    expect((await owner.post(path, { name })).status).toBe(422);
  const full = await makeTask(owner, project, {
    tags: Array.from({ length: 50 }, (_, index) => `t${index}`),
  });
  expect(await refusal(owner.post(`/api/tasks/${full.id}/labels`, { name: 'more' }))).toBe(
    '422 VALIDATION_VALUE_TOO_LONG',
  );
  expect(await refusal(viewer.post(path, { name: 'no' }))).toBe('403 PROJECT_ACCESS_DENIED');
  expect(await refusal(stranger.delete(`${path}/two`))).toBe('404 TASK_NOT_FOUND');
});

describe('the catalogue', () => {
  test('has a colour and a meaning for each label, and no name twice', async () => {
    const label = await data(
      201,
      make(owner, { name: 'Design', color: '#E03E3E', description: 'How it looks', project_id: project.key }),
    );
    expect(label).toMatchObject({
      name: 'Design',
      color: '#e03e3e',
      description: 'How it looks',
      version: 1,
    });
    expect(await data(200, viewer.get(`/api/labels/${label.id}`))).toEqual(label);
    expect(await refusal(make(owner, { name: 'design', project_id: project.id }))).toBe(
      '409 RESOURCE_ALREADY_EXISTS',
    );
    const changed = await data(200, owner.put(`/api/labels/${label.id}`, { color: null, version: 1 }));
    expect(changed).toMatchObject({ color: null, description: 'How it looks', version: 2 });
    expect(await refusal(owner.put(`/api/labels/${label.id}`, { color: null, version: 1 }))).toBe(
      '409 VERSION_CONFLICT',
    );
    for (const bad of [{ color: 'red' }, { name: 'a,b' }, { kind: 'x' }, { description: 'x'.repeat(2_001) }])
      expect((await make(owner, { name: 'bad', project_id: project.id, ...bad })).status).toBe(422);
  });

  test('an archived label is offered no more, stays on its tasks, and comes back', async () => {
    const task = await makeTask(owner, project, { tags: ['old'] });
    const label = await named('old');
    expect((await data(200, owner.delete(`/api/labels/${label.id}`))).archived_at).not.toBeNull();
    const offered = (await list({ project_id: project.id })).map(({ name }) => name);
    expect(offered).not.toContain('old');
    expect(await show(owner, task)).toMatchObject({ tags: ['old'] });
    const back = await data(201, make(owner, { name: 'OLD', project_id: project.id, color: '#000000' }));
    expect(back).toMatchObject({ id: label.id, name: 'OLD', archived_at: null, color: '#000000' });
    await data(200, owner.put(`/api/labels/${label.id}`, { archived: true }));
    expect(await data(200, owner.put(`/api/labels/${label.id}`, { archived: false }))).toMatchObject({
      archived_at: null,
    });
  });

  test('a new name is written to every task that has the label', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 5 }, () => makeTask(owner, project, { tags: ['before', 'renamed'] })),
    );
    const label = await named('renamed');
    const elsewhere = await makeProject(owner);
    const other = await makeTask(owner, elsewhere, { tags: ['renamed'] });
    expect(await refusal(owner.put(`/api/labels/${label.id}`, { name: 'BEFORE' }))).toBe(
      '409 RESOURCE_ALREADY_EXISTS',
    );
    await data(200, owner.put(`/api/labels/${label.id}`, { name: 'after' }));
    for (const task of tasks) expect(await show(owner, task)).toMatchObject({ tags: ['before', 'after'] });
    expect(await show(owner, other)).toMatchObject({ tags: ['renamed'] });
    const { total } = await data(
      200,
      owner.get('/api/tasks/', { query: { project_id: project.id, tags: 'after' } }),
    );
    expect(total).toBe(5);
    // in another case alone
    await data(200, owner.put(`/api/labels/${label.id}`, { name: 'After' }));
    expect(await show(owner, tasks[0]!)).toMatchObject({ tags: ['before', 'After'] });
  });

  test('of the whole installation is kept by administrators and used by all', async () => {
    const name = `wide-${project.key}`;
    expect(await refusal(make(owner, { name }))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    const label = await data(201, make(app.admin, { name, color: '#00ff00' }));
    expect(label.project_id).toBeNull();
    expect(await data(200, stranger.get(`/api/labels/${label.id}`))).toEqual(label);
    expect(await refusal(owner.put(`/api/labels/${label.id}`, { name: 'mine' }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    const task = await makeTask(owner, project, { tags: [name.toUpperCase()] });
    expect(task.tags).toEqual([name]);
    expect(await named(name)).toMatchObject({ id: label.id });
    // a project with a label of its own keeps its name
    const other = await makeProject(owner);
    await data(201, make(owner, { name, project_id: other.id }));
    const own = await makeTask(owner, other, { tags: [name] });
    await data(200, app.admin.put(`/api/labels/${label.id}`, { name: `${name}-new` }));
    expect(await show(owner, task)).toMatchObject({ tags: [`${name}-new`] });
    expect(await show(owner, own)).toMatchObject({ tags: [name] });
  });

  test('of a project is seen and kept by those who may', async () => {
    await makeTask(owner, project, { tags: ['private'] });
    const label = await named('private');
    expect((await list({}, stranger)).map(({ id }) => id)).not.toContain(label.id);
    expect(await refusal(stranger.get('/api/labels/', { query: { project_id: project.id } }))).toBe(
      '404 PROJECT_NOT_FOUND',
    );
    expect(await refusal(stranger.get(`/api/labels/${label.id}`))).toBe('404 RESOURCE_NOT_FOUND');
    for (const answer of [
      viewer.put(`/api/labels/${label.id}`, { color: null }),
      viewer.delete(`/api/labels/${label.id}`),
      make(viewer, { name: 'theirs', project_id: project.id }),
    ])
      expect(await refusal(answer)).toBe('403 PROJECT_ACCESS_DENIED');
    expect(await refusal(make(stranger, { name: 'theirs', project_id: project.id }))).toBe(
      '404 PROJECT_NOT_FOUND',
    );
  });
});

test('labels go along with a move and with a copy of the project', async () => {
  const [from, to] = [await makeProject(owner), await makeProject(owner)];
  const task = await makeTask(owner, from, { tags: ['Travels'] });
  await makeTask(owner, to, { tags: ['TRAVELS'] });
  expect(await data(200, owner.post(`/api/tasks/${task.id}/move`, { project_id: to.id }))).toMatchObject({
    tags: ['TRAVELS'],
  });
  const label = await named('TRAVELS', to);
  await data(200, owner.put(`/api/labels/${label.id}`, { color: '#123456' }));
  const copy = await data(
    201,
    owner.post(`/api/projects/${to.id}/clone`, { name: 'A copy', include_tasks: true }),
  );
  expect(await named('TRAVELS', copy)).toMatchObject({ color: '#123456' });
});

test('many tasks that attach a new label at once make one entry', async () => {
  const quick = await makeProject(owner);
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) => makeTask(owner, quick, { tags: [index % 2 ? 'same' : 'SAME'] })),
  );
  const labels = await list({ project_id: quick.id, search: 'same' });
  expect(labels.filter(({ project_id }) => project_id === quick.id)).toHaveLength(1);
  expect(made).toHaveLength(20);
});
