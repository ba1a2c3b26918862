import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus, type Answer, type Client } from '../support/client.js';
import {
  data,
  execute,
  makeJob,
  makeProject,
  makeTask,
  nobody,
  reached,
  refusal,
  show,
  countValues,
  type Json,
} from './steps.js';

const app = useSharedApp();
let owner: Client;
let other: Client;
let project: Json;
beforeAll(async () => {
  [owner, other] = (await Promise.all([
    app.admin.createUser('developer', { full_name: 'John Doe' }),
    app.admin.createUser('developer'),
  ])) as [Client, Client];
  project = await makeProject(owner, { key: 'SHOP' });
});

test('a task is created, shown, changed and deleted', async () => {
  const made = await data(
    201,
    owner.post('/api/tasks/', {
      title: 'Implement user authentication',
      description: 'Add JWT-based authentication to the API',
      project_id: project.id,
      priority: 1,
      estimated_duration: '02:30:00',
      assigned_to: app.admin.user.id,
      tags: ['authentication', 'security', 'security'],
      metadata: { component: 'backend', complexity: 'medium' },
    }),
  );
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    ref: expect.stringMatching(/^SHOP-\d+$/),
    title: 'Implement user authentication',
    description: 'Add JWT-based authentication to the API',
    project_id: project.id,
    type: 'task',
    status: 'pending',
    workflow_status: 'backlogged',
    blocker: null,
    why_waiting: null,
    priority: 1,
    priority_name: 'urgent',
    due_at: null,
    progress_percentage: 0,
    estimated_duration: '02:30:00',
    actual_duration: null,
    assigned_to: app.admin.user.id,
    created_by: owner.user.id,
    parent_id: null,
    result: null,
    source: null,
    external_ref: null,
    project_path: null,
    checklist: { total: 0, done: 0 },
    is_draft: false,
    archived_at: null,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updated_at: made.created_at,
    started_at: null,
    completed_at: null,
    tags: ['authentication', 'security'],
    metadata: { component: 'backend', complexity: 'medium' },
    command: null,
    shell: null,
    working_directory: null,
    environment: {},
    timeout: null,
    retry_attempts: 0,
    limits: {},
    final_exit_codes: [],
    inputs: [],
    concurrency: null,
    runs_on: null,
    artifacts: [],
    execution_id: null,
    last_run: null,
    version: 1,
  });
  const { claim, dependencies, children, former_refs, history, ...shown } = await show(owner, made);
  expect(shown).toEqual(made);
  expect([claim, children, former_refs]).toEqual([null, [], []]);
  expect(dependencies).toEqual([]);
  expect(history).toEqual([
    {
      timestamp: made.created_at,
      action: 'created',
      run: null,
      old_value: null,
      new_value: expect.objectContaining({ title: made.title, status: 'pending' }),
      user_id: owner.user.id,
    },
  ]);

  const path = `/api/tasks/${made.id}`;
  const running = await data(
    200,
    owner.put(path, {
      title: 'Updated',
      status: 'running',
      progress_percentage: 75,
      metadata: { notes: 'x' },
    }),
  );
  expect(running).toMatchObject({
    title: 'Updated',
    status: 'running',
    progress_percentage: 75,
    metadata: { notes: 'x' },
    completed_at: null,
    version: 2,
  });
  expect(running.started_at).toMatch(/Z$/);
  const completed = await data(200, owner.put(path, { status: 'completed' }));
  expect(completed).toMatchObject({ status: 'completed', progress_percentage: 100, version: 3 });
  expect(completed.actual_duration).toMatch(/^00:00:\d\d$/);
  expect(completed.completed_at).toMatch(/Z$/);

  expect(await data(200, owner.get(`${path}/history`))).toEqual({
    next_cursor: null,
    task_id: made.id,
    history: [
      expect.objectContaining({
        id: expect.any(String),
        action: 'created',
        user_id: owner.user.id,
        user_name: 'John Doe',
        details: { initial_data: expect.objectContaining({ title: made.title, status: 'pending' }) },
      }),
      expect.objectContaining({
        action: 'status_changed',
        details: { old_value: 'pending', new_value: 'running' },
      }),
      expect.objectContaining({
        action: 'updated',
        details: {
          old_value: { title: made.title, progress_percentage: 0, metadata: made.metadata },
          new_value: { title: 'Updated', progress_percentage: 75, metadata: { notes: 'x' } },
        },
      }),
      expect.objectContaining({
        action: 'status_changed',
        details: { old_value: 'running', new_value: 'completed' },
      }),
    ],
  });

  expect(await data(200, owner.delete(path))).toEqual({
    message: 'Task deleted successfully',
    deleted_at: expect.stringMatching(/Z$/),
  });
  for (const answer of [
    owner.get(path),
    owner.get(`/api/tasks/${made.ref}`),
    owner.put(path, {}),
    owner.delete(path),
    owner.post(`${path}/execute`),
    owner.get(`${path}/history`),
  ])
    expect(await refusal(answer)).toBe('404 TASK_NOT_FOUND');
  const actions = await app.query('SELECT action FROM activity WHERE entity_id = $1 ORDER BY sequence DESC', [
    made.id,
  ]);
  expect(actions[0]).toEqual({ action: 'deleted' });
});

describe('a task is found', () => {
  test('by its id, its ref, or a prefix of its id', async () => {
    const task = await makeTask(owner, project);
    const names = [task.id, task.id.toUpperCase(), task.ref, task.id.slice(0, 35), task.id.slice(0, 20)];
    for (const name of names) expect((await data(200, owner.get(`/api/tasks/${name}`))).id).toBe(task.id);
    for (const name of ['SHOP-99999999', 'NONE-1', nobody, 'ffffffff', '00000000-0000-0000-0000-00000000000'])
      expect([name, await refusal(owner.get(`/api/tasks/${name}`))]).toEqual([name, '404 TASK_NOT_FOUND']);
    for (const name of ['SHOP-0', 'SHOP-', 'abc', 'zzzzzzzz', '%00', 'a'.repeat(300), "1'--", '%F0%9F%90%88'])
      expect([name, (await owner.get(`/api/tasks/${name}`)).status]).toEqual([name, 422]);
  });

  test('by a prefix only if it is unique', async () => {
    const tasks = await Promise.all([1, 2, 3].map(() => makeTask(owner, project)));
    // made in the same moment, so the first characters, which are the time, are the same
    const prefix = tasks[0].id.slice(0, 8);
    expect(tasks.every(({ id }) => id.startsWith(prefix))).toBe(true);
    const answer = await owner.get(`/api/tasks/${prefix}`);
    expect(await refusal(answer)).toBe('404 TASK_NOT_FOUND');
    expect(answer.body.error.details.issue).toContain('More than one');
  });

  test('by a prefix that is unique among visible tasks, and executed whatever other users do', async () => {
    const ids = ['00000000-1111-7000-8000-000000000001', '00000000-1111-7000-8000-000000000002'];
    const hidden = await makeJob(other, await makeProject(other), 'sleep 60');
    const mine = await makeJob(owner, project, 'true');
    for (const [i, { id }] of [hidden, mine].entries())
      await app.query('UPDATE tasks SET id = $2 WHERE id = $1', [id, ids[i]]);
    await execute(other, { id: ids[0] });
    const started = await data(202, owner.post('/api/tasks/00000000-1111/execute'));
    expect(started.task_id).toBe(ids[1]);
    await reached(owner, { id: ids[1] }, 'completed');
    await data(200, other.post(`/api/tasks/${ids[0]}/cancel`));
  });

  test('by a ref that is unique in the project, also for concurrent creations', async () => {
    const tasks = await Promise.all(Array.from({ length: 30 }, () => makeTask(owner, project)));
    expect(new Set(tasks.map(({ ref }) => ref)).size).toBe(30);
  });

  test('by users who can see its project, and by no others', async () => {
    const task = await makeTask(owner, project);
    for (const name of [task.id, task.ref, task.id.slice(0, 20)]) {
      for (const answer of [
        other.get(`/api/tasks/${name}`),
        other.put(`/api/tasks/${name}`, {}),
        other.delete(`/api/tasks/${name}`),
        other.get(`/api/tasks/${name}/history`),
        other.get(`/api/tasks/${name}/executions`),
        other.post(`/api/tasks/${name}/execute`),
        other.post(`/api/tasks/${name}/cancel`),
        other.post(`/api/tasks/${name}/retry`),
      ])
        expect(await refusal(answer)).toBe('404 TASK_NOT_FOUND');
    }
  });
});

test('an invalid task is refused with the error code and the field', async () => {
  const faults: [Record<string, unknown>, string, string][] = [
    [{ title: undefined }, 'VALIDATION_REQUIRED_FIELD', 'title'],
    [{ project_id: undefined }, 'VALIDATION_REQUIRED_FIELD', 'project_id'],
    [{ title: '  ' }, 'VALIDATION_VALUE_TOO_SHORT', 'title'],
    [{ title: 't'.repeat(501) }, 'VALIDATION_VALUE_TOO_LONG', 'title'],
    [{ title: null }, 'VALIDATION_INVALID_FORMAT', 'title'],
    [{ priority: 0 }, 'VALIDATION_ERROR', 'priority'],
    [{ priority: 11 }, 'VALIDATION_ERROR', 'priority'],
    [{ priority: 1.5 }, 'VALIDATION_INVALID_FORMAT', 'priority'],
    [{ estimated_duration: '90 minutes' }, 'VALIDATION_INVALID_FORMAT', 'estimated_duration'],
    [{ estimated_duration: '9999999:00:00' }, 'VALIDATION_ERROR', 'estimated_duration'],
    [{ assigned_to: 'me' }, 'VALIDATION_INVALID_FORMAT', 'assigned_to'],
    [{ assigned_to: nobody }, 'VALIDATION_ERROR', 'assigned_to'],
    [{ tags: 'one' }, 'VALIDATION_INVALID_FORMAT', 'tags'],
    [{ tags: ['with,comma'] }, 'VALIDATION_INVALID_FORMAT', 'tags.0'],
    [{ metadata: [1] }, 'VALIDATION_INVALID_FORMAT', 'metadata'],
    [{ environment: { 'A-B': 'x' } }, 'VALIDATION_ERROR', 'environment.A-B'],
    [{ environment: { MILLRACE_EXECUTION_ID: 'x' } }, 'VALIDATION_ERROR', 'environment'],
    [{ command: '' }, 'VALIDATION_VALUE_TOO_SHORT', 'command'],
    [{ timeout: 0 }, 'VALIDATION_ERROR', 'timeout'],
    [{ dependencies: ['x'] }, 'VALIDATION_ERROR', 'dependencies.0'],
  ];
  for (const [fields, code, field] of faults) {
    const answer = await owner.post('/api/tasks/', { title: 'x', project_id: project.id, ...fields });
    expect([fields, await refusal(answer)]).toEqual([fields, `422 ${code}`]);
    expect(answer.body.error.details).toMatchObject({ field, issue: expect.any(String) });
  }
  const several = await owner.post('/api/tasks/', { priority: 99 });
  expect(several.body.error.details.errors.map(({ field }: { field: string }) => field).toSorted()).toEqual([
    'priority',
    'title',
  ]);
  expect(await refusal(owner.post('/api/tasks/', { title: 'x', project_id: nobody }))).toBe(
    '404 PROJECT_NOT_FOUND',
  );
});

test('text that cannot be stored is refused in any field, and unusual text is kept unchanged', async () => {
  for (const bad of ['a\0b', '\ud800', 'x\udc00y']) {
    for (const fields of [
      { title: bad },
      { description: bad },
      { tags: [bad] },
      { metadata: { a: [{ b: bad }] } },
      { metadata: { [bad]: 1 } },
      { environment: { A: bad } },
      { command: bad },
    ]) {
      // as escapes: as bytes a lone surrogate does not survive the way
      const body = JSON.stringify({ title: 'x', project_id: project.id, ...fields });
      expect(await refusal(owner.post('/api/tasks/', body))).toBe('422 VALIDATION_INVALID_FORMAT');
    }
    const query = { search: bad };
    if (bad.isWellFormed()) expect((await owner.get('/api/tasks/', { query })).status).toBe(422);
  }
  const odd = `😀 'quoted" \\ ${'\u202e'} é e\u0301 ${'\ufffe'} <b>&amp; %s $1 \r\n\t`;
  const metadata = { __proto__x: 1, 'a.b': null, '': [true, 1e300, -0.5], odd };
  const task = await makeTask(owner, project, {
    title: `t${odd}t`,
    description: odd,
    tags: ['😀 x'],
    metadata,
  });
  expect(await show(owner, task)).toMatchObject({
    title: `t${odd}t`,
    description: odd,
    tags: ['😀 x'],
    metadata,
  });
});

test('JSON that is too deep or too large is refused', async () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const post = (metadata: string) =>
    owner.post('/api/tasks/', `{"title":"x","project_id":"${project.id}","metadata":${metadata}}`);
  expect((await post(nested(40))).status).toBe(201);
  expect(await refusal(post(nested(100)))).toBe('422 VALIDATION_INVALID_FORMAT');
  expect(await refusal(post(nested(100_000)))).toMatch(/^4\d\d /);
  expect(await refusal(post(`{"a":"${'x'.repeat(70_000)}"}`))).toBe('422 VALIDATION_ERROR');
  expect(await refusal(post('{"__proto__":{"admin":true}}'))).toBe('422 VALIDATION_INVALID_FORMAT');
});

test('a stale version is refused, in the body and in If-Match', async () => {
  const task = await makeTask(owner, project);
  const path = `/api/tasks/${task.id}`;
  await data(200, owner.put(path, { priority: 2, version: 1 }));
  for (const stale of [
    owner.put(path, { priority: 3, version: 1 }),
    owner.put(path, { priority: 3 }, { headers: { 'if-match': '"1"' } }),
  ]) {
    const answer = await stale;
    expect(await refusal(answer)).toBe('409 VERSION_CONFLICT');
    expect(answer.body.error.details).toEqual({ current_version: 2, your_version: 1 });
  }
  const race = await Promise.all([4, 5, 6, 7].map((priority) => owner.put(path, { priority, version: 2 })));
  expect(countValues(race.map(({ status }) => String(status)))).toEqual({ 200: 1, 409: 3 });
  expect((await show(owner, task)).version).toBe(3);
});

test('a change of nothing but the version is not recorded in the activity', async () => {
  const task = await makeTask(owner, project, { tags: ['a'] });
  await data(200, owner.put(`/api/tasks/${task.id}`, { tags: ['a'], title: task.title }));
  expect((await show(owner, task)).history).toHaveLength(1);
});

describe('dependencies', () => {
  test('are shown with the tasks that they block, and replaced as a whole', async () => {
    const first = await makeTask(owner, project, { title: 'Setup database schema' });
    const second = await makeTask(owner, project);
    const task = await makeTask(owner, project, {
      dependencies: [first.id, first.ref, second.id.slice(0, 35)],
    });
    const { dependencies } = await show(owner, task);
    expect(dependencies).toEqual([
      {
        id: expect.any(String),
        depends_on_task_id: first.id,
        dependency_type: 'blocks',
        task: { title: 'Setup database schema', status: 'pending' },
      },
      expect.objectContaining({ depends_on_task_id: second.id }),
    ]);
    await data(200, owner.put(`/api/tasks/${task.id}`, { dependencies: [second.id] }));
    const left = await show(owner, task);
    expect(left.dependencies).toEqual([dependencies[1]]);
    expect(left.history.at(-1)).toMatchObject({
      action: 'updated',
      new_value: { dependencies: [second.id] },
    });
    await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'kept' }));
    expect((await show(owner, task)).dependencies).toHaveLength(1);
    await data(200, owner.delete(`/api/tasks/${second.id}`));
    expect((await show(owner, task)).dependencies).toEqual([]);
  });

  test('cannot form a cycle, of any length or by concurrent changes', async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => makeTask(owner, project)));
    const wait = (task: Json, ...on: Json[]) =>
      owner.put(`/api/tasks/${task.id}`, { dependencies: on.map(({ id }) => id) });
    expect(await refusal(wait(a, a))).toBe('422 VALIDATION_ERROR');
    await data(200, wait(a, b));
    expect(await refusal(wait(b, a))).toBe('422 VALIDATION_ERROR');
    await data(200, wait(b, c));
    expect(await refusal(wait(c, a))).toBe('422 VALIDATION_ERROR');
    for (let round = 0; round < 5; round += 1) {
      const [x, y] = await Promise.all([1, 2].map(() => makeTask(owner, project)));
      const answers = await Promise.all([wait(x, y), wait(y, x)]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
    }
  });

  test('must be tasks of the same project that are visible to the user', async () => {
    const elsewhere = await makeTask(owner, await makeProject(owner));
    const hidden = await makeTask(other, await makeProject(other));
    const task = { title: 'x', project_id: project.id };
    expect(await refusal(owner.post('/api/tasks/', { ...task, dependencies: [elsewhere.id] }))).toBe(
      '422 VALIDATION_ERROR',
    );
    for (const id of [hidden.id, nobody])
      expect(await refusal(owner.post('/api/tasks/', { ...task, dependencies: [id] }))).toBe(
        '404 TASK_NOT_FOUND',
      );
  });
});

test('a task can be assigned to a user who can see its project, and stays assigned after that access ends', async () => {
  const closed = await makeProject(owner);
  const toOther = { assigned_to: other.user.id };
  const task = await makeTask(owner, closed, { assigned_to: app.admin.user.id });
  const path = `/api/tasks/${task.id}`;
  const refused = async (answer: Promise<Answer>) => (await expectStatus(422, answer)).body.error;
  const fault = {
    code: 'VALIDATION_ERROR',
    details: { field: 'assigned_to', issue: 'The user cannot see the project: make them a member first' },
  };
  for (const answer of [
    owner.post('/api/tasks/', { title: 'A task', project_id: closed.id, ...toOther }),
    owner.put(path, toOther),
    app.admin.put(path, toOther),
  ])
    expect(await refused(answer)).toMatchObject(fault);
  const assign = { operation: 'assign', task_ids: [task.id], data: toOther };
  expect((await data(200, owner.post('/api/tasks/bulk', assign))).errors).toMatchObject([
    { task_id: task.id, code: 'VALIDATION_ERROR' },
  ]);
  expect(await show(owner, task)).toMatchObject({ assigned_to: app.admin.user.id, version: 1 });

  const member = `/api/projects/${closed.id}/members/${other.user.id}`;
  await data(200, owner.put(member, { role: 'viewer' }));
  expect(await data(200, owner.put(path, toOther))).toMatchObject(toOther);
  await data(200, owner.delete(member));
  // a client that sends all fields changes nothing by it
  expect(await data(200, owner.put(path, { title: 'Goes on', ...toOther }))).toMatchObject(toOther);
  await data(200, owner.put(path, { assigned_to: null }));
  expect(await refused(owner.put(path, toOther))).toMatchObject(fault);

  await data(200, owner.put(`/api/projects/${closed.id}`, { visibility: 'internal' }));
  expect(await data(200, owner.put(path, toOther))).toMatchObject(toOther);
  await data(200, owner.put(`/api/projects/${closed.id}`, { visibility: 'private' }));
  expect(await show(owner, task)).toMatchObject(toOther);
});

test('a task cannot be assigned to a disabled user', async () => {
  const gone = await app.admin.createUser('admin');
  const task = await makeTask(owner, project, { assigned_to: gone.user.id });
  await data(200, app.admin.put(`/api/users/${gone.user.id}`, { disabled: true }));
  const path = `/api/tasks/${task.id}`;
  const toGone = { assigned_to: gone.user.id };
  expect(await data(200, owner.put(path, { title: 'Goes on', ...toGone }))).toMatchObject(toGone);
  await data(200, owner.put(path, { assigned_to: null }));
  expect((await expectStatus(422, owner.put(path, toGone))).body.error.details).toEqual({
    field: 'assigned_to',
    issue: 'There is no such active user',
  });
});

test('auto_assign assigns a task without assignee to its creator', async () => {
  const assigning = await makeProject(owner, {
    visibility: 'internal',
    settings: { auto_assign: true },
  });
  expect((await makeTask(owner, assigning)).assigned_to).toBe(owner.user.id);
  expect((await makeTask(owner, assigning, { assigned_to: other.user.id })).assigned_to).toBe(other.user.id);
  expect((await makeTask(owner, project)).assigned_to).toBeNull();
});

test('max_tasks is respected, also for concurrent creations', async () => {
  const small = await makeProject(owner, { resource_limits: { max_tasks: 3 } });
  const make = () => owner.post('/api/tasks/', { title: 'x', project_id: small.id });
  const answers = await Promise.all(Array.from({ length: 9 }, make));
  expect(countValues(answers.map(({ status }) => String(status)))).toEqual({ 201: 3, 409: 6 });
  const full = await make();
  expect(await refusal(full)).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect(full.body.error.details).toMatchObject({ limit: 'max_tasks', value: 3 });
  const { items } = await data(200, owner.get('/api/tasks/', { query: { project_id: small.id } }));
  expect(items).toHaveLength(3);
  await data(200, owner.delete(`/api/tasks/${items[0].id}`));
  expect((await make()).status).toBe(201);
});
