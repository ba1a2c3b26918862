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
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const change = (task: Json, fields: object) => owner.put(`/api/tasks/${task.id}`, fields);
const changed = (task: Json, fields: object): Promise<Json> => data(200, change(task, fields));
const actionsOf = async (task: Json) =>
  (await data(200, owner.get(`/api/tasks/${task.id}/history`))).history.map((entry: Json) => [
    entry.action,
    entry.details.old_value,
    entry.details.new_value,
  ]);

test('a task has a type, a due date, a result, and where it comes from', async () => {
  const fields = {
    type: 'bug',
    due_at: '2026-12-24T18:00:00.000+01:00',
    result: 'Nothing yet',
    source: 'scanner',
    external_ref: 'CVE-2026-1',
    project_path: 'src/main.ts',
  };
  const made = await makeTask(owner, project, fields);
  expect(made).toMatchObject({ ...fields, due_at: '2026-12-24T17:00:00.000Z' });
  expect(await show(owner, made)).toMatchObject(made);
  const next = await changed(made, { type: 'spike', due_at: '2026-12-31', result: null, source: null });
  expect(next).toMatchObject({
    type: 'spike',
    due_at: '2026-12-31T23:59:59.999Z',
    result: null,
    source: null,
    external_ref: 'CVE-2026-1',
  });
  expect(await changed(made, { due_at: null })).toMatchObject({ due_at: null });
  expect((await actionsOf(made)).slice(1)).toEqual([
    [
      'updated',
      { type: 'bug', due_at: '2026-12-24T17:00:00.000Z', result: 'Nothing yet', source: 'scanner' },
      { type: 'spike', due_at: '2026-12-31T23:59:59.999Z', result: null, source: null },
    ],
    ['updated', { due_at: '2026-12-31T23:59:59.999Z' }, { due_at: null }],
  ]);
  expect(await makeTask(owner, project)).toMatchObject({
    type: 'task',
    due_at: null,
    blocker: null,
    parent_id: null,
    result: null,
    external_ref: null,
    is_draft: false,
    archived_at: null,
    workflow_status: 'backlogged',
    priority_name: 'medium',
  });
});

test.each([
  [{ type: 'epic' }, 'type'],
  [{ due_at: 'tomorrow' }, 'due_at'],
  [{ due_at: '2026-02-30' }, 'due_at'],
  [{ priority: 'highest' }, 'priority'],
  [{ priority: 0 }, 'priority'],
  [{ status: 'queued' }, 'status'],
  [{ status: 'done' }, 'status'],
  [{ blocker: '' }, 'blocker'],
  [{ external_ref: 'x'.repeat(501) }, 'external_ref'],
])('%j is refused, and the field is named', async (fields, field) => {
  const task = await makeTask(owner, project);
  for (const answer of [
    await change(task, fields),
    await owner.post('/api/tasks/', { title: 'A task', project_id: project.id, ...fields }),
  ]) {
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.error.details)).toContain(`"${field}"`);
  }
});

test('a priority is taken as a number or a name, and shown as both', async () => {
  const task = await makeTask(owner, project, { priority: 'high' });
  expect(task).toMatchObject({ priority: 3, priority_name: 'high' });
  expect(await changed(task, { priority: 10 })).toMatchObject({ priority: 10, priority_name: 'none' });
  expect(await changed(task, { priority: 'urgent' })).toMatchObject({ priority: 1 });
});

describe('the words for a status', () => {
  test('are taken in both vocabularies, and a word that is shown changes nothing', async () => {
    const task = await makeTask(owner, project, { status: 'planned' });
    expect(task).toMatchObject({ status: 'pending', workflow_status: 'planned' });
    expect(await changed(task, { status: 'pending' })).toMatchObject({ workflow_status: 'planned' });
    expect(await changed(task, { status: 'backlogged' })).toMatchObject({
      status: 'pending',
      workflow_status: 'backlogged',
    });
    const started = await changed(task, { status: 'progressed' });
    expect(started).toMatchObject({ status: 'running', workflow_status: 'progressed' });
    expect(started.started_at).not.toBeNull();
    expect(await changed(task, { status: 'failed' })).toMatchObject({ workflow_status: 'progressed' });
    expect(await changed(task, { status: 'progressed' })).toMatchObject({ status: 'failed' });
    expect(await changed(task, { status: 'completed' })).toMatchObject({ progress_percentage: 100 });
    expect(await actionsOf(task)).toEqual([
      ['created', undefined, undefined],
      ['workflow_status_changed', 'planned', 'backlogged'],
      ['status_changed', 'pending', 'running'],
      ['status_changed', 'running', 'failed'],
      ['status_changed', 'failed', 'completed'],
    ]);
  });

  test('a task can be created in any state, with its times', async () => {
    const done = await makeTask(owner, project, { status: 'completed' });
    expect(done).toMatchObject({ status: 'completed', progress_percentage: 100, started_at: null });
    expect(done.completed_at).not.toBeNull();
    expect((await makeTask(owner, project, { status: 'running' })).started_at).not.toBeNull();
  });

  test('a queued task is planned already, and stays queued', async () => {
    await data(
      200,
      owner.put(`/api/projects/${project.id}`, { resource_limits: { max_concurrent_tasks: 1 } }),
    );
    const [first, second] = [
      await makeTask(owner, project, { command: holding('words') }),
      await makeTask(owner, project, { command: 'true' }),
    ];
    await execute(owner, first);
    await reached(owner, first, 'running');
    await execute(owner, second);
    expect(await changed(second, { status: 'planned' })).toMatchObject({ status: 'queued' });
    expect(await refusal(change(second, { status: 'completed' }))).toBe('409 TASK_ALREADY_RUNNING');
    for (const task of [second, first]) await data(200, owner.post(`/api/tasks/${task.id}/cancel`, {}));
  });
});

test('a blocker goes with the end of the work, and a task that is done has none', async () => {
  const task = await makeTask(owner, project, { blocker: 'Waits for the keys' });
  expect(await changed(task, { status: 'running' })).toMatchObject({ blocker: 'Waits for the keys' });
  expect(await changed(task, { status: 'completed' })).toMatchObject({ blocker: null });
  expect((await actionsOf(task)).at(-1)).toEqual([
    'updated',
    { blocker: 'Waits for the keys' },
    { blocker: null },
  ]);
  expect(await refusal(change(task, { blocker: 'Again' }))).toBe('422 VALIDATION_ERROR');
  expect(await changed(task, { blocker: 'Again', status: 'pending' })).toMatchObject({ blocker: 'Again' });
  const answer = owner.post('/api/tasks/', {
    title: 'Done',
    project_id: project.id,
    status: 'cancelled',
    blocker: 'No',
  });
  expect(await refusal(answer)).toBe('422 VALIDATION_ERROR');
});

test('an `external_ref` is unique in its project, and free again after the deletion', async () => {
  const first = await makeTask(owner, project, { external_ref: 'JIRA-7' });
  const again = () =>
    owner.post('/api/tasks/', { title: 'Again', project_id: project.id, external_ref: 'JIRA-7' });
  expect(await refusal(again())).toBe('409 RESOURCE_ALREADY_EXISTS');
  const other = await makeTask(owner, project);
  expect(await refusal(change(other, { external_ref: 'JIRA-7' }))).toBe('409 RESOURCE_ALREADY_EXISTS');
  await makeTask(owner, await makeProject(owner), { external_ref: 'JIRA-7' });
  await data(200, owner.delete(`/api/tasks/${first.id}`));
  expect(await data(201, again())).toMatchObject({ external_ref: 'JIRA-7' });
});

describe('a part of another task', () => {
  test('is shown with it, and listed by it', async () => {
    const parent = await makeTask(owner, project, { title: 'The whole' });
    const child = await makeTask(owner, project, { title: 'A part', parent_id: parent.ref.toLowerCase() });
    expect(child).toMatchObject({ parent_id: parent.id });
    const { children } = await show(owner, parent);
    expect(children).toEqual([{ id: child.id, ref: child.ref, title: 'A part', status: 'pending' }]);
    const { items } = await data(200, owner.get('/api/tasks/', { query: { parent_id: parent.id } }));
    expect(items.map(({ id }: Json) => id)).toEqual([child.id]);
    expect(await changed(child, { parent_id: null })).toMatchObject({ parent_id: null });
    expect(await show(owner, parent)).toMatchObject({ children: [] });
  });

  test('is no part of itself, of its own parts or of another project', async () => {
    const top = await makeTask(owner, project);
    const middle = await makeTask(owner, project, { parent_id: top.id });
    const bottom = await makeTask(owner, project, { parent_id: middle.id });
    for (const parent of [top, middle, bottom])
      expect(await refusal(change(top, { parent_id: parent.id }))).toBe('422 VALIDATION_ERROR');
    const elsewhere = await makeTask(owner, await makeProject(owner));
    expect(await refusal(change(bottom, { parent_id: elsewhere.id }))).toBe('422 VALIDATION_ERROR');
    const body = { title: 'A part', project_id: project.id, parent_id: elsewhere.id };
    expect(await refusal(owner.post('/api/tasks/', body))).toBe('422 VALIDATION_ERROR');
    const [stranger, hidden] = [await app.admin.createUser('developer'), await makeProject(app.admin)];
    const secret = await makeTask(app.admin, hidden);
    expect(await refusal(change(bottom, { parent_id: secret.id }))).toBe('404 TASK_NOT_FOUND');
    expect(await refusal(stranger.get(`/api/tasks/${secret.id}`))).toBe('404 TASK_NOT_FOUND');
  });

  test('cannot close a circle with another that is changed at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await makeTask(owner, project), await makeTask(owner, project)];
      const answers = await Promise.all([change(a, { parent_id: b.id }), change(b, { parent_id: a.id })]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
    }
  });
});
