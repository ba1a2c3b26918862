import { beforeAll, describe, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  makeProject,
  makeTask,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let developer: Client;
let viewer: Client;
let project: Json;
beforeAll(async () => {
  [owner, developer, viewer] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('viewer'),
  ]);
  project = await makeProject(owner);
  const members = `/api/projects/${project.id}/members`;
  await data(200, owner.put(`${members}/${developer.user.id}`, { role: 'developer' }));
  await data(200, owner.put(`${members}/${viewer.user.id}`, { role: 'viewer' }));
});

const post = (client: Client, task: Json, what: string) => client.post(`/api/tasks/${task.id}/${what}`, {});
const list = async (client: Client, query: Record<string, string | boolean> = {}): Promise<string[]> => {
  const { items } = await data(
    200,
    client.get('/api/tasks/', { query: { project_id: project.id, ...query } }),
  );
  return items.map(({ id }: Json) => id);
};

describe('an archived task', () => {
  test('is in no list and no count, and comes back as it was', async () => {
    const task = await makeTask(owner, project, { tags: ['kept'], status: 'planned' });
    const before = await data(200, owner.get(`/api/projects/${project.id}`));
    const archived = await data(200, post(owner, task, 'archive'));
    expect(archived).toMatchObject({ workflow_status: 'planned', tags: ['kept'], is_draft: false });
    expect(archived.archived_at).toMatch(/Z$/);
    // archiving again changes nothing
    expect(await data(200, post(owner, task, 'archive'))).toEqual(archived);
    const queries: Record<string, string>[] = [
      {},
      { tags: 'kept' },
      { search: 'task' },
      { sort: 'title' },
      { status: 'planned' },
    ];
    for (const query of queries)
      expect([query, (await list(owner, query)).includes(task.id)]).toEqual([query, false]);
    for (const query of queries)
      expect([query, (await list(owner, { ...query, include_archived: true })).includes(task.id)]).toEqual([
        query,
        true,
      ]);
    const during = await data(200, owner.get(`/api/projects/${project.id}`));
    expect(during.statistics.total_tasks).toBe(before.statistics.total_tasks - 1);
    expect(await show(owner, task)).toMatchObject({ archived_at: archived.archived_at });
    const restored = await data(200, post(owner, task, 'restore'));
    expect(restored).toMatchObject({ archived_at: null, workflow_status: 'planned', tags: ['kept'] });
    expect(await list(owner)).toContain(task.id);
    const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
    expect(history.map(({ action }: Json) => action)).toEqual(['created', 'archived', 'restored']);
  });

  test('can be changed, and not executed; an active one cannot be archived', async () => {
    const task = await makeTask(owner, project, { command: holding('archive') });
    await data(200, post(owner, task, 'archive'));
    expect(await refusal(owner.post(`/api/tasks/${task.id}/execute`))).toBe('409 TASK_ARCHIVED');
    expect(await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Other' }))).toMatchObject({
      title: 'Other',
    });
    await data(200, post(owner, task, 'restore'));
    await execute(owner, task);
    await reached(owner, task, 'running');
    expect(await refusal(post(owner, task, 'archive'))).toBe('409 RESOURCE_IN_USE');
    await data(200, post(owner, task, 'cancel'));
  });

  test('keeps no other task waiting', async () => {
    const task = await makeTask(owner, project, { command: holding('gate') });
    const dependent = await makeTask(owner, project, { command: 'true', dependencies: [task.id] });
    expect(await refusal(owner.post(`/api/tasks/${dependent.id}/execute`))).toBe(
      '409 TASK_DEPENDENCY_NOT_MET',
    );
    await data(200, post(owner, task, 'archive'));
    await execute(owner, dependent);
    await reached(owner, dependent, 'completed');
  });

  test('lets go what waits for it', async () => {
    const task = await makeTask(owner, project, { status: 'running' });
    const dependent = await makeTask(owner, project, { command: 'true', dependencies: [task.id] });
    await execute(owner, dependent);
    expect(await show(owner, dependent)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
    expect(await refusal(post(viewer, task, 'archive'))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    await data(200, post(owner, task, 'archive'));
    await reached(owner, dependent, 'completed');
  });

  test('does not count against `max_tasks`, and coming back does', async () => {
    const small = await makeProject(owner, { resource_limits: { max_tasks: 1 } });
    const first = await makeTask(owner, small);
    const full = () => owner.post('/api/tasks/', { title: 'Another', project_id: small.id });
    expect(await refusal(full())).toBe('409 PROJECT_LIMIT_EXCEEDED');
    await data(200, post(owner, first, 'archive'));
    await data(201, full());
    expect(await refusal(post(owner, first, 'restore'))).toBe('409 PROJECT_LIMIT_EXCEEDED');
    const drafted = await data(
      201,
      owner.post('/api/tasks/', { title: 'A draft', project_id: small.id, draft: true }),
    );
    expect(await refusal(post(owner, drafted, 'publish'))).toBe('409 PROJECT_LIMIT_EXCEEDED');
  });

  test('is archived and restored in bulk', async () => {
    const tasks = [await makeTask(owner, project), await makeTask(owner, project)];
    const task_ids = tasks.map(({ id }) => id);
    for (const operation of ['archive', 'restore'])
      expect(await data(200, owner.post('/api/tasks/bulk', { operation, task_ids }))).toMatchObject({
        affected_count: 2,
        failed: [],
      });
    expect(await list(owner)).toEqual(expect.arrayContaining(task_ids));
  });
});

describe('a draft', () => {
  const draft = (client: Client, fields: object = {}): Promise<Json> =>
    data(
      201,
      client.post('/api/tasks/', { title: 'A draft', project_id: project.id, draft: true, ...fields }),
    );

  test('is seen by its author and the owners of the project only', async () => {
    const task = await draft(developer);
    expect(task).toMatchObject({ is_draft: true });
    for (const client of [developer, owner, app.admin])
      expect(await show(client, task)).toMatchObject({ id: task.id });
    expect(await refusal(viewer.get(`/api/tasks/${task.id}`))).toBe('404 TASK_NOT_FOUND');
    const another = await draft(owner);
    expect(await refusal(developer.put(`/api/tasks/${another.id}`, { title: 'x' }))).toBe(
      '404 TASK_NOT_FOUND',
    );
    const drafts = (client: Client) => list(client, { include_drafts: true });
    expect(await drafts(developer)).toContain(task.id);
    expect(await drafts(developer)).not.toContain(another.id);
    expect(await drafts(owner)).toEqual(expect.arrayContaining([task.id, another.id]));
    expect(await drafts(viewer)).not.toContain(task.id);
    expect(await list(owner)).not.toContain(task.id);
    const detail = await data(200, viewer.get(`/api/projects/${project.id}`));
    expect(JSON.stringify(detail)).not.toContain('A draft');
  });

  test('is not executed, and becomes a task when it is published', async () => {
    const task = await draft(developer, { command: 'true' });
    expect(await refusal(developer.post(`/api/tasks/${task.id}/execute`))).toBe('409 TASK_IS_DRAFT');
    expect(await refusal(post(developer, task, 'archive'))).toBe('409 TASK_IS_DRAFT');
    expect(await data(200, post(developer, task, 'publish'))).toMatchObject({
      is_draft: false,
      ref: task.ref,
    });
    expect(await list(viewer)).toContain(task.id);
    await execute(developer, task);
    await reached(developer, task, 'completed');
    expect(await refusal(post(developer, task, 'discard'))).toBe('409 TASK_NOT_DRAFT');
  });

  test('that is discarded is an archived draft, which can be restored', async () => {
    const task = await draft(developer);
    expect(await data(200, post(developer, task, 'discard'))).toMatchObject({ is_draft: true });
    expect(await refusal(post(developer, task, 'publish'))).toBe('409 TASK_ARCHIVED');
    expect(await list(developer, { include_drafts: true })).not.toContain(task.id);
    expect(await list(developer, { include_archived: true })).not.toContain(task.id);
    expect(await list(developer, { include_drafts: true, include_archived: true })).toContain(task.id);
    expect(await data(200, post(developer, task, 'restore'))).toMatchObject({
      is_draft: true,
      archived_at: null,
    });
    expect(await list(developer, { include_drafts: true })).toContain(task.id);
  });
});

test('a permanent deletion is for owners, and leaves nothing that names the task', async () => {
  const task = await makeTask(developer, project, { external_ref: 'gone' });
  for (const description of ['TOPSECRET', 'harmless'])
    await data(200, developer.put(`/api/tasks/${task.id}`, { description }));
  const child = await makeTask(owner, project, { parent_id: task.id });
  const dependent = await makeTask(owner, project, { dependencies: [task.id] });
  const erase = (client: Client) => client.delete(`/api/tasks/${task.id}?permanent=true`);
  expect(await refusal(erase(developer))).toBe('403 PROJECT_ACCESS_DENIED');
  await data(200, erase(owner));
  expect(await refusal(owner.get(`/api/tasks/${task.id}`))).toBe('404 TASK_NOT_FOUND');
  expect(await show(owner, child)).toMatchObject({ parent_id: null });
  expect(await show(owner, dependent)).toMatchObject({ dependencies: [] });
  expect(await app.query('SELECT 1 FROM tasks WHERE id = $1', [task.id])).toEqual([]);
  await makeTask(owner, project, { external_ref: 'gone' });
  // who did what stays, and says nothing of what the task said
  const { activity } = await data(200, developer.get('/api/activity', { query: { entity_id: task.id } }));
  expect(activity.map(({ action, old_value, new_value }: Json) => [action, old_value, new_value])).toEqual([
    ['erased', { title: task.title, status: 'pending' }, null],
    ['updated', null, null],
    ['updated', null, null],
    ['created', null, null],
  ]);
});
