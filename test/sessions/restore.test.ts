import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, fault, makeProject, makeSession, makeTask, moment, within } from './steps.js';
import type { Json } from '../support/json.js';

const app = useSharedApp();

async function start(fields: Record<string, unknown> = {}) {
  const owner = await app.admin.createUser('developer');
  const project = await makeProject(owner, { visibility: 'internal', ...fields });
  return { owner, project };
}

const open = async (owner: Client, project: Json, settings = {}) => {
  const session = await makeSession(owner, { project_id: project.id, settings });
  return { session, path: `/api/sessions/${session.session_id}`, working: within(owner, session) };
};

const task = (client: Client, { id }: Json) => data(200, client.get(`/api/tasks/${id}`));
const change = (client: Client, { id }: Json, body: unknown) =>
  data(200, client.put(`/api/tasks/${id}`, body));

test('settings are restored as of any time, and a restore can be undone', async () => {
  const { owner, project } = await start();
  const { session, path } = await open(owner, project, { theme: 'dark' });
  const first = await moment();
  await owner.put(path, { settings: { theme: 'light', auto_save: true } });
  const second = await moment();
  await owner.put(path, { settings: { theme: 'system' } });
  const restore = (restore_point: string, more = {}) =>
    data(200, owner.post(`${path}/restore`, { restore_point, include_settings: true, ...more }));
  const light = { theme: 'light', auto_save: true };
  const result = await restore(second);
  expect(result).toMatchObject({
    settings: light,
    version: 4,
    restore_point: second,
    settings_restored: true,
  });
  expect(result.tasks).toEqual({ restored: [], left: [] });
  const third = await moment();
  expect((await restore(first)).settings).toEqual({ theme: 'dark' });
  expect((await restore(third)).settings).toEqual(light);
  expect((await restore(session.created_at)).settings).toEqual({ theme: 'dark' });
  const kept = await restore(second, { include_settings: false });
  expect(kept).toMatchObject({ settings: { theme: 'dark' }, settings_restored: false });
});

test('tasks are restored to their first state, and only changes of the session are undone', async () => {
  const { owner, project } = await start();
  const other = await app.admin.createUser('developer');
  const fields = {
    title: 'One',
    priority: 3,
    tags: ['a', 'b'],
    metadata: { deep: { list: [1, null] } },
    estimated_duration: '01:00:00',
    environment: { A: '1' },
    shell: 'bash',
    artifacts: ['dist/**'],
    command: 'true',
  };
  const one = await makeTask(owner, project, fields);
  const two = await makeTask(owner, project, { title: 'Two' });
  const { session, path, working } = await open(owner, project, { theme: 'dark' });
  await change(working, one, {
    title: 'Changed',
    priority: 1,
    tags: [],
    metadata: {},
    environment: {},
    command: null,
  });
  await change(working, one, {
    title: 'Changed again',
    estimated_duration: null,
    assigned_to: other.user.id,
    status: 'completed',
  });
  await change(owner, two, { title: 'Two, changed outside' });
  await change(within(other, session), two, { priority: 9 }).catch(() => undefined);
  const result = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(result.tasks.left).toEqual([]);
  expect(result.tasks.restored).toEqual([
    { task_id: one.id, ref: one.ref, fields: expect.any(Array), kept: [] },
  ]);
  expect(result.tasks.restored[0].fields.toSorted()).toEqual([
    'assigned_to',
    'command',
    'environment',
    'estimated_duration',
    'metadata',
    'priority',
    'progress_percentage',
    'status',
    'tags',
    'title',
  ]);
  const restored = await task(owner, one);
  expect(restored).toMatchObject({
    ...fields,
    status: 'pending',
    assigned_to: null,
    progress_percentage: 0,
    completed_at: null,
    version: 4,
  });
  expect(await task(owner, two)).toMatchObject({ title: 'Two, changed outside' });
  // it is written down like any other change, in the session
  const { items } = await data(200, owner.get(`${path}/history`));
  expect(items.slice(0, 3).map(({ action }: Json) => action)).toEqual([
    'restored',
    'status_changed',
    'updated',
  ]);
  expect(items[2]).toMatchObject({
    entity_id: one.id,
    old_value: { title: 'Changed again' },
    new_value: { title: 'One' },
  });
  const again = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(again.tasks.restored).toEqual([]);
});

test('a restore to a time between two changes includes the time of completion of a task', async () => {
  const { owner, project } = await start();
  const done = await makeTask(owner, project);
  const { path, working } = await open(owner, project);
  await change(working, done, { status: 'running' });
  const completed = await change(working, done, { status: 'completed', title: 'Done' });
  const point = await moment();
  await change(working, done, { status: 'pending', title: 'Not done', progress_percentage: 10 });
  const { tasks } = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: point, include_tasks: true, include_settings: false }),
  );
  expect(tasks.restored).toMatchObject([{ task_id: done.id, kept: [] }]);
  const { started_at, completed_at, actual_duration } = completed;
  expect(await task(owner, done)).toMatchObject({
    status: 'completed',
    title: 'Done',
    progress_percentage: 100,
    actual_duration,
  });
  const now = await task(owner, done);
  // the times come from the activity, written in the same transactions a moment apart
  for (const [is, was] of [
    [now.started_at, started_at],
    [now.completed_at, completed_at],
  ] as const) {
    expect(Math.abs(Date.parse(is) - Date.parse(was))).toBeLessThan(500);
  }
});

test('running and deleted tasks are reported instead of restored, and so are fields that cannot be restored', async () => {
  const { owner, project } = await start();
  const [running, deleted, linked] = [
    await makeTask(owner, project, { command: 'sleep 60' }),
    await makeTask(owner, project),
    await makeTask(owner, project),
  ];
  const { session, path, working } = await open(owner, project);
  await change(working, running, { title: 'Runs' });
  await change(working, deleted, { title: 'Goes' });
  await change(working, linked, { title: 'Linked', dependencies: [running.id] });
  await expectStatus(202, working.post(`/api/tasks/${running.id}/execute`));
  await expectStatus(200, owner.delete(`/api/tasks/${deleted.id}`));
  await until(async () => (await task(owner, running)).status === 'running');
  const { tasks } = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(tasks.left).toEqual([
    { task_id: running.id, ref: running.ref, reason: 'running' },
    { task_id: deleted.id, ref: deleted.ref, reason: 'deleted' },
  ]);
  expect(tasks.restored).toEqual([
    { task_id: linked.id, ref: linked.ref, fields: ['title'], kept: ['dependencies'] },
  ]);
  expect(await task(owner, running)).toMatchObject({ status: 'running', title: 'Runs' });
  await expectStatus(200, owner.post(`/api/tasks/${running.id}/cancel`));
  await data(200, owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }));
  expect(await task(owner, running)).toMatchObject({
    status: 'pending',
    title: 'A task',
    started_at: null,
    completed_at: null,
  });
});

test('a task is not restored for a user who can no longer see its project', async () => {
  const { owner, project } = await start();
  const other = await app.admin.createUser('developer');
  const given = await makeTask(owner, project, { assigned_to: other.user.id });
  const { session, path, working } = await open(owner, project);
  await change(working, given, { title: 'Taken', assigned_to: owner.user.id });
  await expectStatus(200, owner.put(`/api/projects/${project.id}`, { visibility: 'private' }));
  const body = { restore_point: session.created_at, include_tasks: true };
  const { tasks } = await data(200, owner.post(`${path}/restore`, body));
  expect(tasks.restored).toMatchObject([{ fields: ['title'], kept: ['assigned_to'] }]);
  expect(await task(owner, given)).toMatchObject({ title: 'A task', assigned_to: owner.user.id });
});

test('a session without a project restores its changes in every project that its owner can write to', async () => {
  const { owner, project } = await start();
  const foreign = await makeProject(app.admin);
  const members = `/api/projects/${foreign.id}/members/${owner.user.id}`;
  await expectStatus(200, app.admin.put(members, { role: 'developer' }));
  const session = await makeSession(owner);
  const working = within(owner, session);
  const [mine, theirs] = [await makeTask(owner, project), await makeTask(app.admin, foreign)];
  await change(working, mine, { title: 'Mine' });
  await change(working, theirs, { title: 'Theirs' });
  await expectStatus(200, app.admin.put(members, { role: 'viewer' }));
  const body = { restore_point: session.created_at, include_tasks: true };
  const { tasks } = await data(200, owner.post(`/api/sessions/${session.session_id}/restore`, body));
  expect(tasks.restored).toMatchObject([{ task_id: mine.id, fields: ['title'] }]);
  expect(tasks.left).toMatchObject([{ task_id: theirs.id, reason: 'access_denied' }]);
});

test('a restore is refused for a time outside of the session and for users without write permission', async () => {
  const { owner, project } = await start();
  const { session, path, working } = await open(owner, project);
  const restore = (body: unknown, client = owner) => client.post(`${path}/restore`, body);
  const shifted = (ms: number) => new Date(Date.parse(session.created_at) + ms).toISOString();
  expect(await fault(422, restore({ restore_point: shifted(-1) }))).toBe('VALIDATION_ERROR restore_point');
  expect(await fault(422, restore({ restore_point: shifted(3_600_000) }))).toBe(
    'VALIDATION_ERROR restore_point',
  );
  expect(await fault(422, restore({ restore_point: 'yesterday' }))).toBe(
    'VALIDATION_INVALID_FORMAT restore_point',
  );
  expect(await fault(422, restore({}))).toBe('VALIDATION_REQUIRED_FIELD restore_point');
  const made = await makeTask(working, project);
  await change(working, made, { title: 'Changed' });
  const body = { restore_point: session.created_at, include_tasks: true };
  await expectStatus(200, owner.put(`/api/projects/${project.id}`, { status: 'archived' }));
  expect(await fault(409, restore(body))).toBe('PROJECT_ARCHIVED');
  await expectStatus(200, app.admin.put(`/api/users/${owner.user.id}`, { role: 'viewer' }));
  await until(async () => (await restore(body)).status === 403);
});

test('the fields of a backlog are restored, except an `external_ref` that another task has taken', async () => {
  const { owner, project } = await start();
  const fields = {
    type: 'bug',
    due_at: '2026-12-24',
    external_ref: 'A',
    blocker: 'Waits',
    status: 'planned',
  };
  const changed = await makeTask(owner, project, fields);
  const never = await makeTask(owner, project);
  const { session, path, working } = await open(owner, project);
  await change(working, changed, {
    type: 'chore',
    due_at: null,
    external_ref: 'B',
    blocker: null,
    status: 'backlogged',
  });
  await change(working, never, { due_at: '2026-12-31' });
  await makeTask(owner, project, { external_ref: 'A' });
  const { tasks } = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(tasks.restored.find(({ task_id }: Json) => task_id === changed.id)).toMatchObject({
    kept: ['external_ref'],
  });
  expect(await task(owner, changed)).toMatchObject({
    type: 'bug',
    due_at: changed.due_at,
    blocker: 'Waits',
    workflow_status: 'planned',
    external_ref: 'B',
  });
  expect(await task(owner, never)).toMatchObject({ due_at: null });
});

test('what was written beside a task stays, and changes no field of it', async () => {
  const { owner, project } = await start();
  const made = await makeTask(owner, project, { title: 'The title' });
  const at = `/api/tasks/${made.id}`;
  const plan = await data(201, owner.post(`${at}/plans`, { title: 'Of the plan', body: 'x' }));
  const item = await data(201, owner.post(`${at}/checklist`, { text: 'step' }));
  const { session, path, working } = await open(owner, project);
  await data(200, working.put(`/api/documents/${plan.id}`, { title: 'Another plan' }));
  await data(200, working.put(`${at}/checklist/${item.id}`, { done: true }));
  await data(201, working.post(`${at}/comments`, { body: 'said' }));
  const link = { linked_type: 'task', linked_id: made.id, url: 'https://example.com' };
  const attached = await data(201, working.post('/api/attachments', link));
  await data(200, working.delete(`/api/attachments/${attached.id}`));
  const { tasks } = await data(
    200,
    owner.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(tasks.restored).toEqual([
    { task_id: made.id, ref: made.ref, fields: [], kept: ['attachments', 'checklist', 'comments', 'plans'] },
  ]);
  expect(await task(owner, made)).toMatchObject({ title: 'The title', checklist: { total: 1, done: 1 } });
});

test('nobody hears of a draft that is restored, and a draft that one may not see any more is left', async () => {
  const { owner, project } = await start();
  const member = await app.admin.createUser('developer');
  const as = (role: string) =>
    data(200, owner.put(`/api/projects/${project.id}/members/${member.user.id}`, { role }));
  await as('owner');
  const [own, hidden] = [
    await makeTask(member, project, { title: 'First', draft: true }),
    await makeTask(owner, project, { title: 'First', draft: true }),
  ];
  const { session, path, working } = await open(member, project);
  for (const draft of [own, hidden]) await change(working, draft, { title: 'Second', status: 'completed' });
  await as('developer');
  const before = await app.query<{ last: string }>('SELECT max(sequence) AS last FROM activity');
  const { tasks } = await data(
    200,
    member.post(`${path}/restore`, { restore_point: session.created_at, include_tasks: true }),
  );
  expect(tasks).toEqual({
    restored: [
      { task_id: own.id, ref: own.ref, fields: ['progress_percentage', 'status', 'title'], kept: [] },
    ],
    left: [{ task_id: hidden.id, ref: hidden.ref, reason: 'access_denied' }],
  });
  expect(await task(member, own)).toMatchObject({ title: 'First', status: 'pending' });
  expect(await task(owner, hidden)).toMatchObject({ title: 'Second' });
  const { activity } = await data(200, owner.get('/api/activity', { query: { project_id: project.id } }));
  expect(JSON.stringify(activity)).not.toContain(own.id);
  // its own history has it
  const rows = await app.query<{ action: string }>(
    'SELECT action FROM activity WHERE entity_id = $1 AND sequence > $2 ORDER BY sequence',
    [own.id, before[0]!.last],
  );
  expect(rows.map(({ action }) => action)).toEqual(['updated', 'status_changed']);
});
