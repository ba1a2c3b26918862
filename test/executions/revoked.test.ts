import { beforeEach, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeJob,
  makeProject,
  reached,
  runJob,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ env: { LEASE_SECONDS: '4', ALLOW_UNISOLATED_SECRETS: 'true' } });
const reason = 'Who asked for this run may not run commands here any more';
let person: Client;
let project: Json;
beforeEach(async () => {
  person = await app.admin.createUser('developer');
  project = await makeProject(app.admin, { resource_limits: { max_concurrent_tasks: 1 } });
  await data(
    200,
    app.admin.put(`/api/projects/${project.id}/members/${person.user.id}`, { role: 'developer' }),
  );
});

const cancelled = async (task: Json) => {
  await reached(app.admin, task, 'cancelled');
  expect(await lastExecution(app.admin, task)).toMatchObject({ reason: 'TASK_CANCELLED', error: reason });
};
const attempts = async (task: Json) =>
  (await data(200, app.admin.get(`/api/tasks/${task.id}/executions`))).executions as Json[];

/** Starts an execution that keeps running, and another one that is queued behind it. */
async function runAndQueue(): Promise<[running: Json, waiting: Json]> {
  const running = await makeJob(person, project, holding('go'));
  const waiting = await makeJob(person, project, 'true');
  await execute(person, running);
  await reached(person, running, 'running');
  await execute(person, waiting);
  return [running, waiting];
}

/** Runs a task that fails and is to be tried again. @returns it with its retry on its way */
async function failing(): Promise<Json> {
  const job = await makeJob(person, project, 'exit 1', { retry_attempts: 3 });
  await execute(person, job);
  await until(async () => (await attempts(job)).length === 2, { what: 'a retry to be queued' });
  return job;
}

test('all active executions and retries of a disabled user are cancelled', async () => {
  const job = await failing();
  const [running, waiting] = await runAndQueue();
  await data(200, app.admin.put(`/api/users/${person.user.id}`, { disabled: true }));
  for (const task of [job, running, waiting]) await cancelled(task);
  for (const { started_at } of [await lastExecution(app.admin, waiting), (await attempts(job))[0]!])
    expect(started_at).toBeNull();
  // a retry of somebody else is that person's own
  await data(202, app.admin.post(`/api/tasks/${waiting.id}/retry`, {}));
  await reached(app.admin, waiting, 'completed');
});

test('a removed member cannot start executions, and started ones continue', async () => {
  const job = await failing();
  const [running, waiting] = await runAndQueue();
  await data(200, app.admin.delete(`/api/projects/${project.id}/members/${person.user.id}`));
  for (const task of [job, waiting]) await cancelled(task);
  expect((await lastExecution(app.admin, running)).status).toBe('running');
  await data(200, app.admin.post(`/api/tasks/${running.id}/cancel`));
  await reached(app.admin, running, 'cancelled');
});

test.each(['project', 'installation'])(
  'a user who becomes a viewer of the %s cannot start executions',
  async (where) => {
    const [running, waiting] = await runAndQueue();
    const path =
      where === 'project'
        ? `/api/projects/${project.id}/members/${person.user.id}`
        : `/api/users/${person.user.id}`;
    await data(200, app.admin.put(path, { role: 'viewer' }));
    await cancelled(waiting);
    await data(200, app.admin.post(`/api/tasks/${running.id}/cancel`));
    // a run that fails meanwhile is not tried again
    await data(200, app.admin.put(path, { role: 'developer' }));
    const late = await makeJob(person, project, `${holding('late')}; exit 1`, { retry_attempts: 3 });
    await execute(person, late);
    await reached(person, late, 'running');
    await data(200, app.admin.put(path, { role: 'viewer' }));
    await app.query('UPDATE projects SET resource_limits = resource_limits || $2 WHERE id = $1', [
      project.id,
      { max_concurrent_tasks: 2 },
    ]);
    await runJob(app.admin, project, 'touch late');
    await reached(app.admin, late, 'failed');
    expect(await attempts(late)).toHaveLength(1);
  },
);

test('without the event, an execution of a disabled user is refused at its start, or stopped if it is running', async () => {
  const running = await makeJob(person, project, holding('go'));
  await execute(person, running);
  await reached(person, running, 'running');
  await data(200, app.admin.post('/api/queues/pause', { queue_name: 'low_priority' }));
  const secret = `/api/projects/${project.id}/secrets/TOK`;
  const waiting = await makeJob(person, project, 'echo $TOK');
  await execute(person, waiting, { priority: 'low' });
  // as if the process that disabled the user had ended before it published the event
  await app.query('UPDATE users SET disabled = true WHERE id = $1', [person.user.id]);
  await data(200, app.admin.put(secret, { value: 'a later secret' }));
  await cancelled(running);
  await data(200, app.admin.post('/api/queues/resume', { queue_name: 'low_priority' }));
  await cancelled(waiting);
  expect((await lastExecution(app.admin, waiting)).started_at).toBeNull();
});

test('an execution enqueued while its requester is removed is cancelled, even if its queue stays paused', async () => {
  await data(200, app.admin.post('/api/queues/pause', { queue_name: 'low_priority' }));
  const waiting = await makeJob(person, project, 'true');
  await execute(person, waiting, { priority: 'low' });
  const other = await makeJob(app.admin, project, 'true');
  await execute(app.admin, other, { priority: 'low' });
  // as if the run had been stored after those of the former member were cancelled
  await app.query('DELETE FROM project_members WHERE user_id = $1', [person.user.id]);
  await cancelled(waiting);
  expect((await lastExecution(app.admin, other)).status).toBe('queued');
  await data(200, app.admin.post('/api/queues/resume', { queue_name: 'low_priority' }));
  await reached(app.admin, other, 'completed');
});
