import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus } from '../support/client.js';
import { data, fault, makeProject, makeTask } from '../sessions/steps.js';
import type { Json } from '../support/json.js';

const app = useSharedApp();

const settings = { theme: 'light', command_template: 'echo "$TASK_TITLE"' };
const limits = { max_tasks: 7, max_concurrent_tasks: 2, storage_limit: '2GB' };

test('a clone copies settings and limits, or uses their defaults', async () => {
  const owner = await app.admin.createUser('developer');
  const reader = await app.admin.createUser('developer');
  const source = await makeProject(owner, {
    description: 'What it is',
    visibility: 'internal',
    settings,
    resource_limits: limits,
  });
  const clone = (body: unknown, client = reader) => client.post(`/api/projects/${source.id}/clone`, body);
  const copy = await data(201, clone({ name: 'Shop copy' }));
  expect(copy).toMatchObject({
    name: 'Shop copy',
    description: 'What it is',
    status: 'active',
    visibility: 'internal',
    created_by: reader.user.id,
    settings,
    resource_limits: limits,
    version: 1,
    statistics: { total_tasks: 0 },
    cloned_from: source.id,
    cloned_tasks: 0,
  });
  expect([copy.id, copy.key]).not.toContain(source.id);
  expect(copy.key).not.toBe(source.key);
  const plain = await data(201, clone({ name: 'Plain', key: 'PLAIN', include_settings: false }));
  expect(plain).toMatchObject({
    key: 'PLAIN',
    visibility: 'private',
    settings: {},
    resource_limits: { max_tasks: 1000 },
  });
  await expectStatus(404, owner.get(`/api/projects/${plain.id}`));
  expect(await fault(409, clone({ name: 'Plain', key: 'PLAIN' }))).toBe('RESOURCE_ALREADY_EXISTS key');
});

test('a clone contains the tasks as pending ones with the same dependencies', async () => {
  const { admin } = app;
  const source = await makeProject(admin, { visibility: 'internal' });
  const other = await admin.createUser('developer');
  const fields = {
    priority: 2,
    tags: ['a'],
    metadata: { b: 1 },
    command: 'true',
    environment: { C: 'd' },
    timeout: 60,
    estimated_duration: '00:01:00',
  };
  const first = await makeTask(admin, source, { title: 'First', ...fields, assigned_to: other.user.id });
  const second = await makeTask(admin, source, {
    title: 'Second',
    dependencies: [first.id],
    assigned_to: admin.user.id,
  });
  const gone = await makeTask(admin, source, { title: 'Gone' });
  await makeTask(admin, source, { title: 'Third', dependencies: [first.id, second.id, gone.id] });
  await expectStatus(200, admin.delete(`/api/tasks/${gone.id}`));
  await expectStatus(200, admin.put(`/api/tasks/${first.id}`, { status: 'completed' }));
  const copy = await data(
    201,
    admin.post(`/api/projects/${source.key}/clone`, { name: 'Copy', key: 'CLONED', include_tasks: true }),
  );
  expect(copy).toMatchObject({
    cloned_tasks: 3,
    statistics: { total_tasks: 3, pending_tasks: 3, completed_tasks: 0 },
  });
  const list = await data(200, admin.get(`/api/projects/${copy.id}/tasks`, { query: { order: 'asc' } }));
  expect(list.items.map(({ ref, title, status }: Json) => `${ref} ${title} ${status}`)).toEqual([
    'CLONED-1 First pending',
    'CLONED-2 Second pending',
    'CLONED-3 Third pending',
  ]);
  const [one, two, three] = await Promise.all(
    list.items.map(({ id }: Json) => data(200, admin.get(`/api/tasks/${id}`))),
  );
  expect(one).toMatchObject({
    ...fields,
    assigned_to: null,
    created_by: admin.user.id,
    progress_percentage: 0,
    completed_at: null,
    version: 1,
  });
  expect(two.assigned_to).toBe(admin.user.id);
  expect(one.id).not.toBe(first.id);
  const dependencies = (task: Json) =>
    task.dependencies.map((dependency: Json) => dependency.depends_on_task_id);
  expect([one, two, three].map(dependencies)).toEqual([[], [one.id], [one.id, two.id]]);
  expect(one.history).toMatchObject([
    { action: 'created', new_value: { ref: 'CLONED-1', cloned_from: first.id }, user_id: admin.user.id },
  ]);
  expect(await makeTask(admin, copy, { title: 'Next' })).toMatchObject({ ref: 'CLONED-4' });
});

test('a clone is published to webhooks', async () => {
  const source = await makeProject(app.admin);
  await data(
    201,
    app.admin.post('/api/webhooks/', { url: 'http://127.0.0.1:9/', events: ['project.created'] }),
  );
  const copy = await data(201, app.admin.post(`/api/projects/${source.id}/clone`, { name: 'Told' }));
  const rows = await app.query('SELECT data FROM webhook_deliveries WHERE event = $1', ['project.created']);
  expect(rows).toMatchObject([{ data: { project_id: copy.id, name: 'Told', cloned_from: source.id } }]);
});

test('a clone respects the limits of the copy, and a refused one creates nothing', async () => {
  const source = await makeProject(app.admin);
  for (const title of ['a', 'b']) await makeTask(app.admin, source, { title });
  await expectStatus(200, app.admin.put(`/api/projects/${source.id}`, { resource_limits: { max_tasks: 1 } }));
  const clone = (body: Json) =>
    app.admin.post(`/api/projects/${source.id}/clone`, { name: 'X', include_tasks: true, ...body });
  expect(await fault(409, clone({ key: 'TOOMANY' }))).toBe('PROJECT_LIMIT_EXCEEDED');
  expect(await data(201, clone({ key: 'TOOMANY', include_settings: false }))).toMatchObject({
    cloned_tasks: 2,
  });
});

test('a clone has room for the documents of its source, or is refused', async () => {
  const owner = await app.admin.createUser('developer');
  const source = await makeProject(owner, { resource_limits: { storage_limit: '2MB' } });
  for (const title of ['a', 'b'])
    await data(201, owner.post(`/api/projects/${source.id}/docs`, { title, body: 'x'.repeat(300_000) }));
  const clone = (body: Json = {}) =>
    owner.post(`/api/projects/${source.id}/clone`, { name: 'X', include_tasks: true, ...body });
  await data(201, clone());
  await data(200, owner.put(`/api/projects/${source.id}`, { resource_limits: { storage_limit: '1MB' } }));
  expect(await fault(409, clone({ key: 'NOROOM' }))).toBe('PROJECT_LIMIT_EXCEEDED');
  await data(201, clone({ key: 'NOROOM', include_settings: false }));
});

test('the project does not hear of the drafts among its tasks', async () => {
  const owner = await app.admin.createUser('developer');
  const source = await makeProject(owner);
  await makeTask(owner, source, { title: 'A task' });
  await makeTask(owner, source, { title: 'A secret', draft: true });
  const copy = await data(
    201,
    owner.post(`/api/projects/${source.id}/clone`, { name: 'X', include_tasks: true, include_drafts: true }),
  );
  expect(copy).toMatchObject({ cloned_tasks: 2 });
  const { activity } = await data(200, owner.get('/api/activity', { query: { project_id: copy.id } }));
  const titles = activity.map(({ new_value }: Json) => new_value.title).filter(Boolean);
  expect(titles).toEqual(['A task']);
});

test('a clone is refused for invisible projects, for viewers and for invalid requests', async () => {
  const owner = await app.admin.createUser('developer');
  const [stranger, viewer] = [await app.admin.createUser('developer'), await app.admin.createUser('viewer')];
  const source = await makeProject(owner);
  const path = `/api/projects/${source.id}/clone`;
  expect(await fault(404, stranger.post(path, { name: 'Mine' }))).toBe('PROJECT_NOT_FOUND');
  expect(await fault(403, viewer.post(path, { name: 'Mine' }))).toBe('AUTH_INSUFFICIENT_PERMISSIONS');
  expect(await fault(422, owner.post(path))).toBe('VALIDATION_REQUIRED_FIELD name');
  expect(await fault(422, owner.post(path, { name: 'X', include_tasks: 'yes' }))).toBe(
    'VALIDATION_INVALID_FORMAT include_tasks',
  );
  await expectStatus(401, owner.anonymous().post(path, { name: 'Mine' }));
});
