import { beforeAll, expect, test } from 'vitest';
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
let here: Json;
let there: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  [here, there] = [await makeProject(owner), await makeProject(owner)];
});

const move = (client: Client, task: Json, project: Json) =>
  client.post(`/api/tasks/${task.id}/move`, { project_id: project.key });
const moved = (task: Json, project = there): Promise<Json> => data(200, move(owner, task, project));

test('a task gets a ref of its new project, and the one of before goes on naming it', async () => {
  const task = await makeTask(owner, here, { tags: ['kept'], status: 'planned' });
  const after = await moved(task);
  expect(after).toMatchObject({
    id: task.id,
    project_id: there.id,
    tags: ['kept'],
    workflow_status: 'planned',
  });
  expect(after.ref).toMatch(new RegExp(`^${there.key}-\\d+$`));
  for (const name of [task.id, after.ref, task.ref, task.ref.toLowerCase()])
    expect(await data(200, owner.get(`/api/tasks/${name}`))).toMatchObject({
      id: task.id,
      ref: after.ref,
      former_refs: [task.ref],
    });
  expect(await data(200, owner.put(`/api/tasks/${task.ref}`, { title: 'By its old ref' }))).toMatchObject({
    id: task.id,
  });
  // and back again, with a third ref
  const back = await moved(task, here);
  expect(back.ref).not.toBe(task.ref);
  expect((await show(owner, task)).former_refs.toSorted()).toEqual([task.ref, after.ref].toSorted());
  expect(await moved(task, here)).toMatchObject({ ref: back.ref, version: back.version });
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  expect(history.filter(({ action }: Json) => action === 'moved')[0].details).toEqual({
    old_value: { project_id: here.id, ref: task.ref },
    new_value: { project_id: there.id, ref: after.ref },
  });
});

test('both projects count it where it is', async () => {
  const [from, to] = [await makeProject(owner), await makeProject(owner)];
  const task = await makeTask(owner, from);
  await moved(task, to);
  const totalOf = async (project: Json) =>
    (await data(200, owner.get(`/api/projects/${project.id}`))).statistics.total_tasks;
  expect([await totalOf(from), await totalOf(to)]).toEqual([0, 1]);
  const { items } = await data(200, owner.get(`/api/projects/${from.id}/tasks`));
  expect(items).toEqual([]);
});

test('dependencies and children stay, the parent does not', async () => {
  const parent = await makeTask(owner, here);
  const task = await makeTask(owner, here, { parent_id: parent.id });
  const child = await makeTask(owner, here, { parent_id: task.id });
  const before = await makeTask(owner, here, { command: 'true' });
  await data(200, owner.put(`/api/tasks/${task.id}`, { dependencies: [before.id], command: 'true' }));
  expect(await moved(task)).toMatchObject({ parent_id: null });
  expect(await show(owner, child)).toMatchObject({ parent_id: task.id });
  const shown = await show(owner, task);
  expect(shown.children.map(({ id }: Json) => id)).toEqual([child.id]);
  expect(shown.dependencies.map((one: Json) => one.depends_on_task_id)).toEqual([before.id]);
  // the end of a task in one project lets start what waits for it in another
  await execute(owner, before);
  await execute(owner, task);
  await reached(owner, task, 'completed');
  // what is there may stay, and nothing else from the other project is added
  const another = await makeTask(owner, here);
  const put = (dependencies: string[]) => owner.put(`/api/tasks/${task.id}`, { dependencies });
  await data(200, put([before.id]));
  expect(await refusal(put([before.id, another.id]))).toBe('422 VALIDATION_ERROR');
});

test('who sees one of both projects sees nothing of the tasks in the other', async () => {
  const [hidden, shared] = [await makeProject(owner), await makeProject(owner)];
  const member = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${shared.id}/members/${member.user.id}`, { role: 'developer' }));
  const task = await makeTask(owner, hidden);
  const child = await makeTask(owner, hidden, { title: 'A hidden part', parent_id: task.id });
  const before = await makeTask(owner, hidden, { title: 'Hidden, too' });
  await data(200, owner.put(`/api/tasks/${task.id}`, { dependencies: [before.id] }));
  await moved(task, shared);
  expect(await show(member, task)).toMatchObject({ children: [], dependencies: [] });
  expect(await data(200, member.get(`/api/tasks/${task.id}/dependencies`))).toMatchObject({ blocked_by: [] });
  const { children, dependencies } = await show(owner, task);
  expect(children).toEqual([{ id: child.id, ref: child.ref, title: 'A hidden part', status: 'pending' }]);
  expect(dependencies).toHaveLength(1);
});

test('an assignee who cannot see the project is cleared', async () => {
  const colleague = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${here.id}/members/${colleague.user.id}`, { role: 'developer' }));
  const task = await makeTask(owner, here, { assigned_to: colleague.user.id });
  expect(await moved(task)).toMatchObject({ assigned_to: null });
  const own = await makeTask(owner, here, { assigned_to: owner.user.id });
  expect(await moved(own)).toMatchObject({ assigned_to: owner.user.id });
});

test('it takes the right to write in both projects', async () => {
  const member = await app.admin.createUser('developer');
  const hidden = await makeProject(owner);
  const readOnly = await makeProject(owner);
  await data(200, owner.put(`/api/projects/${here.id}/members/${member.user.id}`, { role: 'developer' }));
  await data(200, owner.put(`/api/projects/${readOnly.id}/members/${member.user.id}`, { role: 'viewer' }));
  const task = await makeTask(owner, here);
  expect(await refusal(move(member, task, hidden))).toBe('404 PROJECT_NOT_FOUND');
  expect(await refusal(move(member, task, readOnly))).toBe('403 PROJECT_ACCESS_DENIED');
  const own = await makeProject(member);
  const theirs = await makeTask(owner, readOnly);
  expect(await refusal(move(member, theirs, own))).toBe('403 PROJECT_ACCESS_DENIED');
  // an old ref leads nobody to a task that they may not see any more
  await moved(task, hidden);
  expect(await refusal(member.get(`/api/tasks/${task.ref}`))).toBe('404 TASK_NOT_FOUND');
});

test('an active task, a full project and a taken `external_ref` are refused, and nothing changes', async () => {
  const running = await makeTask(owner, here, { command: holding('move') });
  await execute(owner, running);
  await reached(owner, running, 'running');
  expect(await refusal(move(owner, running, there))).toBe('409 RESOURCE_IN_USE');
  await data(200, owner.post(`/api/tasks/${running.id}/cancel`, {}));
  const full = await makeProject(owner, { resource_limits: { max_tasks: 1 } });
  await makeTask(owner, full, { external_ref: 'taken' });
  const task = await makeTask(owner, here, { external_ref: 'taken' });
  expect(await refusal(move(owner, task, full))).toBe('409 PROJECT_LIMIT_EXCEEDED');
  await makeTask(owner, there, { external_ref: 'taken' });
  expect(await refusal(move(owner, task, there))).toBe('409 RESOURCE_ALREADY_EXISTS');
  expect(await show(owner, task)).toMatchObject({ project_id: here.id, ref: task.ref, version: 1 });
});

test('its runs stay where they were: who sees the new project only does not see their output', async () => {
  const member = await app.admin.createUser('developer');
  const shared = await makeProject(owner);
  await data(200, owner.put(`/api/projects/${shared.id}/members/${member.user.id}`, { role: 'developer' }));
  const task = await makeTask(owner, here, { title: 'Of here', command: 'echo of here' });
  await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Harmless' }));
  const { execution_id } = await execute(owner, task);
  await reached(owner, task, 'completed');
  await moved(task, shared);
  expect(await show(owner, task)).toMatchObject({ last_run: { status: 'completed', exit_code: 0 } });
  const { items } = await data(200, member.get('/api/tasks/', { query: { project_id: shared.id } }));
  for (const of of [await show(member, task), items[0]])
    expect(of).toMatchObject({ id: task.id, status: 'completed', last_run: null });
  expect((await member.get(`/api/tasks/${task.id}/output`)).status).toBe(404);
  expect((await member.get(`/api/commands/${execution_id}/output`)).status).toBe(404);
  // nor what they were, nor what the task said there
  const seen = async (client: Client) => {
    const [{ executions }, { history }, detail] = await Promise.all(
      ['/executions', '/history', ''].map((part) => data(200, client.get(`/api/tasks/${task.id}${part}`))),
    );
    return [executions.length, JSON.stringify([history, detail.history]).includes('Of here')];
  };
  expect([await seen(owner), await seen(member)]).toEqual([
    [1, true],
    [0, false],
  ]);
  expect((await show(member, task)).history).toMatchObject([{ action: 'moved' }]);
  expect((await owner.get(`/api/tasks/${task.id}/output`)).status).toBe(200);
  // it runs in the workspace of its new project from now on
  await execute(member, task);
  await reached(member, task, 'completed');
  expect((await member.get(`/api/tasks/${task.id}/output`)).status).toBe(200);
  expect(await show(member, task)).toMatchObject({ last_run: { status: 'completed' } });
});

test('what a task has attached must have room in its new project', async () => {
  const small = await makeProject(owner, { resource_limits: { storage_limit: '1MB' } });
  const task = await makeTask(owner, here);
  const parts = new FormData();
  for (const [name, value] of Object.entries({ linked_type: 'task', linked_id: task.id }))
    parts.set(name, value);
  parts.set('file', new Blob([new Uint8Array(1_500_000)]), 'large.bin');
  await data(201, owner.post('/api/attachments', parts));
  expect(await refusal(move(owner, task, small))).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect(await show(owner, task)).toMatchObject({ project_id: here.id });
  await data(200, owner.put(`/api/projects/${small.id}`, { resource_limits: { storage_limit: '2MB' } }));
  await moved(task, small);
});

test('who sees only the project of before does not read its title of now', async () => {
  const [shared, own] = [await makeProject(owner), await makeProject(owner, { visibility: 'private' })];
  const reader = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${shared.id}/members/${reader.user.id}`, { role: 'viewer' }));
  const task = await makeTask(owner, shared, { title: 'A harmless title' });
  const titles = async () =>
    (await data(200, reader.get(`/api/projects/${shared.id}`))).recent_activity.map(
      (entry: Json) => entry.task_title,
    );
  expect(await titles()).toContain('A harmless title');
  await moved(task, own);
  await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'A secret title' }));
  expect((await titles()).filter(Boolean)).toEqual([]);
});
