import { Client as Postgres } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, makeProject, makeTask, nobody, refusal, countValues } from './steps.js';

const app = useSharedApp();
let owner: Client;
let other: Client;
let viewer: Client;
beforeAll(async () => {
  [owner, other, viewer] = (await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('viewer'),
  ])) as [Client, Client, Client];
});

test('a project is created, shown, listed, changed and deleted', async () => {
  const made = await data(
    201,
    owner.post('/api/projects/', {
      name: 'E-commerce Platform',
      description: 'Full-stack e-commerce platform',
      settings: { theme: 'dark', notifications: true, auto_assign: false, own: { deep: [1, null] } },
      resource_limits: { max_tasks: 500, max_concurrent_tasks: 5, storage_limit: '1GB' },
    }),
  );
  const statistics = {
    total_tasks: 0,
    completed_tasks: 0,
    pending_tasks: 0,
    running_tasks: 0,
    failed_tasks: 0,
    cancelled_tasks: 0,
  };
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    key: 'ECOM',
    name: 'E-commerce Platform',
    description: 'Full-stack e-commerce platform',
    status: 'active',
    visibility: 'private',
    agent_id: null,
    created_by: owner.user.id,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updated_at: made.created_at,
    settings: { theme: 'dark', notifications: true, auto_assign: false, own: { deep: [1, null] } },
    resource_limits: { max_tasks: 500, max_concurrent_tasks: 5, storage_limit: '1GB' },
    version: 1,
    statistics,
  });

  await makeTask(owner, made, { title: 'Setup user authentication' });
  const path = `/api/projects/${made.id}`;
  const shown = await data(200, owner.get(path));
  expect(shown).toEqual({
    ...made,
    statistics: {
      ...statistics,
      total_tasks: 1,
      pending_tasks: 1,
      completion_rate: 0,
      average_task_duration: null,
    },
    recent_activity: [
      {
        timestamp: expect.any(String),
        action: 'task_created',
        task_title: 'Setup user authentication',
        user_name: owner.user.username,
      },
      {
        timestamp: expect.any(String),
        action: 'project_created',
        task_title: null,
        user_name: owner.user.username,
      },
    ],
  });
  expect(await data(200, owner.get('/api/projects/ECOM'))).toEqual(shown);

  const changed = await data(
    200,
    owner.put(path, {
      name: 'E-commerce Platform v2',
      status: 'completed',
      settings: { theme: 'light' },
      resource_limits: { max_tasks: 600 },
      version: 1,
    }),
  );
  expect(changed).toMatchObject({
    name: 'E-commerce Platform v2',
    description: made.description,
    status: 'completed',
    settings: { ...made.settings, theme: 'light' },
    resource_limits: { ...made.resource_limits, max_tasks: 600 },
    version: 2,
    statistics: { total_tasks: 1 },
  });

  expect(await data(200, owner.delete(path))).toEqual({
    message: 'Project deleted successfully',
    deleted_at: expect.stringMatching(/Z$/),
  });
  for (const answer of [
    owner.get(path),
    owner.get('/api/projects/ECOM'),
    owner.delete(path),
    owner.put(path, {}),
  ])
    expect(await refusal(answer)).toBe('404 PROJECT_NOT_FOUND');
  const [kept] = await app.query('SELECT count(*)::int AS n FROM tasks WHERE project_id = $1', [made.id]);
  expect(kept).toEqual({ n: 1 });
});

test('the merged settings of a project are as bounded as those of one request', async () => {
  const { id } = await makeProject(owner, { settings: { a: 'x'.repeat(60_000) } });
  const path = `/api/projects/${id}`;
  const more = { settings: { b: 'x'.repeat(10_000) } };
  expect(await refusal(owner.put(path, more))).toBe('422 VALIDATION_ERROR');
  await data(200, owner.put(path, { settings: { a: '' } }));
  await data(200, owner.put(path, more));
});

describe('the key of a project', () => {
  test('is derived from the name, and avoids existing keys', async () => {
    const keys = [];
    for (const name of ['Quäße und Maß', 'Quasse Sache', 'Quäße zwei', '42', '日本', 'a'])
      keys.push((await makeProject(owner, { name })).key);
    expect(keys.slice(0, 3)).toEqual(['QUAS', 'QUAS2', 'QUAS3']);
    // other files with the same server may have made such projects before
    for (const key of keys.slice(3)) expect(key).toMatch(/^PRJ\d*$/);
    expect(new Set(keys).size).toBe(6);
    const [first, second] = await Promise.all([1, 2].map(() => makeProject(owner, { name: 'At Once' })));
    expect(new Set([first.key, second.key]).size).toBe(2);
  });

  test('can be chosen if it is free and well-formed, and is free again after the deletion of its project', async () => {
    const project = await makeProject(owner, { key: 'STORE' });
    const again = { name: 'Another', key: 'STORE' };
    expect(await refusal(other.post('/api/projects/', again))).toBe('409 RESOURCE_ALREADY_EXISTS');
    for (const key of ['shop', 'S', '1STORE', 'STORESTORESTORE', 'SH-P'])
      expect(await refusal(owner.post('/api/projects/', { name: 'x', key }))).toBe(
        '422 VALIDATION_INVALID_FORMAT',
      );
    await data(200, owner.delete(`/api/projects/${project.id}`));
    await data(201, other.post('/api/projects/', again));
  });
});

test('an invalid project is refused with the error code of the problem', async () => {
  const faults: [Record<string, unknown>, string][] = [
    [{}, 'VALIDATION_REQUIRED_FIELD'],
    [{ name: '   ' }, 'VALIDATION_VALUE_TOO_SHORT'],
    [{ name: 'n'.repeat(201) }, 'VALIDATION_VALUE_TOO_LONG'],
    [{ name: 7 }, 'VALIDATION_INVALID_FORMAT'],
    [{ name: 'x', resource_limits: { max_tasks: 0 } }, 'VALIDATION_ERROR'],
    [{ name: 'x', resource_limits: { storage_limit: 'much' } }, 'VALIDATION_INVALID_FORMAT'],
    [{ name: 'x', visibility: 'public' }, 'VALIDATION_ERROR'],
    [{ name: 'x', settings: { big: 'b'.repeat(70_000) } }, 'VALIDATION_ERROR'],
    [{ name: 'a\0b' }, 'VALIDATION_INVALID_FORMAT'],
  ];
  for (const [fields, code] of faults)
    expect([code, await refusal(owner.post('/api/projects/', fields))]).toEqual([code, `422 ${code}`]);
});

test('a stale version is refused, in the body and in If-Match', async () => {
  const project = await makeProject(owner);
  const path = `/api/projects/${project.id}`;
  const ifMatch = (tag: string) => ({ headers: { 'if-match': tag } });
  await data(200, owner.put(path, { description: 'first' }, ifMatch('"1"')));
  for (const stale of [
    owner.put(path, { description: 'second', version: 1 }),
    owner.put(path, { description: 'second' }, ifMatch('"1"')),
    owner.put(path, { description: 'second', version: 2 }, ifMatch('1')),
  ]) {
    const answer = await stale;
    expect(await refusal(answer)).toBe('409 VERSION_CONFLICT');
    expect(answer.body.error.details).toEqual({ current_version: 2, your_version: 1 });
  }
  await data(200, owner.put(path, { description: 'third' }, ifMatch('*')));
  expect(await refusal(owner.put(path, {}, ifMatch('"abc"')))).toBe('422 VALIDATION_INVALID_FORMAT');
  const answers = await Promise.all(
    [1, 2, 3].map(() => owner.put(path, { description: 'race', version: 3 })),
  );
  expect(countValues(answers.map(({ status }) => String(status)))).toEqual({ 200: 1, 409: 2 });
});

describe('access to a project', () => {
  test('is limited to its members and administrators if it is private', async () => {
    const project = await makeProject(owner);
    const path = `/api/projects/${project.id}`;
    const member = `${path}/members/${other.user.id}`;
    for (const answer of [
      other.get(path),
      other.put(path, { name: 'mine' }),
      other.delete(path),
      other.get(`${path}/tasks`),
      other.get(`${path}/members`),
      other.put(member, { role: 'owner' }),
      other.post('/api/tasks/', { title: 'x', project_id: project.id }),
      other.get(`/api/projects/${project.key}`),
      other.get('/api/tasks/', { query: { project_id: project.id } }),
      other.get(`/api/projects/${nobody}`),
    ])
      expect(await refusal(answer)).toBe('404 PROJECT_NOT_FOUND');
    expect((await app.admin.get(path)).status).toBe(200);
    expect(
      (await data(200, other.get('/api/projects/'))).items.map(({ id }: { id: string }) => id),
    ).not.toContain(project.id);

    await data(200, owner.put(member, { role: 'viewer' }));
    expect((await other.get(path)).status).toBe(200);
    for (const answer of [
      other.put(path, { name: 'mine' }),
      other.delete(path),
      other.post('/api/tasks/', { title: 'x', project_id: project.id }),
    ])
      expect(await refusal(answer)).toBe('403 PROJECT_ACCESS_DENIED');

    await data(200, owner.put(member, { role: 'developer' }));
    const task = await makeTask(other, project);
    expect(await refusal(other.put(path, { name: 'mine' }))).toBe('403 PROJECT_ACCESS_DENIED');
    expect(await refusal(other.put(member, { role: 'owner' }))).toBe('403 PROJECT_ACCESS_DENIED');

    await data(200, owner.put(member, { role: 'owner' }));
    await data(200, other.put(path, { name: 'ours' }));

    const { members } = await data(200, owner.delete(member));
    expect(members).toEqual([]);
    expect(await refusal(other.get(path))).toBe('404 PROJECT_NOT_FOUND');
    expect(await refusal(other.get(`/api/tasks/${task.id}`))).toBe('404 TASK_NOT_FOUND');
    expect(await refusal(owner.delete(member))).toBe('404 RESOURCE_NOT_FOUND');
    expect(await refusal(owner.put(`${path}/members/${nobody}`, { role: 'viewer' }))).toBe(
      '404 RESOURCE_NOT_FOUND',
    );
  });

  test('cannot be lost by both of two owners who remove each other', async () => {
    const project = await makeProject(app.admin);
    const members = `/api/projects/${project.id}/members`;
    for (const { user } of [owner, other])
      await data(200, app.admin.put(`${members}/${user.id}`, { role: 'owner' }));
    const blocker = new Postgres({ connectionString: app.databaseUrl });
    await blocker.connect();
    const waiting = async () => {
      const [row] = await app.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return row!.n;
    };
    let removals: Promise<Answer[]>;
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT 1 FROM project_members WHERE project_id = $1 FOR UPDATE', [project.id]);
      removals = Promise.all([
        owner.delete(`${members}/${other.user.id}`),
        other.delete(`${members}/${owner.user.id}`),
      ]);
      await until(async () => (await waiting()) === 2, { what: 'both to have been let in' });
    } finally {
      await blocker.end();
    }
    expect((await removals).map(({ status }) => status).toSorted()).toEqual([200, 404]);
    expect((await data(200, app.admin.get(members))).members).toMatchObject([{ role: 'owner' }]);
  });

  test('is read-only for everybody else if it is internal', async () => {
    const project = await makeProject(owner, { visibility: 'internal' });
    const task = await makeTask(owner, project);
    for (const person of [viewer, other]) {
      expect((await person.get(`/api/projects/${project.key}`)).status).toBe(200);
      expect((await person.get(`/api/tasks/${task.ref}`)).status).toBe(200);
      const { items } = await data(200, person.get('/api/projects/'));
      expect(items.map(({ id }: { id: string }) => id)).toContain(project.id);
    }
    expect(await refusal(other.put(`/api/tasks/${task.id}`, { title: 'x' }))).toBe(
      '403 PROJECT_ACCESS_DENIED',
    );
    expect(await refusal(other.post(`/api/tasks/${task.id}/execute`))).toBe('403 PROJECT_ACCESS_DENIED');
  });

  test('stays read-only for a viewer who becomes a developer of the project', async () => {
    const project = await makeProject(owner);
    await data(
      200,
      owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'developer' }),
    );
    expect((await viewer.get(`/api/projects/${project.id}`)).status).toBe(200);
    expect(await refusal(viewer.post('/api/tasks/', { title: 'x', project_id: project.id }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
  });

  test('is listed with the names and roles of the members', async () => {
    const project = await makeProject(owner);
    const path = `/api/projects/${project.id}/members`;
    const { members } = await data(200, owner.put(`${path}/${other.user.id}`, { role: 'viewer' }));
    expect(members).toEqual([
      {
        user_id: other.user.id,
        username: other.user.username,
        full_name: null,
        role: 'viewer',
        created_at: expect.any(String),
      },
    ]);
    expect(await data(200, other.get(path))).toEqual({ members });
    expect(await refusal(owner.put(`${path}/${other.user.id}`, { role: 'king' }))).toBe(
      '422 VALIDATION_ERROR',
    );
  });
});

test('an archived project is read-only until it is activated again', async () => {
  const project = await makeProject(owner);
  const path = `/api/projects/${project.id}`;
  const task = await makeTask(owner, project, { command: 'true' });
  expect(await data(200, owner.put(path, { status: 'archived' }))).toMatchObject({ status: 'archived' });
  for (const answer of [
    owner.put(path, { name: 'x' }),
    owner.post('/api/tasks/', { title: 'x', project_id: project.id }),
    owner.put(`/api/tasks/${task.id}`, { title: 'x' }),
    owner.delete(`/api/tasks/${task.id}`),
    owner.post(`/api/tasks/${task.id}/execute`),
    app.admin.put(`/api/tasks/${task.id}`, { title: 'x' }),
  ])
    expect(await refusal(answer)).toBe('409 PROJECT_ARCHIVED');
  expect((await owner.get(`/api/tasks/${task.id}`)).status).toBe(200);
  await data(200, owner.put(path, { status: 'active', name: 'again' }));
  await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'x' }));
});

test('an active execution can be cancelled after its project is archived', async () => {
  const project = await makeProject(owner);
  const task = await makeTask(owner, project, { command: 'sleep 60' });
  await data(202, owner.post(`/api/tasks/${task.id}/execute`));
  const command = { command: 'sleep 60', project_id: project.id };
  const { command_id } = await data(200, owner.post('/api/commands/execute', command));
  await data(200, owner.put(`/api/projects/${project.id}`, { status: 'archived' }));
  for (const path of [`/api/tasks/${task.id}/cancel`, `/api/commands/${command_id}/cancel`])
    expect(await data(200, owner.post(path))).toMatchObject({ status: 'cancelled' });
});

test('the list is filtered, searched, sorted and paginated', async () => {
  const lister = await app.admin.createUser('developer');
  const made = [];
  for (const name of ['Banana 100%', 'apple', 'Cherry_pie'])
    made.push(await makeProject(lister, { name, description: `about ${name}` }));
  await data(200, lister.put(`/api/projects/${made[1].id}`, { status: 'completed' }));
  const list = async (query: Record<string, string | number>) =>
    data(200, lister.get('/api/projects/', { query: { created_by: lister.user.id, ...query } }));
  const names = async (query: Record<string, string | number>) =>
    (await list(query)).items.map(({ name }: { name: string }) => name);

  expect(await names({})).toEqual(['Cherry_pie', 'apple', 'Banana 100%']);
  expect(await names({ order: 'asc' })).toEqual(['Banana 100%', 'apple', 'Cherry_pie']);
  expect(await names({ sort: 'updated_at' })).toEqual(['apple', 'Cherry_pie', 'Banana 100%']);
  expect((await names({ sort: 'name', order: 'asc' })).toSorted()).toEqual([
    'Banana 100%',
    'Cherry_pie',
    'apple',
  ]);
  expect(await names({ status: 'completed' })).toEqual(['apple']);
  expect(await names({ status: 'archived' })).toEqual([]);
  expect(await names({ search: 'ABOUT app' })).toEqual(['apple']);
  expect(await names({ search: '0%' })).toEqual(['Banana 100%']);
  expect(await names({ search: '_' })).toEqual(['Cherry_pie']);
  expect(await names({ search: '\\' })).toEqual([]);
  const page = await list({ page: 2, page_size: 1, search: 'about' });
  expect(page).toMatchObject({
    total: 3,
    page: 2,
    page_size: 1,
    pages: 3,
    has_next: true,
    has_previous: true,
  });
  expect(page.items.map(({ name }: { name: string }) => name)).toEqual(['apple']);
  expect(page.pagination.links.next).toBe(
    `/api/projects/?created_by=${lister.user.id}&page=3&page_size=1&search=about`,
  );
  expect(await list({})).toMatchObject({ page_size: 20, pages: 1, has_next: false, has_previous: false });
  for (const query of [
    'status=gone',
    'sort=key',
    'order=up',
    'page=0',
    'page_size=101',
    'created_by=me',
    'page=x',
  ])
    expect([query, (await lister.get(`/api/projects/?${query}`)).status]).toEqual([query, 422]);
});

test('a project with active tasks cannot be deleted', async () => {
  const project = await makeProject(owner);
  const task = await makeTask(owner, project, { command: 'sleep 60' });
  await data(202, owner.post(`/api/tasks/${task.id}/execute`));
  expect(await refusal(owner.delete(`/api/projects/${project.id}`))).toBe('409 RESOURCE_IN_USE');
  await data(200, owner.post(`/api/tasks/${task.id}/cancel`));
  await data(200, owner.delete(`/api/projects/${project.id}`));
});
