import { Client as Postgres } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor } from '../support/locked-table.js';
import { until } from '../support/until.js';
import { data, execute, makeJob, makeProject, makeTask, nobody, refusal, show, type Json } from './steps.js';

// one request to one process: the same in every mode
describe('a bulk operation', () => {
  const app = useSharedApp();
  let owner: Client;
  let project: Json;
  beforeAll(async () => {
    owner = await app.admin.createUser('developer');
    project = await makeProject(owner);
  });
  const make = (count: number, fields?: Record<string, unknown>): Promise<Json[]> =>
    Promise.all(Array.from({ length: count }, () => makeTask(owner, project, fields)));
  const bulk = (operation: string, tasks: Json[], fields?: object) =>
    owner.post('/api/tasks/bulk', {
      operation,
      task_ids: tasks.map((task) => task.id ?? task),
      data: fields,
    });
  const done = async (operation: string, tasks: Json[], fields?: object) => {
    const ids = tasks.map(({ id }) => id);
    expect(await data(200, bulk(operation, tasks, fields))).toEqual({
      operation,
      affected_count: ids.length,
      successful: ids,
      failed: [],
      errors: [],
    });
    return Promise.all(tasks.map((task) => show(owner, task)));
  };

  test('update_status sets status and progress', async () => {
    for (const task of await done('update_status', await make(3), {
      status: 'completed',
      progress_percentage: 100,
    }))
      expect(task).toMatchObject({ status: 'completed', progress_percentage: 100, version: 2 });
  });

  test('assign assigns tasks to a user, or to nobody', async () => {
    const tasks = await make(2);
    for (const task of await done('assign', tasks, { assigned_to: owner.user.id }))
      expect(task.assigned_to).toBe(owner.user.id);
    for (const task of await done('assign', tasks, { assigned_to: null }))
      expect(task.assigned_to).toBeNull();
  });

  test('add_tags and remove_tags change only tasks whose tags differ', async () => {
    const tasks = [...(await make(1, { tags: ['a'] })), ...(await make(1, { tags: ['a', 'b', 'c'] }))];
    const added = await done('add_tags', tasks, { tags: ['b', 'c'] });
    expect(added.map(({ tags, version }) => [tags, version])).toEqual([
      [['a', 'b', 'c'], 2],
      [['a', 'b', 'c'], 1],
    ]);
    const removed = await done('remove_tags', tasks, { tags: ['a', 'none'] });
    expect(removed.map(({ tags }) => tags)).toEqual([
      ['b', 'c'],
      ['b', 'c'],
    ]);
  });

  test('set_priority sets the priority', async () => {
    for (const task of await done('set_priority', await make(2), { priority: 1 }))
      expect(task.priority).toBe(1);
  });

  test('delete deletes the tasks', async () => {
    const tasks = await make(2);
    const answer = await data(200, bulk('delete', tasks));
    expect(answer).toMatchObject({ operation: 'delete', affected_count: 2, failed: [] });
    for (const { id } of tasks)
      expect(await refusal(owner.get(`/api/tasks/${id}`))).toBe('404 TASK_NOT_FOUND');
  });

  test('reports each failed task with the reason, and applies to the others', async () => {
    const stranger = await app.admin.createUser('developer');
    const foreign = await makeTask(stranger, await makeProject(stranger));
    const shared = await makeProject(stranger, { visibility: 'internal' });
    const readable = await makeTask(stranger, shared);
    const archived = await makeProject(owner);
    const kept = await makeTask(owner, archived);
    await data(200, owner.put(`/api/projects/${archived.id}`, { status: 'archived' }));
    const active = await makeJob(owner, project, 'sleep 60');
    await execute(owner, active);
    const [good, twice] = (await make(2)) as [Json, Json];

    const names = [
      good.id,
      foreign.id,
      readable.id,
      kept.id,
      active.id,
      nobody,
      'no name of a task',
      twice.id,
      twice.id,
    ];
    const result = await data(200, bulk('update_status', names, { status: 'completed' }));
    expect(result).toEqual({
      operation: 'update_status',
      affected_count: 2,
      successful: [good.id, twice.id],
      failed: [foreign.id, readable.id, kept.id, active.id, nobody, 'no name of a task'],
      errors: [
        [foreign.id, 'TASK_NOT_FOUND'],
        [readable.id, 'PROJECT_ACCESS_DENIED'],
        [kept.id, 'PROJECT_ARCHIVED'],
        [active.id, 'TASK_ALREADY_RUNNING'],
        [nobody, 'TASK_NOT_FOUND'],
        ['no name of a task', 'TASK_NOT_FOUND'],
      ].map(([task_id, code]) => ({ task_id, code, message: expect.any(String) })),
    });
    const assigned = await data(200, bulk('assign', [good.id], { assigned_to: nobody }));
    expect(assigned.errors).toEqual([
      { task_id: good.id, code: 'VALIDATION_ERROR', message: expect.any(String) },
    ]);
    const deleted = await data(200, bulk('delete', [active.id]));
    expect(deleted.errors[0].code).toBe('RESOURCE_IN_USE');
    const many = Array.from({ length: 49 }, (_, n) => `t${n}`);
    await data(200, bulk('add_tags', [good.id], { tags: many }));
    const overfull = await data(200, bulk('add_tags', [good.id], { tags: ['one', 'two'] }));
    expect(overfull.errors[0].code).toBe('VALIDATION_VALUE_TOO_LONG');
    await data(200, owner.post(`/api/tasks/${active.id}/cancel`));
  });

  test('with invalid parameters is refused as a whole', async () => {
    const [task] = (await make(1)) as [Json];
    for (const body of [
      {},
      { operation: 'explode', task_ids: [task.id], data: {} },
      { operation: 'delete', task_ids: [] },
      { operation: 'delete', task_ids: Array.from({ length: 501 }, () => task.id) },
      { operation: 'update_status', task_ids: [task.id] },
      { operation: 'update_status', task_ids: [task.id], data: { status: 'queued' } },
      { operation: 'set_priority', task_ids: [task.id], data: { priority: 0 } },
      { operation: 'add_tags', task_ids: [task.id], data: { tags: 'a' } },
    ])
      expect([body, (await owner.post('/api/tasks/bulk', body)).status]).toEqual([body, 422]);
    expect((await show(owner, task)).version).toBe(1);
  });
});

describe('who is disabled while a large write waits', () => {
  const app = useSharedApp();

  test('has none of it done, nor what is left of one that goes on', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const [first, second, third] = (await Promise.all([1, 2, 3].map(() => makeTask(owner, project)))) as [
      Json,
      Json,
      Json,
    ];
    const lock = new Postgres({ connectionString: app.databaseUrl });
    await lock.connect();
    await lock.query('BEGIN');
    await lock.query('SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE', [first.id]);
    const assign = (tasks: Json[]) =>
      owner.post('/api/tasks/bulk', {
        operation: 'set_priority',
        task_ids: tasks.map(({ id }) => id),
        data: { priority: 1 },
      });
    const goesOn = refusal(assign([first, second]));
    await until(async () => (await waitingFor(app, '')) > 0);
    const waits = [
      refusal(assign([third])),
      refusal(owner.post(`/api/projects/${project.id}/clone`, { name: 'Mine', key: 'MINE' })),
    ];
    // so long that who goes on is looked at again, and that the others are in line
    const begun = Date.now();
    await until(() => Date.now() > begun + 600);
    await data(200, app.admin.put(`/api/users/${owner.user.id}`, { disabled: true }));
    await lock.query('COMMIT');
    await lock.end();
    expect(await Promise.all([goesOn, ...waits])).toEqual(Array(3).fill('403 AUTH_ACCOUNT_DISABLED'));
    const states = await Promise.all([second, third].map((task) => show(app.admin, task)));
    expect(states.map(({ priority }) => priority)).toEqual([5, 5]);
    expect(await refusal(app.admin.get('/api/projects/MINE'))).toBe('404 PROJECT_NOT_FOUND');
  });
});
