import { Client as Database } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import {
  data,
  execute,
  makeJob,
  makeProject,
  makeTask,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor } from '../support/locked-table.js';
import { until } from '../support/until.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const path = (task: Json) => `/api/tasks/${task.id}/dependencies`;
const add = (task: Json, other: Json) => owner.post(path(task), { depends_on: other.ref });
const related = (task: Json) => ({
  id: task.id,
  ref: task.ref,
  project_id: task.project_id,
  title: task.title,
  status: task.status,
});

test('dependencies are shown both ways, added and removed one at a time', async () => {
  const [first, second, third] = [
    await makeTask(owner, project),
    await makeTask(owner, project),
    await makeTask(owner, project),
  ];
  await data(200, add(second, first));
  expect(await data(200, add(third, first))).toEqual({
    task_id: third.id,
    blocked_by: [related(first)],
    blocks: [],
  });
  expect(await data(200, owner.get(path(first)))).toEqual({
    task_id: first.id,
    blocked_by: [],
    blocks: [related(second), related(third)],
  });
  // once more changes nothing
  const { version } = await show(owner, third);
  await data(200, add(third, first));
  expect(await show(owner, third)).toMatchObject({ version });
  expect(await data(200, owner.delete(`${path(third)}/${first.ref}`))).toMatchObject({ blocked_by: [] });
  expect(await data(200, owner.delete(`${path(third)}/${first.ref}`))).toMatchObject({ blocked_by: [] });
});

test('a circle, another project and what one may not see are refused', async () => {
  const [first, second] = [await makeTask(owner, project), await makeTask(owner, project)];
  await data(200, add(second, first));
  expect(await refusal(add(first, second))).toBe('422 VALIDATION_ERROR');
  expect(await refusal(add(first, first))).toBe('422 VALIDATION_ERROR');
  expect(await refusal(add(first, await makeTask(owner, await makeProject(owner))))).toBe(
    '422 VALIDATION_ERROR',
  );
  const hidden = await makeTask(app.admin, await makeProject(app.admin));
  expect(await refusal(add(first, hidden))).toBe('404 TASK_NOT_FOUND');
  const stranger = await app.admin.createUser('developer');
  for (const answer of [
    stranger.get(path(first)),
    stranger.post(path(first), { depends_on: second.id }),
    stranger.delete(`${path(second)}/${first.id}`),
  ])
    expect(await refusal(answer)).toBe('404 TASK_NOT_FOUND');
  const reader = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${project.id}/members/${reader.user.id}`, { role: 'viewer' }));
  await data(200, reader.get(path(second)));
  expect(await refusal(reader.post(path(first), { depends_on: second.id }))).toBe(
    '403 PROJECT_ACCESS_DENIED',
  );
});

test('the walk for a circle is bounded', async () => {
  const own = await makeProject(owner);
  const [last, before, head, end, free] = [
    await makeTask(owner, own),
    await makeTask(owner, own),
    await makeTask(owner, own),
    await makeTask(owner, own),
    await makeTask(owner, own),
  ];
  await data(200, add(before, last));
  // from the head over 10,500 others to the end
  await app.query(
    `WITH copies AS (
       INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'number', 10 + n))).*
         FROM tasks t, generate_series(1, 10500) AS n WHERE t.id = $1 RETURNING id, number)
     INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
     SELECT gen_random_uuid(), a.id, b.id
       FROM (SELECT id, number FROM copies UNION ALL SELECT $1, 10) AS a
       JOIN (SELECT id, number FROM copies UNION ALL SELECT $2, 10511) AS b ON b.number = a.number + 1`,
    [head.id, end.id],
  );
  const refused = await add(last, head);
  expect([refused.status, refused.body.error.details.issue]).toEqual([422, expect.stringContaining('10000')]);
  // nothing waits for this one, so there is nothing to walk
  await data(200, add(free, head));
});

test('a run that has to wait names only what everybody sees who sees the task', async () => {
  const [own, other] = [await makeProject(owner), await makeProject(owner)];
  const [job, first, second] = [
    await makeJob(owner, own, 'true'),
    await makeTask(owner, own),
    await makeTask(owner, own),
  ];
  for (const one of [first, second]) await data(200, add(job, one));
  await data(200, owner.post(`/api/tasks/${second.id}/move`, { project_id: other.id }));
  const unmet = async () => (await owner.post(`/api/tasks/${job.id}/execute`)).body.error;
  expect(await unmet()).toMatchObject({
    code: 'TASK_DEPENDENCY_NOT_MET',
    details: { dependencies: [{ id: first.id, status: 'pending' }] },
  });
  await data(200, owner.put(`/api/tasks/${first.id}`, { status: 'completed' }));
  expect(await unmet()).toMatchObject({ code: 'TASK_DEPENDENCY_NOT_MET', details: { dependencies: [] } });
});

test('a task waits for a hundred others at most', async () => {
  const others = await Promise.all(Array.from({ length: 101 }, () => makeTask(owner, project)));
  const task = await makeTask(owner, project, { dependencies: others.slice(0, 100).map(({ id }) => id) });
  expect(await refusal(add(task, others[100]!))).toBe('422 VALIDATION_ERROR');
});

test('a queued task starts when what it waits for is taken away', async () => {
  const first = await makeTask(owner, project, { status: 'running' });
  const second = await makeTask(owner, project, { command: 'true', dependencies: [first.id] });
  await execute(owner, second);
  await data(200, owner.delete(`${path(second)}/${first.id}`));
  await reached(owner, second, 'completed');
});

test('the end of a task waits for none of the many runs that fail with it', async () => {
  const own = await makeProject(owner);
  const first = await makeJob(owner, own, 'sleep 60');
  const second = await makeJob(owner, own, 'true', { dependencies: [first.id] });
  const third = await makeJob(owner, own, 'true', { dependencies: [second.id] });
  for (const task of [first, second, third]) await execute(owner, task);
  // more than one batch of dependents
  await app.query(
    `WITH copies AS MATERIALIZED (SELECT gen_random_uuid() AS task, gen_random_uuid() AS run, n FROM generate_series(1, 150) AS n),
     runs AS (
       INSERT INTO executions SELECT (jsonb_populate_record(e, jsonb_build_object('id', c.run, 'task_id', c.task))).*
         FROM executions e, copies c WHERE e.task_id = $1),
     waiting AS (
       INSERT INTO task_dependencies (id, task_id, depends_on_task_id) SELECT gen_random_uuid(), c.task, $2 FROM copies c)
     INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', c.task, 'number', 10 + c.n, 'execution_id', c.run))).*
       FROM tasks t, copies c WHERE t.id = $1`,
    [second.id, first.id],
  );
  const holder = new Database({ connectionString: app.databaseUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM executions WHERE project_id = $1 AND status = 'queued' FOR UPDATE`, [
      own.id,
    ]);
    await data(200, owner.post(`/api/tasks/${first.id}/cancel`));
    expect((await show(owner, first)).status).toBe('cancelled');
    await until(async () => (await waitingFor(app, 'UPDATE executions')) > 0);
    await holder.query('COMMIT');
  } finally {
    await holder.end();
  }
  for (const task of [second, third])
    expect(await reached(owner, task, 'failed')).toMatchObject({
      last_run: { reason: 'TASK_DEPENDENCY_NOT_MET' },
    });
  await until(async () => {
    const [left] = await app.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM executions WHERE project_id = $1 AND status = 'queued'`,
      [own.id],
    );
    return left!.n === 0;
  });
});
