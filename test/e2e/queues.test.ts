import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { twoOfBoth, useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, execute, makeJob, makeProject, reached, refusal, show, type Json } from './steps.js';

const app = useApp({ roles: twoOfBoth, env: { QUEUE_LIMIT: '12', MAX_QUEUED_PER_USER: '12' } });
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const names = ['high_priority', 'normal_priority', 'low_priority'];
const pause = (queue_name: string, reason?: string) =>
  data(200, app.admin.post('/api/queues/pause', { queue_name, reason }));
const resume = (queue_name: string) => data(200, app.admin.post('/api/queues/resume', { queue_name }));
const status = () => data(200, owner.get('/api/queues/status'));
const clear = (queue_name: string) => app.admin.delete('/api/queues/clear', { queue_name, confirm: true });
const queueUp = async (priority: string, command = 'true'): Promise<Json> => {
  const task = await makeJob(owner, project, command);
  return { ...task, ...(await execute(owner, task, { priority })) };
};

afterEach(async () => {
  for (const name of names) {
    await resume(name);
    await clear(name);
  }
});

test('the status reports queues, slots and performance', async () => {
  const task = await queueUp('high');
  await reached(owner, task, 'completed');
  const shown = await status();
  expect(Object.keys(shown.queues)).toEqual(names);
  expect(shown.queues.high_priority).toEqual({
    size: 0,
    processing: 0,
    completed_today: 1,
    paused: false,
    pause_reason: null,
  });
  const total = 8 * app.workers.length;
  expect(shown.workers).toEqual({ active: 0, idle: total, total });
  expect(shown.performance).toEqual({
    tasks_per_minute: 0.1,
    average_processing_time: expect.stringMatching(/^00:00:\d\d$/),
    success_rate: 1,
  });
});

test('a paused queue starts nothing while others continue, and starts its entries when it is resumed', async () => {
  expect(await pause('high_priority', 'Maintenance window')).toEqual({
    queue_name: 'high_priority',
    status: 'paused',
    reason: 'Maintenance window',
    changed_at: expect.stringMatching(/Z$/),
  });
  const waiting = await queueUp('high');
  expect(waiting.why_waiting).toBe('queue_paused');
  expect((await status()).queues.high_priority).toMatchObject({
    size: 1,
    paused: true,
    pause_reason: 'Maintenance window',
  });
  await reached(owner, await queueUp('low'), 'completed');
  expect(await show(owner, waiting)).toMatchObject({
    status: 'queued',
    why_waiting: 'queue_paused',
    started_at: null,
  });
  expect(await resume('high_priority')).toMatchObject({
    queue_name: 'high_priority',
    status: 'active',
    reason: null,
  });
  await reached(owner, waiting, 'completed');
});

test('a paused queue stays paused after a loss of Redis and a restart', async () => {
  await pause('normal_priority');
  const waiting = await queueUp('normal');
  await app.redis?.flush();
  const [worker] = app.workers;
  if (worker) await app.restart(worker);
  await reached(owner, await queueUp('high'), 'completed', 40_000);
  expect(await show(owner, waiting)).toMatchObject({ status: 'queued', why_waiting: 'queue_paused' });
  await resume('normal_priority');
  await reached(owner, waiting, 'completed', 40_000);
});

test('clearing a queue cancels its entries and no others', async () => {
  for (const name of names) await pause(name);
  const low = await Promise.all(Array.from({ length: 9 }, () => queueUp('low')));
  const high = await queueUp('high');
  const answer = await clear('low_priority');
  expect(answer.body.data).toEqual({ queue_name: 'low_priority', cleared_count: 9, remaining: 0 });
  for (const task of low) expect((await show(owner, task)).status).toBe('cancelled');
  expect((await show(owner, high)).status).toBe('queued');
  for (const body of [
    { queue_name: 'low_priority' },
    { queue_name: 'low_priority', confirm: false },
    undefined,
  ])
    expect((await app.admin.delete('/api/queues/clear', body)).status).toBe(422);
});

test('queued tasks can be moved to another queue, and tasks that are not queued are reported', async () => {
  for (const name of names) await pause(name);
  const waiting = await queueUp('low');
  const idle = await makeJob(owner, project, 'true');
  const { data: moved } = (
    await owner.post('/api/queues/priority', {
      task_ids: [waiting.id, idle.ref, 'ffffffff'],
      priority: 'high',
    })
  ).body;
  expect(moved).toEqual({
    priority: 'high',
    affected_count: 1,
    successful: [waiting.id],
    failed: [idle.ref, 'ffffffff'],
    errors: [
      { task_id: idle.ref, code: 'TASK_NOT_RUNNING', message: expect.any(String) },
      { task_id: 'ffffffff', code: 'TASK_NOT_FOUND', message: expect.any(String) },
    ],
  });
  const { queues } = await status();
  expect([queues.high_priority.size, queues.low_priority.size]).toEqual([1, 0]);
  await resume('high_priority');
  await reached(owner, waiting, 'completed');
});

test('moving tasks while they start and end succeeds', async () => {
  const tasks = await Promise.all(Array.from({ length: 8 }, () => makeJob(owner, project, 'true')));
  const moves = tasks.map(async (task) => {
    await execute(owner, task, { priority: 'low' });
    const task_ids = tasks.map(({ id }) => id);
    return owner.post('/api/queues/priority', { task_ids, priority: 'high' });
  });
  for (const answer of await Promise.all(moves)) expect(answer.status).toBe(200);
  for (const task of tasks) await reached(owner, task, 'completed');
});

test('an execution for a full queue is refused with QUEUE_FULL', async () => {
  for (const name of names) await pause(name);
  const tasks = await Promise.all(Array.from({ length: 13 }, () => makeJob(owner, project, 'true')));
  for (const task of tasks.slice(0, 12)) await execute(owner, task);
  const answer = await owner.post(`/api/tasks/${tasks[12].id}/execute`);
  expect(await refusal(answer)).toBe('503 QUEUE_FULL');
  expect(answer.headers.get('retry-after')).toBe('5');
  expect((await show(owner, tasks[12])).status).toBe('pending');
});

test('the metrics count enqueued and ended executions', async () => {
  const task = await makeJob(owner, project, 'exit 1');
  const before = await data(200, owner.get('/api/queues/metrics'));
  await execute(owner, task, { priority: 'low' });
  await reached(owner, task, 'failed');
  // metrics may be a second old
  const after = await until(async () => {
    const shown = await data(200, owner.get('/api/queues/metrics?period=24h'));
    return shown.queues.low_priority.totals.failed > before.queues.low_priority.totals.failed && shown;
  });
  expect(after.period).toBe('24h');
  expect(after.queues.low_priority.hours).toHaveLength(24);
  const totals = after.queues.low_priority.totals;
  expect(totals).toMatchObject({
    enqueued: before.queues.low_priority.totals.enqueued + 1,
    failed: before.queues.low_priority.totals.failed + 1,
    run_time: { p50: expect.any(Number), p95: expect.any(Number) },
  });
  expect(await refusal(owner.get('/api/queues/metrics?period=2h'))).toBe('422 VALIDATION_ERROR');
});

describe('queues', () => {
  test('can be changed by administrators only', async () => {
    const body = { queue_name: 'high_priority', confirm: true };
    for (const answer of [
      owner.post('/api/queues/pause', body),
      owner.post('/api/queues/resume', body),
      owner.delete('/api/queues/clear', body),
    ])
      expect(await refusal(answer)).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
  });

  test('accept only the three names', async () => {
    for (const body of [{}, { queue_name: 'high' }])
      expect((await app.admin.post('/api/queues/pause', body)).status).toBe(422);
  });
});
