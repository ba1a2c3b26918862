import { beforeAll, expect, test } from 'vitest';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { twoOfBoth, useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ roles: twoOfBoth, env: { WORKER_CONCURRENCY: '6', CANCEL_GRACE_SECONDS: '1' } });
let owner: Client;
let other: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  other = await app.admin.createUser('developer');
  for (const { user } of [owner, other])
    await data(200, app.admin.put(`/api/users/${user.id}`, { max_running: 100 }));
});

const queue = (action: 'pause' | 'resume', priority: string) =>
  data(200, app.admin.post(`/api/queues/${action}`, { queue_name: `${priority}_priority` }));
const cancel = (client: Client, task: Json) => data(200, client.post(`/api/tasks/${task.id}/cancel`, {}));
const forever = 'sleep 300';

/** Starts a task that holds a group until it is cancelled. */
async function hold(client: Client, project: Json, concurrency: object, command = forever): Promise<Json> {
  const task = await makeJob(client, project, command, { concurrency });
  await execute(client, task);
  return reached(client, task, 'running');
}

/** The most runs of a group that were admitted at one time. */
async function mostAtOnce(group: string): Promise<number> {
  const [row] = await app.query<{ most: number }>(
    `WITH e AS (SELECT admitted_at, finished_at FROM executions WHERE concurrency_group = $1 AND admitted_at IS NOT NULL)
     SELECT max(n)::int AS most FROM (
       SELECT sum(change) OVER (ORDER BY at, change) AS n FROM (
         SELECT admitted_at AS at, 1 AS change FROM e UNION ALL SELECT finished_at, -1 FROM e) AS changes) AS counts`,
    [group],
  );
  return row!.most;
}

/** The tasks of a group in the order in which they were admitted. */
async function orderOf(group: string): Promise<string[]> {
  const rows = await app.query<{ task_id: string }>(
    'SELECT task_id FROM executions WHERE concurrency_group = $1 AND admitted_at IS NOT NULL ORDER BY admitted_at, id',
    [group],
  );
  return rows.map(({ task_id }) => task_id);
}

test('a group runs its runs one at a time over projects, by priority, then the oldest first', async () => {
  const projects = await Promise.all([makeProject(owner), makeProject(other)]);
  const clients = [owner, other];
  const group = 'in-order';
  const first = await hold(owner, projects[0]!, { group });
  const waiting: Json[] = [];
  for (const [n, priority] of ['low', 'normal', 'normal', 'high', 'normal', 'high'].entries()) {
    const task = await makeJob(clients[n % 2]!, projects[n % 2]!, 'true', { concurrency: { group } });
    expect(await execute(clients[n % 2]!, task, { priority })).toMatchObject({
      why_waiting: 'concurrency_group',
      estimated_start_time: null,
    });
    waiting.push(task);
  }
  const free = await makeJob(owner, projects[0]!, 'true');
  await execute(owner, free);
  await reached(owner, free, 'completed');
  expect(await show(owner, waiting[0]!)).toMatchObject({
    status: 'queued',
    why_waiting: 'concurrency_group',
  });
  expect(await lastExecution(owner, waiting[0]!)).toMatchObject({
    concurrency_group: group,
    concurrency_limit: 1,
    why_waiting: 'concurrency_group',
  });
  await cancel(owner, first);
  for (const [n, task] of waiting.entries()) await reached(clients[n % 2]!, task, 'completed');
  expect(await orderOf(group)).toEqual(
    [first, ...[3, 5, 1, 2, 4, 0].map((n) => waiting[n]!)].map(({ id }) => id),
  );
  expect(await mostAtOnce(group)).toBe(1);
});

test('the limit holds while 40 runs of a group start and end concurrently', { timeout: 60_000 }, async () => {
  const projects = await Promise.all([makeProject(owner), makeProject(owner), makeProject(other)]);
  const tasks = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      makeJob(n % 3 === 2 ? other : owner, projects[n % 3]!, `sleep 0.05; exit ${n % 4 === 0 ? 1 : 0}`, {
        concurrency: { group: 'crowd', limit: 3 },
        retry_attempts: n % 4 === 0 ? 1 : 0,
      }),
    ),
  );
  await Promise.all(tasks.map((task, n) => execute(n % 3 === 2 ? other : owner, task)));
  for (const [n, task] of tasks.entries())
    await reached(app.admin, task, n % 4 === 0 ? 'failed' : 'completed', 50_000);
  expect(await mostAtOnce('crowd')).toBe(3);
});

test('the limit that counts is that of the run which is to start', async () => {
  const project = await makeProject(owner);
  const held = await hold(owner, project, { group: 'limits', limit: 2 });
  const strict = await makeJob(owner, project, 'true', { concurrency: { group: 'limits' } });
  await execute(owner, strict);
  await cancel(owner, held);
  await reached(owner, strict, 'completed');
  const [one, two] = [
    await hold(owner, project, { group: 'limits', limit: 2 }),
    await hold(owner, project, { group: 'limits', limit: 2 }),
  ];
  await execute(owner, strict);
  await cancel(owner, one);
  await until(async () => (await show(owner, one)).status === 'cancelled');
  expect(await show(owner, strict)).toMatchObject({ why_waiting: 'concurrency_group' });
  await cancel(owner, two);
  await reached(owner, strict, 'completed');
});

test('{{project}} gives each project a group of its own', async () => {
  const projects = await Promise.all([makeProject(owner), makeProject(owner)]);
  const concurrency = { group: 'deploy-{{ project }}' };
  const held = await Promise.all(projects.map((project) => hold(owner, project, concurrency)));
  expect((await lastExecution(owner, held[1]!)).concurrency_group).toBe(`deploy-${projects[1]!.key}`);
  await Promise.all(held.map((task) => cancel(owner, task)));
});

test('what waits for something else as well holds nobody of its group up', async () => {
  const full = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 1 } });
  const project = await makeProject(owner);
  const group = 'held-up';
  const taken = await makeJob(owner, full, forever);
  await execute(owner, taken);
  await reached(owner, taken, 'running');
  const first = await hold(owner, project, { group });
  const [behind, paused, last] = await Promise.all(
    [full, project, project].map((where) => makeJob(owner, where, 'true', { concurrency: { group } })),
  );
  await execute(owner, behind!);
  await queue('pause', 'high');
  await execute(owner, paused!, { priority: 'high' });
  await execute(owner, last!);
  expect(await show(owner, paused!)).toMatchObject({ why_waiting: 'queue_paused' });
  await cancel(owner, first);
  await reached(owner, last!, 'completed');
  expect(await show(owner, behind!)).toMatchObject({ status: 'queued' });
  await queue('resume', 'high');
  await reached(owner, paused!, 'completed');
  expect(await show(owner, behind!)).toMatchObject({ why_waiting: 'project_limit' });
  await cancel(owner, taken);
  await reached(owner, behind!, 'completed');
});

test('a run in its backoff or behind a task leaves its place to others', async () => {
  const project = await makeProject(owner);
  const concurrency = { group: 'leaves' };
  const failing = await makeJob(owner, project, 'exit 1', { concurrency, retry_attempts: 1 });
  await execute(owner, failing);
  await until(async () => (await show(owner, failing)).why_waiting === 'retry_backoff');
  const held = await hold(owner, project, concurrency);
  const before = await makeJob(owner, project, 'true');
  const dependent = await makeJob(owner, project, 'true', { concurrency, dependencies: [before.id] });
  await queue('pause', 'low');
  await execute(owner, before, { priority: 'low' });
  await execute(owner, dependent);
  expect(await show(owner, dependent)).toMatchObject({ why_waiting: 'dependencies' });
  await queue('resume', 'low');
  await reached(owner, before, 'completed');
  await until(async () => (await show(owner, dependent)).why_waiting === 'concurrency_group');
  await until(async () => (await show(owner, failing)).why_waiting === 'concurrency_group');
  await cancel(owner, held);
  await reached(owner, dependent, 'completed');
  await reached(owner, failing, 'failed');
  expect(await mostAtOnce('leaves')).toBe(1);
});

test('skip refuses a run while its group is full, and names the holder to who may see it', async () => {
  const [mine, theirs] = await Promise.all([makeProject(owner), makeProject(other)]);
  const concurrency = { group: 'skipping', on_conflict: 'skip' };
  const held = await hold(owner, mine, concurrency);
  const again = await makeJob(owner, mine, 'true', { concurrency });
  const hidden = await makeJob(other, theirs, 'true', { concurrency });
  const refused = await owner.post(`/api/tasks/${again.id}/execute`);
  expect(await refusal(refused)).toBe('409 CONCURRENCY_SKIPPED');
  expect(refused.body.error.details).toEqual({
    concurrency_group: 'skipping',
    concurrency_limit: 1,
    execution_id: held.execution_id,
    task_id: held.id,
  });
  const blind = await other.post(`/api/tasks/${hidden.id}/execute`);
  expect(await refusal(blind)).toBe('409 CONCURRENCY_SKIPPED');
  expect(blind.body.error.details).toEqual({ concurrency_group: 'skipping', concurrency_limit: 1 });
  expect(await show(other, hidden)).toMatchObject({ status: 'pending', execution_id: null });
  await cancel(owner, held);
  await execute(other, hidden);
  await reached(other, hidden, 'completed');
});

test('of requests that skip at the same moment, as many are queued as the group has places', async () => {
  const project = await makeProject(owner);
  const concurrency = { group: 'skip-race', limit: 2, on_conflict: 'skip' };
  const tasks = await Promise.all(
    Array.from({ length: 12 }, () => makeJob(owner, project, forever, { concurrency })),
  );
  const answers = await Promise.all(tasks.map((task) => owner.post(`/api/tasks/${task.id}/execute`)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    202,
    202,
    ...Array.from({ length: 10 }, () => 409),
  ]);
  for (const [n, { status }] of answers.entries()) if (status === 202) await cancel(owner, tasks[n]!);
});

test('cancel_running takes the place of what runs and waits in its group', async () => {
  const project = await makeProject(owner);
  const group = 'replacing';
  const held = await hold(owner, project, { group });
  const waiting = await makeJob(owner, project, forever, { concurrency: { group } });
  await execute(owner, waiting);
  const newer = await makeJob(owner, project, forever, {
    concurrency: { group, on_conflict: 'cancel_running' },
  });
  await execute(owner, newer);
  await reached(owner, newer, 'running');
  for (const task of [held, waiting]) {
    await reached(owner, task, 'cancelled');
    const [row] = await app.query('SELECT cancel_reason, cancelled_by FROM executions WHERE id = $1', [
      (await show(owner, task)).execution_id,
    ]);
    expect(row).toEqual({
      cancel_reason: 'A newer run of its concurrency group has taken its place',
      cancelled_by: owner.user.id,
    });
  }
  const newest = await makeJob(owner, project, 'true', {
    concurrency: { group, on_conflict: 'cancel_running' },
  });
  await execute(owner, newest);
  await reached(owner, newest, 'completed');
  await reached(owner, newer, 'cancelled');
  expect(await mostAtOnce(group)).toBe(1);
});

test('cancel_running leaves the runs of other projects alone and waits for them', async () => {
  // the owner may run commands in both, but a developer of the shared one has named the group
  const [mine, shared] = await Promise.all([makeProject(owner), makeProject(owner)]);
  await data(200, owner.put(`/api/projects/${shared.id}/members/${other.user.id}`, { role: 'developer' }));
  const group = 'foreign';
  const held = await hold(owner, mine, { group });
  const older = await makeJob(owner, shared, 'true', { concurrency: { group } });
  await execute(owner, older);
  const newer = await makeJob(other, shared, 'true', {
    concurrency: { group, on_conflict: 'cancel_running' },
  });
  expect(await execute(owner, newer)).toMatchObject({ why_waiting: 'concurrency_group' });
  await reached(owner, older, 'cancelled');
  expect(await show(owner, held)).toMatchObject({ status: 'running' });
  await cancel(owner, held);
  await reached(owner, newer, 'completed');
});

test('a group with {{project}} is of its project alone, whoever writes out its name', async () => {
  const [mine, theirs] = [await makeProject(owner), await makeProject(other)];
  const written = `deploy-${mine.key}`;
  const held = await hold(other, theirs, { group: written });
  const concurrency = { group: 'deploy-{{project}}', on_conflict: 'skip' };
  const first = await hold(owner, mine, concurrency);
  expect(
    await data(200, owner.get(`/api/executions/${(await show(owner, first)).execution_id}`)),
  ).toMatchObject({
    concurrency_group: written,
  });
  const refused = await owner.post(
    `/api/tasks/${(await makeJob(owner, mine, 'true', { concurrency })).id}/execute`,
  );
  expect([refused.status, refused.body.error.details]).toEqual([
    409,
    expect.objectContaining({ concurrency_group: written, task_id: first.id }),
  ]);
  await cancel(owner, first);
  await cancel(other, held);
  // nor by an input that is made to look like the stored name
  const inputs = [{ name: 'where' }];
  const forged = await makeJob(other, theirs, 'true', { inputs, concurrency: { group: '{{input.where}}' } });
  const answer = await other.post(`/api/tasks/${forged.id}/execute`, {
    inputs: { where: `\u0001${mine.id}\u0001${written}` },
  });
  expect([answer.status, answer.body.error.details.field]).toEqual([422, 'concurrency.group']);
});

test('bad groups are refused with their field', async () => {
  const project = await makeProject(owner);
  for (const concurrency of [
    { group: '' },
    { group: '{{user}}' },
    { group: 'x', limit: 0 },
    { group: 'x', on_conflict: 'wait' },
    { group: 'x'.repeat(201) },
    'x',
  ]) {
    const answer = await owner.post('/api/tasks/', { title: 'T', project_id: project.id, concurrency });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.error.details)).toContain('concurrency');
  }
});

test('{{input.NAME}} stands for a declared input that is no secret', async () => {
  const project = await makeProject(owner);
  const inputs = [
    { name: 'STAGE', type: 'choice', choices: ['test', 'prod'], required: true },
    { name: 'TOKEN', type: 'secret' },
  ];
  const make = (group: string) =>
    owner.post('/api/tasks/', {
      title: 'T',
      command: forever,
      project_id: project.id,
      inputs,
      concurrency: { group },
    });
  for (const group of ['{{input.NONE}}', 'x-{{input.TOKEN}}']) {
    const answer = await make(group);
    expect(await refusal(answer)).toBe('422 VALIDATION_ERROR');
    expect(answer.body.error.details.field).toBe('concurrency.group');
  }
  const task = await data(201, make('{{project}}-{{input.STAGE}}'));
  expect(await refusal(owner.put(`/api/tasks/${task.id}`, { inputs: [] }))).toBe('422 VALIDATION_ERROR');
  const other = await data(201, make('{{project}}-{{input.STAGE}}'));
  await execute(owner, task, { inputs: { STAGE: 'prod' } });
  await execute(owner, other, { inputs: { STAGE: 'test' } });
  for (const each of [task, other]) await reached(owner, each, 'running');
  expect((await lastExecution(owner, task)).concurrency_group).toBe(`${project.key}-prod`);
  await cancel(owner, other);
  await reached(owner, other, 'cancelled');
  expect(await execute(owner, other, { inputs: { STAGE: 'prod' } })).toMatchObject({
    why_waiting: 'concurrency_group',
  });
  await cancel(owner, task);
  await reached(owner, other, 'running');
  await cancel(owner, other);
});
