import { beforeAll, expect, test } from 'vitest';
import { data, execute, makeJob, makeProject, reached, show, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

/** The ends of runs that a task's history tells, the oldest first: in its detail and in the history itself. */
async function endsOf(task: Json): Promise<Json[]> {
  const inDetail = ((await show(owner, task)).history as Json[]).map(({ run }) => run).filter(Boolean);
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  const inHistory = (history as Json[]).map(({ details }) => details.run).filter(Boolean);
  expect(inHistory).toEqual(inDetail);
  return inDetail;
}

test('every response with a task contains the result of its last execution', async () => {
  const task = await makeJob(owner, project, 'exit 7', { working_directory: 'nowhere' });
  expect(task.last_run).toBeNull();
  const { execution_id } = await execute(owner, task);
  const failed = await reached(owner, task, 'failed');
  expect(failed.last_run).toEqual({
    execution_id,
    status: 'failed',
    attempt: 1,
    reason: 'TASK_EXECUTION_FAILED',
    exit_code: null,
    error: expect.stringContaining('nowhere'),
    started_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    finished_at: failed.completed_at,
  });
  const { items } = await data(200, owner.get(`/api/tasks/?project_id=${project.id}`));
  expect((items as Json[]).find(({ id }) => id === task.id)?.last_run).toEqual(failed.last_run);
  const { task: _, ...changed } = await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Again' }));
  expect(changed.last_run).toEqual(failed.last_run);
  expect(await endsOf(task)).toEqual([
    {
      execution_id,
      attempt: 1,
      reason: 'TASK_EXECUTION_FAILED',
      exit_code: null,
      error: failed.last_run.error,
    },
  ]);
});

test('the history of a task has the result of each attempt, also of a retried one', async () => {
  const command = 'if [ -e tried ]; then exit 0; else touch tried; exit 7; fi';
  const task = await makeJob(owner, project, command, { retry_attempts: 1 });
  const { execution_id } = await execute(owner, task);
  const { last_run } = await reached(owner, task, 'completed');
  expect(last_run).toMatchObject({
    status: 'completed',
    attempt: 2,
    exit_code: 0,
    reason: null,
    error: null,
  });
  expect(await endsOf(task)).toEqual([
    { execution_id, attempt: 1, exit_code: 7, reason: 'TASK_EXECUTION_FAILED', error: null },
    { execution_id: last_run.execution_id, attempt: 2, exit_code: 0, reason: null, error: null },
  ]);
});

test('a cancelled execution is reported as cancelled', async () => {
  const task = await makeJob(owner, project, 'sleep 60');
  await execute(owner, task);
  const running = await reached(owner, task, 'running');
  expect(running.last_run).toMatchObject({ status: 'running', finished_at: null, exit_code: null });
  await data(200, owner.post(`/api/tasks/${task.id}/cancel`));
  const [end, ...others] = await endsOf(task);
  expect(others).toEqual([]);
  expect(end).toMatchObject({ reason: 'TASK_CANCELLED', exit_code: -15 });
});
