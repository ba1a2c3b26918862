import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeProject,
  makeTask,
  outputOf,
  reached,
  refusal,
  runJob,
  show,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { erased, idsOf, rowsWith, tablesWithIds } from './erasure-steps.js';

const app = useApp({ env: { ALLOW_UNISOLATED_SECRETS: 'true', HOUSEKEEPING_SECONDS: '1' } });
let owner: Client;
let developer: Client;
let viewer: Client;
let outsider: Client;
beforeAll(async () => {
  [owner, developer, viewer, outsider] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
});

const archive = (client: Client, { id }: Json) =>
  data(200, client.put(`/api/projects/${id}`, { status: 'archived' }));
const erase = (client: Client, { id }: Json) => client.delete(`/api/projects/${id}?permanent=true`);

/** Makes a project of everything that a project can have. */
async function makeWhole(
  other: Json,
  fields: Record<string, unknown> = {},
): Promise<{ project: Json; task: Json }> {
  const project = await makeProject(owner, fields);
  const path = `/api/projects/${project.id}`;
  const post = (where: string, body: unknown, status = 201) => data(status, owner.post(where, body));
  for (const [client, role] of [
    [developer, 'developer'],
    [viewer, 'viewer'],
  ] as const)
    await data(200, owner.put(`${path}/members/${client.user.id}`, { role }));
  await post('/api/webhooks/', {
    url: 'http://127.0.0.1:9/',
    events: ['*'],
    project_id: project.id,
  });
  await data(200, owner.put(`${path}/secrets/TOKEN`, { value: 'a secret of the project' }));
  await post(`${path}/keys`, { label: 'ci', scopes: ['tasks.read'] });
  await post('/api/sessions/', { project_id: project.id });
  const task = await makeTask(owner, project, {
    tags: ['red'],
    command: 'mkdir -p kept && echo x > kept/file && chmod 500 kept && echo done > $MILLRACE_SUMMARY && pwd',
    artifacts: ['kept/*'],
  });
  await execute(owner, task);
  await reached(owner, task, 'completed');
  await makeTask(owner, project, { dependencies: [task.id], parent_id: task.id });
  await post(`/api/tasks/${task.id}/comments`, { body: 'A comment' });
  await post(`/api/tasks/${task.id}/checklist`, { text: 'A step' });
  const plan = await post(`/api/tasks/${task.id}/plans`, { title: 'Plan', body: 'x' });
  const doc = await post(`${path}/docs`, { title: 'Doc', body: 'x' });
  for (const document of [plan, doc])
    await data(200, owner.put(`/api/documents/${document.id}`, { body: 'y', change_note: 'Changed' }));
  await post(`${path}/memory`, { body: 'x' });
  await post(`${path}/import`, { format: 'millrace', version: 1, tasks: [{ title: 'Imported' }] }, 200);
  for (const [linked_type, linked_id] of [
    ['task', task.id],
    ['document', plan.id],
    ['document', doc.id],
    ['project', project.id],
  ]) {
    const file = new FormData();
    file.set('linked_type', linked_type);
    file.set('linked_id', linked_id);
    file.set('file', new Blob(['content']), 'file.txt');
    await post('/api/attachments', file);
  }
  const command = await data(
    200,
    owner.post('/api/commands/execute', { command: 'echo ad hoc', project_id: project.id }),
  );
  await until(
    async () =>
      (await data(200, owner.get(`/api/commands/${command.command_id}/status`))).status === 'completed',
    { what: 'the command to end' },
  );
  const taking = await makeTask(owner, project, {
    command: 'true',
    inputs: [{ name: 'token', type: 'secret' }],
  });
  await execute(owner, taking, { inputs: { token: 'a secret input' } });
  await reached(owner, taking, 'completed');
  const trigger = await post(`${path}/triggers`, { name: 'On push', task_id: taking.id });
  await data(202, owner.anonymous().post(trigger.path, { pushed: true }));
  await reached(owner, taking, 'completed');
  const schedule = await post(`${path}/schedules`, { name: 'Daily', cron: '@daily', task_id: taking.id });
  await data(202, owner.post(`/api/schedules/${schedule.id}/run`));
  await reached(owner, taking, 'completed');
  const moved = await makeTask(owner, other);
  await data(200, owner.post(`/api/tasks/${moved.id}/move`, { project_id: project.id }));
  return { project, task };
}

/** What a project shows of itself, and how many rows it has; those of counters are merged now and then. */
async function stateOf(key: string): Promise<Json> {
  const shown = await data(200, owner.get(`/api/projects/${key}`));
  const rows = await rowsWith(app, await idsOf(app, shown.id));
  for (const counters of ['task_counts', 'task_deltas', 'output_usage']) rows.delete(counters);
  const [{ bytes }] = (await app.query<{ bytes: string }>(
    'SELECT sum(bytes) AS bytes FROM output_usage WHERE owner = $1',
    [shown.id],
  )) as [{ bytes: string }];
  return { shown, rows: Object.fromEntries(rows), bytes };
}

test('a project that is deleted for good leaves nothing but its activity', async () => {
  const other = await makeProject(owner);
  await makeWhole(other, { key: 'STAYS' });
  const { project, task } = await makeWhole(other, { key: 'GOES' });
  // the figures of its tasks are added up every few seconds
  await until(
    async () =>
      (await app.query('SELECT 1 FROM member_blocks WHERE project_id = $1', [project.id])).length > 0,
    { what: 'the figures to be added up' },
  );
  const claimed = await app.query<{ id: string }>('SELECT id FROM tasks WHERE project_id = $1 LIMIT 1', [
    project.id,
  ]);
  expect(claimed).toHaveLength(1);
  const ids = await idsOf(app, project.id);
  const held = await rowsWith(app, ids);
  // whoever adds a table makes a row of it above, or says below that it has none of a project
  expect(await tablesWithIds(app)).toEqual(
    [
      ...held.keys(),
      ...(held.has('task_deltas') ? [] : ['task_deltas']),
      'claims',
      ...ofNoProject,
    ].toSorted(),
  );
  const folder = (await outputOf(app, (await lastExecution(owner, task)).execution_id)).trim();
  expect([folder, `${folder}.summaries`].every((path) => existsSync(path))).toBe(true);
  const before = await stateOf('STAYS');

  await archive(owner, project);
  const answer = await data(200, erase(owner, project));
  expect(answer).toEqual({
    message: 'Project deleted successfully',
    deleted_at: expect.stringMatching(/Z$/),
  });

  // at once, for everybody
  for (const client of [owner, developer, app.admin]) {
    for (const path of [
      `/api/projects/${project.id}`,
      '/api/projects/GOES',
      `/api/projects/${project.id}/docs`,
    ])
      expect(await refusal(client.get(path))).toBe('404 PROJECT_NOT_FOUND');
    for (const name of [task.id, task.ref])
      expect(await refusal(client.get(`/api/tasks/${name}`))).toBe('404 TASK_NOT_FOUND');
  }
  expect(await refusal(erase(owner, project))).toBe('404 PROJECT_NOT_FOUND');
  await makeProject(outsider, { key: 'GOES' });

  await erased(app, project.id);
  const left = await rowsWith(app, ids);
  expect([...left.keys()].toSorted()).toEqual(['activity', 'erased_projects']);
  await until(() => !existsSync(folder) && !existsSync(`${folder}.summaries`), {
    what: 'the workspace to be removed',
  });
  expect(await stateOf('STAYS')).toEqual(before);

  const { activity } = await data(200, app.admin.get(`/api/activity?entity_id=${project.id}`));
  expect(activity[0]).toMatchObject({
    action: 'erased',
    actor: { id: owner.user.id },
    old_value: { name: project.name, key: 'GOES' },
  });
});

/** Tables whose ids are of users or of the installation. */
const ofNoProject = [
  'auth_sessions',
  'erased_projects',
  'idempotency_keys',
  'queue_states',
  'refresh_tokens',
  'user_task_counts',
  'users',
  'workers',
];

test('the keys of a deleted project are refused, and what they did keeps their name', async () => {
  const project = await makeProject(owner);
  const { id, token } = await data(
    201,
    owner.post(`/api/projects/${project.id}/keys`, {
      label: 'builder',
      scopes: ['tasks.read', 'tasks.write'],
    }),
  );
  const key = app.anonymous().with({ authorization: `Bearer ${token}` });
  await data(201, key.post('/api/tasks/', { title: 'Of the key' }));
  await archive(owner, project);
  await data(200, erase(owner, project));
  expect(await refusal(key.get('/api/tasks/'))).toBe('401 AUTH_TOKEN_INVALID');
  await erased(app, project.id);
  const { activity } = await data(200, app.admin.get('/api/activity?actor=ai:builder'));
  expect(activity[0]).toMatchObject({ action: 'created', actor: { kind: 'ai', name: 'builder' } });
  const [user] = await app.query<{ disabled: boolean }>(
    `SELECT disabled FROM users WHERE kind = 'key' AND full_name = 'builder'`,
  );
  expect(user).toEqual({ disabled: true });
  expect(await app.query('SELECT 1 FROM credentials WHERE id = $1', [id])).toEqual([]);
});

describe('a permanent deletion is refused', () => {
  test('to all but owners of the project and administrators', async () => {
    const project = await makeProject(owner);
    for (const [client, role] of [
      [developer, 'developer'],
      [viewer, 'viewer'],
    ] as const)
      await data(200, owner.put(`/api/projects/${project.id}/members/${client.user.id}`, { role }));
    await archive(owner, project);
    expect(await refusal(erase(outsider, project))).toBe('404 PROJECT_NOT_FOUND');
    for (const client of [developer, viewer])
      expect(await refusal(erase(client, project))).toBe('403 PROJECT_ACCESS_DENIED');
    const reader = await app.admin.createUser('viewer');
    expect(await refusal(erase(reader, project))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    await data(200, erase(app.admin, project));
    const shared = await makeProject(owner);
    await data(200, owner.put(`/api/projects/${shared.id}/members/${developer.user.id}`, { role: 'owner' }));
    await archive(owner, shared);
    await data(200, erase(developer, shared));
  });

  test('unless the project is archived', async () => {
    const project = await makeProject(owner);
    expect(await refusal(erase(owner, project))).toBe('409 PROJECT_NOT_ARCHIVED');
    await data(200, owner.put(`/api/projects/${project.id}`, { status: 'completed' }));
    expect(await refusal(erase(owner, project))).toBe('409 PROJECT_NOT_ARCHIVED');
    expect(await data(200, owner.get(`/api/projects/${project.key}`))).toMatchObject({ id: project.id });
    expect(await refusal(owner.delete(`/api/projects/${project.id}?permanent=yes`))).toBe(
      '422 VALIDATION_ERROR',
    );
  });

  test('while a task of the project is queued, running or claimed', async () => {
    const project = await makeProject(owner);
    const task = await makeTask(owner, project, { command: holding('gate') });
    await execute(owner, task);
    await reached(owner, task, 'running');
    await archive(owner, project);
    expect(await refusal(erase(owner, project))).toBe('409 RESOURCE_IN_USE');
    await data(200, owner.post(`/api/tasks/${task.id}/cancel`));
    await data(200, owner.put(`/api/projects/${project.id}`, { status: 'active' }));
    const open = await makeTask(owner, project);
    const { claim_id, token } = await data(200, owner.post(`/api/tasks/${open.id}/claim`));
    await archive(owner, project);
    expect(await refusal(erase(owner, project))).toBe('409 RESOURCE_IN_USE');
    await data(200, owner.put(`/api/projects/${project.id}`, { status: 'active' }));
    await data(200, owner.post(`/api/claims/${claim_id}/release`, { token }));
    await archive(owner, project);
    await data(200, erase(owner, project));
  });

  test('for the backlog of an agent', async () => {
    const agent = await data(201, app.admin.post('/api/agents', { name: 'Eraser of things', prefix: 'ERA' }));
    await data(200, app.admin.delete(`/api/agents/${agent.id}`));
    const answer = await erase(app.admin, { id: agent.project_id });
    expect(await refusal(answer)).toBe('409 RESOURCE_IN_USE');
    expect(answer.body.error.details).toEqual({ project_id: agent.project_id, agent_id: agent.id });
  });
});

test('what waits for tasks of a deleted project goes on, and tasks that were moved elsewhere stay', async () => {
  const project = await makeProject(owner);
  const other = await makeProject(owner);
  const gate = await makeTask(owner, project);
  const dependent = await makeTask(owner, project, { command: 'true', dependencies: [gate.id] });
  const claimable = await makeTask(owner, project, { dependencies: [gate.id] });
  for (const { id } of [dependent, claimable])
    await data(200, owner.post(`/api/tasks/${id}/move`, { project_id: other.id }));
  await data(200, owner.put(`/api/tasks/${gate.id}`, { status: 'running' }));
  await execute(owner, dependent);
  expect(await show(owner, dependent)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
  const moved = await makeTask(owner, project, { command: 'true' });
  const child = await makeTask(owner, project, { parent_id: gate.id });
  await execute(owner, moved);
  await reached(owner, moved, 'completed');
  for (const { id } of [moved, child])
    await data(200, owner.post(`/api/tasks/${id}/move`, { project_id: other.id }));
  await app.query('UPDATE tasks SET parent_id = $1 WHERE id = $2', [gate.id, child.id]);
  expect(await show(owner, moved)).toMatchObject({ former_refs: [moved.ref] });

  await archive(owner, project);
  await data(200, erase(owner, project));
  await reached(owner, dependent, 'completed');
  await erased(app, project.id);
  expect(await show(owner, dependent)).toMatchObject({ dependencies: [] });
  expect(await show(owner, claimable)).toMatchObject({ dependencies: [] });
  expect(await show(owner, child)).toMatchObject({ parent_id: null });
  expect(await show(owner, moved)).toMatchObject({ former_refs: [], last_run: null, status: 'completed' });
  expect(await refusal(owner.get(`/api/tasks/${moved.ref}`))).toBe('404 TASK_NOT_FOUND');
  const [waiting] = await app.query<{ is_waiting: boolean }>('SELECT is_waiting FROM tasks WHERE id = $1', [
    claimable.id,
  ]);
  expect(waiting).toEqual({ is_waiting: false });
});

test('what a request writes late that was let in before is removed, too', async () => {
  const project = await makeProject(owner);
  await makeTask(owner, project, { tags: ['first'] });
  await archive(owner, project);
  await data(200, erase(owner, project));
  const rows = (table: string) => app.query(`SELECT 1 FROM ${table} WHERE project_id = $1`, [project.id]);
  const isEmpty = async () =>
    (await app.query('SELECT 1 FROM erased_projects WHERE id = $1 AND empty_at IS NOT NULL', [project.id]))
      .length > 0;
  await until(isEmpty, { timeout: 40_000, what: 'a pass to find nothing' });
  for (const table of ['tasks', 'labels', 'task_counts']) expect(await rows(table)).toEqual([]);
  await app.query(
    `INSERT INTO tasks (id, project_id, number, title, created_by) VALUES (gen_random_uuid(), $1, 2, 'Late', $2)`,
    [project.id, owner.user.id],
  );
  await app.query(`INSERT INTO labels (id, project_id, name) VALUES (gen_random_uuid(), $1, 'late')`, [
    project.id,
  ]);
  await erased(app, project.id);
  for (const table of ['tasks', 'labels', 'task_counts']) expect(await rows(table)).toEqual([]);
  expect(await app.query('SELECT 1 FROM projects WHERE id = $1', [project.id])).toEqual([]);
});

test('runs of other projects keep their output', async () => {
  const project = await makeProject(owner);
  const other = await makeProject(owner);
  const run = await runJob(owner, other, 'echo kept');
  await archive(owner, project);
  await data(200, erase(owner, project));
  await erased(app, project.id);
  const output = await owner.get(`/api/commands/${run.execution_id}/output`);
  expect(output.bytes.toString()).toBe('kept\n');
});
