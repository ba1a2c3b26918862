import { beforeAll, expect, test } from 'vitest';
import { execute as executeCommand, run } from '../commands/steps.js';
import { data, execute, makeJob, makeProject, reached, refusal, show, type Json } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ env: { WORKER_CONCURRENCY: '4', MAX_QUEUED_PER_USER: '30' } });
let slots: number;
let quiet: Client;
beforeAll(async () => {
  slots = (await data(200, app.admin.get('/api/queues/status'))).workers.total;
  quiet = await app.admin.createUser('developer');
});

const command = (client: Client, id: string): Promise<Json> =>
  data(200, client.get(`/api/commands/${id}/status`));

const ended = (client: Client, ids: readonly string[]) =>
  until(
    async () => {
      const rows = await app.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM executions WHERE id = ANY($1) AND status IN ('completed', 'cancelled')",
        [ids],
      );
      return rows[0]!.n === ids.length;
    },
    { what: `the runs of ${client.user.username} to end` },
  );

/** The most runs of a user that were admitted at one time. */
async function mostAtOnce(client: Client): Promise<number> {
  const [row] = await app.query<{ most: number }>(
    `SELECT max(n)::int AS most FROM (
       SELECT sum(change) OVER (ORDER BY at, change) AS n FROM (
         SELECT admitted_at AS at, 1 AS change FROM executions WHERE requested_by = $1 AND admitted_at IS NOT NULL
         UNION ALL SELECT finished_at, -1 FROM executions WHERE requested_by = $1 AND admitted_at IS NOT NULL
       ) AS changes) AS counts`,
    [client.user.id],
  );
  return row!.most;
}

test('one user cannot take all slots, with or without a project, and queued executions start when one is free', async () => {
  const greedy = await app.admin.createUser('developer');
  const share = Math.floor(slots * 0.75);
  const projects = await Promise.all([makeProject(greedy), makeProject(greedy)]);
  const ids: string[] = [];
  for (let n = 0; n < share; n += 1)
    ids.push((await executeCommand(greedy, 'sleep 60', { project_id: projects[n % 2]!.id })).command_id);
  const waiting = await Promise.all([
    executeCommand(greedy, 'true'),
    executeCommand(greedy, 'true', { project_id: projects[0]!.id }),
    executeCommand(greedy, 'true', { project_id: projects[1]!.id }),
  ]);
  for (const { status, why_waiting } of waiting)
    expect({ status, why_waiting }).toEqual({ status: 'queued', why_waiting: 'user_limit' });
  expect(await run(quiet, 'echo served')).toMatchObject({ status: 'completed' });
  const late = waiting.map(({ command_id }) => command_id as string);
  for (const id of late) expect(await command(greedy, id)).toMatchObject({ why_waiting: 'user_limit' });
  // one slot of its own, in one project, is enough for those in the other project and without one
  await data(200, greedy.post(`/api/commands/${ids[0]}/cancel`, {}));
  await ended(greedy, late);
  await Promise.all(ids.slice(1).map((id) => greedy.post(`/api/commands/${id}/cancel`, {})));
  await ended(greedy, ids);
  expect(await mostAtOnce(greedy)).toBe(share);
});

test('max_running is set by administrators, and is respected for concurrent requests', async () => {
  const racer = await app.admin.createUser('developer');
  expect(await refusal(racer.put(`/api/users/${racer.user.id}`, { max_running: 100 }))).toBe(
    '403 AUTH_INSUFFICIENT_PERMISSIONS',
  );
  const changed = await data(200, app.admin.put(`/api/users/${racer.user.id}`, { max_running: 2 }));
  expect(changed.max_running).toBe(2);
  const projects = await Promise.all([makeProject(racer), makeProject(racer)]);
  const places = [{ project_id: projects[0]!.id }, { project_id: projects[1]!.id }, {}];
  const started = await Promise.all(
    Array.from({ length: 24 }, (_, n) => executeCommand(racer, 'true', places[n % 3])),
  );
  await ended(
    racer,
    started.map(({ command_id }) => command_id),
  );
  expect(await mostAtOnce(racer)).toBe(2);
});

test('the user with fewer active executions in a project comes first', async () => {
  const owner = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${owner.user.id}`, { max_running: 50 }));
  const project = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 1 } });
  await data(200, owner.put(`/api/projects/${project.id}/members/${quiet.user.id}`, { role: 'developer' }));
  const holder = await makeJob(owner, project, 'sleep 60');
  await execute(owner, holder);
  await reached(owner, holder, 'running');
  const many = await Promise.all([1, 2, 3].map(() => makeJob(owner, project, 'true')));
  for (const task of many) expect(await execute(owner, task)).toMatchObject({ why_waiting: 'project_limit' });
  const other = await makeJob(quiet, project, 'true');
  await execute(quiet, other);
  await data(200, owner.post(`/api/tasks/${holder.id}/cancel`, {}));
  for (const task of [...many, other]) await reached(owner, task, 'completed');
  const order = await app.query<{ task_id: string }>(
    'SELECT task_id FROM executions WHERE project_id = $1 AND task_id <> $2 ORDER BY started_at, id',
    [project.id, holder.id],
  );
  expect(order[0]!.task_id).toBe(other.id);
});

test('one user cannot fill the queue', async () => {
  const filler = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${filler.user.id}`, { max_running: 1 }));
  const project = await makeProject(filler);
  const first = await makeJob(filler, project, 'sleep 60');
  await execute(filler, first);
  await reached(filler, first, 'running');
  const tasks = await Promise.all(Array.from({ length: 31 }, () => makeJob(filler, project, 'true')));
  for (const task of tasks.slice(0, 30)) await execute(filler, task);
  const refused = await filler.post(`/api/tasks/${tasks[30].id}/execute`);
  expect(await refusal(refused)).toBe('409 RESOURCE_LIMIT_EXCEEDED');
  expect(refused.body.error.details).toEqual({ limit: 'max_queued_per_user', value: 30 });
  expect(await run(quiet, 'true')).toMatchObject({ status: 'completed' });
  expect(await show(filler, tasks[29])).toMatchObject({ why_waiting: 'user_limit' });
  await data(200, app.admin.put(`/api/users/${filler.user.id}`, { max_running: null }));
  await data(200, filler.post(`/api/tasks/${first.id}/cancel`, {}));
  for (const task of tasks.slice(0, 30)) await reached(filler, task, 'completed');
});
