import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../commands/steps.js';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeJob,
  makeProject,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { mode } from '../support/mode.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const cluster = mode === 'cluster';
const app = useApp({
  roles: cluster ? ['api'] : undefined,
  env: { WORKER_LABELS: 'Plain, gpu', WORKER_CONCURRENCY: '2' },
});
let owner: Client;
let project: Json;
/** In a cluster: the worker with the label `gpu`, and the one without. */
let gpu: ServerProcess;
let plain: ServerProcess;
beforeAll(async () => {
  if (cluster) {
    gpu = await app.add('worker');
    app.env = { ...app.env, WORKER_LABELS: 'plain' };
    plain = await app.add('worker');
  }
  owner = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${owner.user.id}`, { max_running: 100 }));
  project = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 100 } });
});

const cancel = (task: Json) => data(200, owner.post(`/api/tasks/${task.id}/cancel`, {}));
async function pidOf(task: Json): Promise<number> {
  const [row] = await app.query<{ pid: number }>(
    'SELECT w.pid FROM executions e JOIN workers w ON w.id = e.worker_id WHERE e.id = $1',
    [(await show(owner, task)).execution_id],
  );
  return row!.pid;
}

test('a run goes where its labels are, whatever their case and order', async () => {
  const task = await makeJob(owner, project, 'true', {
    runs_on: ['PLAIN', `os:${process.platform}`, 'gpu', 'gpu'],
  });
  expect(task.runs_on).toEqual(['gpu', `os:${process.platform}`, 'plain']);
  await execute(owner, task);
  await reached(owner, task, 'completed');
  expect(await lastExecution(owner, task)).toMatchObject({ runs_on: task.runs_on });
  if (cluster) expect(await pidOf(task)).toBe(gpu.pid);
});

test('what no worker fits waits and says so, and is known to the queue', async () => {
  const task = await makeJob(owner, project, 'true', { runs_on: ['nowhere'] });
  expect(await execute(owner, task)).toMatchObject({
    why_waiting: 'no_matching_worker',
    estimated_start_time: null,
  });
  const other = await makeJob(owner, project, 'true');
  await execute(owner, other);
  await reached(owner, other, 'completed');
  // longer than the reconciler waits before it offers what the queue does not know
  await until(async () => {
    const rows = await app.query('SELECT 1 FROM unmatched_label_sets WHERE runs_on = $1', [['nowhere']]);
    return rows.length === 1;
  });
  expect(await show(owner, task)).toMatchObject({ status: 'queued', why_waiting: 'no_matching_worker' });
  await cancel(task);
  await until(async () => (await app.query('SELECT 1 FROM unmatched_label_sets')).length === 0);
});

test('administrators are alerted once of labels that no worker has had for five minutes', async () => {
  const alerts = async () =>
    (
      await app.query<{ details: Json }>(
        `SELECT new_value -> 'details' AS details FROM activity WHERE action = 'alert' AND new_value ->> 'kind' = 'no_matching_worker'`,
      )
    ).map(({ details }) => details);
  const tasks = await Promise.all(
    [1, 2].map(() => makeJob(owner, project, 'true', { runs_on: ['never', 'at-all'] })),
  );
  for (const task of tasks) await execute(owner, task);
  const age = () =>
    app.query<{ since: Date }>(
      "UPDATE unmatched_label_sets SET since = now() - interval '6 minutes' RETURNING since",
    );
  await until(async () => (await age()).length > 0);
  await until(async () => (await alerts()).length > 0);
  expect(await alerts()).toEqual([{ runs_on: ['at-all', 'never'] }]);
  for (const task of tasks) await cancel(task);
});

test("a task without labels has those of its project, and [] is any worker's", async () => {
  const bound = await makeProject(owner, { settings: { runs_on: ['nowhere'] } });
  const [inherits, free, own] = await Promise.all([
    makeJob(owner, bound, 'true'),
    makeJob(owner, bound, 'true', { runs_on: [] }),
    makeJob(owner, bound, 'true', { runs_on: ['plain'] }),
  ]);
  expect([inherits!.runs_on, free!.runs_on]).toEqual([null, []]);
  for (const task of [inherits, free, own]) await execute(owner, task!);
  await reached(owner, free!, 'completed');
  await reached(owner, own!, 'completed');
  expect(await show(owner, inherits!)).toMatchObject({ why_waiting: 'no_matching_worker' });
  expect(await lastExecution(owner, inherits!)).toMatchObject({ runs_on: ['nowhere'] });
  await cancel(inherits!);
  await data(200, owner.put(`/api/projects/${bound.id}`, { settings: { runs_on: null } }));
  expect(await run(owner, 'true', { project_id: bound.id })).toMatchObject({ status: 'completed' });
});

test('bad labels are refused with their field', async () => {
  for (const runs_on of [['a b'], [''], 'gpu', Array.from({ length: 21 }, (_, n) => `l${n}`)]) {
    const answer = await owner.post('/api/tasks/', { title: 'T', project_id: project.id, runs_on });
    expect(await refusal(answer)).toMatch(/^422 VALIDATION/);
    expect(JSON.stringify(answer.body.error.details)).toContain('runs_on');
  }
  expect(await refusal(owner.put(`/api/projects/${project.id}`, { settings: { runs_on: ['-'] } }))).toMatch(
    /^422/,
  );
});

test('the slots of a worker are shared by all labels, and the most urgent of any comes first', async () => {
  const slots = cluster ? 4 : 2;
  const name = `go-${Date.now()}`;
  const holders = await Promise.all(
    Array.from({ length: slots }, (_, n) =>
      makeJob(owner, project, holding(name), { runs_on: n % 2 ? [] : ['plain'] }),
    ),
  );
  for (const task of holders) await execute(owner, task);
  for (const task of holders) await reached(owner, task, 'running');
  const late = await Promise.all(
    [[], ['plain'], ['gpu'], [], ['gpu'], ['plain']].map((runs_on) =>
      makeJob(owner, project, 'sleep 0.2', { runs_on }),
    ),
  );
  const order = ['low', 'low', 'low', 'normal', 'high', 'normal'];
  for (const [n, task] of late.entries())
    expect(await execute(owner, task, { priority: order[n] })).toMatchObject({ why_waiting: 'worker_busy' });
  const waits = await execute(owner, await makeJob(owner, project, 'true', { runs_on: ['gpu'] }), {
    priority: 'low',
  });
  expect(waits.estimated_start_time).toEqual(expect.any(String));
  await app.query('SELECT 1');
  const release = await makeJob(owner, project, `touch ${name}`, { runs_on: [] });
  // nobody has a free slot for it, so one is made
  await execute(owner, release, { priority: 'high' });
  await cancel(holders[0]!);
  for (const task of late) await reached(owner, task, 'completed');
  const rows = await app.query<{ queue: number; most: number }>(
    'SELECT queue, started_at FROM executions WHERE task_id = ANY($1) ORDER BY started_at',
    [late.map(({ id }) => id)],
  );
  if (!cluster) expect(rows.map(({ queue }) => queue)).toEqual([0, 1, 1, 2, 2, 2]);
  const [most] = await app.query<{ most: number }>(
    `SELECT max(n)::int AS most FROM (
       SELECT worker_id, sum(change) OVER (PARTITION BY worker_id ORDER BY at, change) AS n FROM (
         SELECT worker_id, started_at AS at, 1 AS change FROM executions WHERE started_at IS NOT NULL
         UNION ALL SELECT worker_id, finished_at, -1 FROM executions WHERE started_at IS NOT NULL AND finished_at IS NOT NULL) AS c) AS counts`,
  );
  expect(most!.most).toBe(2);
});

describe.runIf(cluster)('between workers', () => {
  test('a label that comes with a new worker starts what waits for it, and its queue is gone when it is not used', async () => {
    const tasks = await Promise.all(
      [1, 2, 3].map(() => makeJob(owner, project, 'true', { runs_on: ['late', 'plain'] })),
    );
    for (const task of tasks)
      expect(await execute(owner, task)).toMatchObject({ why_waiting: 'no_matching_worker' });
    app.env = { ...app.env, WORKER_LABELS: 'plain,late' };
    const late = await app.add('worker');
    for (const task of tasks) {
      await reached(owner, task, 'completed');
      expect(await pidOf(task)).toBe(late.pid);
    }
    await late.stop();
    app.processes.splice(app.processes.indexOf(late), 1);
  });

  test('queues of labels are made anew when Redis was wiped', async () => {
    const name = `wiped-${Date.now()}`;
    const holders = await Promise.all(
      [1, 2].map(() => makeJob(owner, project, holding(name), { runs_on: ['gpu'] })),
    );
    for (const task of holders) await execute(owner, task);
    for (const task of holders) await reached(owner, task, 'running');
    const waiting = await Promise.all(
      [1, 2, 3].map(() => makeJob(owner, project, 'true', { runs_on: ['gpu'] })),
    );
    for (const task of waiting) await execute(owner, task);
    await app.redis!.use((client) => client.flushall());
    const release = await makeJob(owner, project, `touch ${name}`);
    await execute(owner, release);
    for (const task of waiting) {
      await reached(owner, task, 'completed');
      expect(await pidOf(task)).toBe(gpu.pid);
    }
    expect(plain.exit).toBeUndefined();
  });
});
