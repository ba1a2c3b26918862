import { beforeAll, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  makeJob,
  makeProject,
  nobody,
  reached,
  refusal,
  show,
  type Json,
} from './steps.js';
import { twoWorkers, useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { mode } from '../support/mode.js';
import { until } from '../support/until.js';

const app = useApp({
  roles: twoWorkers,
  env: { WORKER_CONCURRENCY: '2', WORKER_LABELS: 'Big', LEASE_SECONDS: '3' },
});
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${owner.user.id}`, { max_running: 100 }));
  project = await makeProject(owner);
});

const list = async (client = app.admin): Promise<Json[]> =>
  (await data(200, client.get('/api/workers'))).items;
const change = (worker: Json, what: 'drain' | 'resume') =>
  data(200, app.admin.post(`/api/workers/${worker.id}/${what}`));
const actionsOf = async (worker: Json) =>
  (
    await app.query<{ action: string; actor_id: string | null }>(
      "SELECT action, actor_id FROM activity WHERE entity_type = 'worker' AND entity_id = $1 ORDER BY sequence",
      [worker.id],
    )
  ).map(({ action, actor_id }) => [action, actor_id]);
const slots = 2 * (mode === 'cluster' ? 2 : 1);
const queueStatus = async () => (await data(200, owner.get('/api/queues/status'))).workers;

test('every user sees the workers, and only administrators see their hosts', async () => {
  const workers = await list();
  expect(workers).toHaveLength(slots / 2);
  for (const worker of workers)
    expect(worker).toMatchObject({
      labels: expect.arrayContaining(['big', `arch:${process.arch}`, `os:${process.platform}`]),
      slots: 2,
      busy: 0,
      host: expect.any(String),
      draining: false,
    });
  expect(workers[0]!.labels.filter((label: string) => label.startsWith('host:'))).toHaveLength(1);
  await until(async () => (await list()).every(({ ready }) => ready));
  const viewer = await app.admin.createUser('viewer');
  for (const [n, worker] of (await list(viewer)).entries()) {
    expect(worker.id).toBe(workers[n]!.id);
    expect(worker.host).toBeNull();
    expect(worker.labels.filter((label: string) => label.startsWith('host:'))).toEqual([]);
  }
});

test('a drained worker finishes what it runs and takes nothing new, until it is resumed', async () => {
  const name = `drained-${Date.now()}`;
  const holder = await makeJob(owner, project, holding(name));
  await execute(owner, holder);
  await reached(owner, holder, 'running');
  const workers = await list();
  expect(workers.reduce((sum, { busy }) => sum + busy, 0)).toBe(1);
  for (const worker of workers) expect(await change(worker, 'drain')).toMatchObject({ draining: true });
  expect(await queueStatus()).toEqual({ active: 1, idle: 0, total: slots });
  // each takes it within a heartbeat, and what it took before that is done
  await until(async () => {
    const probe = await makeJob(owner, project, 'true', { runs_on: ['big'] });
    await execute(owner, probe);
    const started = until(async () => (await show(owner, probe)).status === 'completed', { timeout: 2_000 });
    return started.then(
      () => false,
      () => true,
    );
  });
  const waiting = await makeJob(owner, project, `touch ${name}`, { runs_on: ['big'] });
  expect(await execute(owner, waiting)).toMatchObject({
    why_waiting: 'worker_busy',
    estimated_start_time: null,
  });
  expect(await show(owner, holder)).toMatchObject({ status: 'running' });
  const [first] = workers;
  expect(await change(first!, 'drain')).toMatchObject({ draining: true });
  expect(await change(first!, 'resume')).toMatchObject({ draining: false });
  await reached(owner, waiting, 'completed');
  await reached(owner, holder, 'completed');
  for (const worker of workers) await change(worker, 'resume');
  expect(await actionsOf(first!)).toEqual([
    ['worker_drained', app.admin.user.id],
    ['worker_resumed', app.admin.user.id],
  ]);
  expect(await queueStatus()).toEqual({ active: 0, idle: slots, total: slots });
});

test('only administrators drain workers, and only living ones', async () => {
  const [worker] = await list();
  for (const what of ['drain', 'resume'])
    expect(await refusal(owner.post(`/api/workers/${worker!.id}/${what}`))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
  expect(await refusal(app.admin.post(`/api/workers/${nobody}/drain`))).toBe('404 RESOURCE_NOT_FOUND');
  expect(await refusal(app.admin.post('/api/workers/x/drain'))).toMatch(/^422/);
});

test('a killed worker is reported once and forgotten, one that ends cleanly is not reported', async () => {
  const hook = await data(
    201,
    app.admin.post('/api/webhooks/', { url: 'https://example.com/lost', events: ['worker.lost'] }),
  );
  const victim = app.workers[0]!;
  const [row] = await app.query<{ id: string }>('SELECT id FROM workers WHERE pid = $1', [victim.pid]);
  await change(row!, 'drain');
  await victim.kill();
  if (mode !== 'cluster') {
    victim.start();
    await app.ready(victim);
  }
  await until(async () => (await actionsOf(row!)).some(([action]) => action === 'worker_lost'), {
    what: 'the lost worker to be reported',
  });
  expect((await list()).map(({ id }) => id)).not.toContain(row!.id);
  // its next life is another worker
  if (mode === 'cluster') {
    victim.start();
    await app.ready(victim);
  }
  const restarted = (await list()).find(({ id }) => id !== row!.id)!;
  expect(restarted.draining).toBe(false);
  const last = app.workers.at(-1)!;
  const [clean] = await app.query<{ id: string }>('SELECT id FROM workers WHERE pid = $1', [last.pid]);
  await app.restart(last);
  await until(async () => (await app.query('SELECT 1 FROM workers WHERE id = $1', [clean!.id])).length === 0);
  const lost = await app.query<{ entity_id: string }>(
    "SELECT entity_id FROM activity WHERE action = 'worker_lost'",
  );
  expect(lost).toEqual([{ entity_id: row!.id }]);
  const sent = await app.query<{ data: Json }>('SELECT data FROM webhook_deliveries WHERE webhook_id = $1', [
    hook.id,
  ]);
  expect(sent.map(({ data: of }) => of.worker_id)).toEqual([row!.id]);
});
