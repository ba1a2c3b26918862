import { beforeAll, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
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

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const path = (task: Json) => `/api/tasks/${task.id}/execute`;

test('a request that waits is answered with the end of the run', async () => {
  for (const [command, end] of [
    ['exit 0', { status: 'completed', exit_code: 0 }],
    ['exit 3', { status: 'failed', exit_code: 3 }],
  ] as const) {
    const task = await makeJob(owner, project, command);
    const answer = await data(200, owner.post(path(task), { wait_seconds: 60 }));
    expect(answer).toMatchObject({ ...end, task_id: task.id, queue_position: null, why_waiting: null });
    expect(answer.execution).toMatchObject({ ...end, execution_id: answer.execution_id, attempt: 1 });
  }
});

test('the end of a task is that of its last attempt', async () => {
  const command = '[ -e once ] && exit 0; touch once; exit 1';
  const task = await makeJob(owner, project, command, { retry_attempts: 1 });
  const { status, execution } = await data(200, owner.post(path(task), { wait_seconds: 60 }));
  expect([status, execution.attempt, execution.retry_of !== null]).toEqual(['completed', 2, true]);
});

test('a run that takes longer is answered as queued', async () => {
  const task = await makeJob(owner, project, holding('released'));
  const answer = await data(202, owner.post(path(task), { wait_seconds: 1 }));
  expect(answer).toMatchObject({ status: 'queued', exit_code: null, execution: null });
  const other = await makeJob(owner, project, 'touch released');
  expect(await data(202, owner.post(path(other)))).toMatchObject({ status: 'queued', execution: null });
  await reached(owner, task, 'completed');
});

test('a run that somebody cancels meanwhile is answered as cancelled', async () => {
  const task = await makeJob(owner, project, holding('never'));
  const waiting = data(200, owner.post(path(task), { wait_seconds: 60 }));
  await reached(owner, task, 'running');
  await data(200, owner.post(`/api/tasks/${task.id}/cancel`, { reason: 'changed' }));
  expect(await waiting).toMatchObject({ status: 'cancelled', execution: { reason: 'TASK_CANCELLED' } });
});

test('waiting takes no turn of its user, and ends with its client', async () => {
  // more than a user may have requests that use the database at once, and more than run at once
  const tasks = await Promise.all(
    Array.from({ length: 12 }, () => makeJob(owner, project, holding('never'))),
  );
  const clients = new AbortController();
  const waiting = tasks.map((task) =>
    owner.post(path(task), { wait_seconds: 60 }, { signal: clients.signal }).then(
      () => 'answered',
      (error: Error) => error.name,
    ),
  );
  const isActive = async (task: Json) => ['queued', 'running'].includes((await show(owner, task)).status);
  for (const task of tasks) await until(() => isActive(task), { what: 'the run to be queued' });
  clients.abort();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['AbortError']));
  for (const task of tasks) expect(await isActive(task)).toBe(true);
  for (const task of tasks.toReversed()) await data(200, owner.post(`/api/tasks/${task.id}/cancel`));
});

test('one who loses sight of the project while waiting learns nothing of the end', async () => {
  const guest = await app.admin.createUser('developer');
  const member = `/api/projects/${project.id}/members/${guest.user.id}`;
  await data(200, owner.put(member, { role: 'developer' }));
  const task = await makeJob(owner, project, holding('guest-gone'));
  const waiting = refusal(guest.post(path(task), { wait_seconds: 60 }));
  await reached(owner, task, 'running');
  await data(200, owner.delete(member));
  await execute(owner, await makeJob(owner, project, 'touch guest-gone'));
  // who is no member any more has no runs here either
  expect(await waiting).toMatch(/NOT_FOUND/);
});

test('faulty waits are refused, and unknown tasks', async () => {
  const task = await makeJob(owner, project, 'true');
  for (const wait_seconds of [-1, 61, 1.5, '5', null])
    expect(await refusal(owner.post(path(task), { wait_seconds }))).toMatch(/^422 VALIDATION_/);
  expect(await refusal(owner.post(path({ id: nobody }), { wait_seconds: 5 }))).toBe('404 TASK_NOT_FOUND');
});

test('an answer with output says whether it is all of it', async () => {
  const run = (command: string, fields: Json = {}) =>
    data(200, owner.post('/api/commands/execute', { command, stream_output: false, ...fields }));
  expect(await run('echo all')).toMatchObject({ output_cut: false, output_bytes: 4 });
  expect(await run('true')).toMatchObject({ output_cut: false, output_bytes: 0 });
  const long = await run('yes | head -c 400000');
  expect(long).toMatchObject({ output_cut: true, output_bytes: 400_000 });
  const limits = { output_size: '1KB' };
  expect(await run('yes | head -c 4000', { limits })).toMatchObject({ output_cut: true });
  const tail = await data(200, owner.get(`/api/commands/${long.command_id}/status?tail=2`));
  expect(tail).toMatchObject({ output_cut: true });
  const two = await run('echo 1; echo 2');
  expect(await data(200, owner.get(`/api/commands/${two.command_id}/status?tail=2`))).toMatchObject({
    output_cut: false,
  });
});
