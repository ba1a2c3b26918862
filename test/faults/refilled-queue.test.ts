import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { attempts, data, linesOf, makeProject, run, scratch, speaks } from './steps.js';

const app = useApp({ env: { WORKER_CONCURRENCY: '1', LEASE_SECONDS: '2' } });

test('queued executions run after a restart of the only process, in order of priority', async () => {
  const folder = await scratch();
  const project = await makeProject(app.admin);
  const first = await run(app.admin, project, 'echo on; sleep 300');
  await speaks(app, first.execution);
  const waiting = [];
  for (const priority of ['low', 'normal', 'high']) {
    const job = await run(
      app.admin,
      project,
      `echo ${priority} >> ${folder}/log`,
      {},
      { options: { allow_unsafe: true }, priority },
    );
    const { why_waiting } = await data(200, app.admin.get(`/api/executions/${job.execution}`));
    expect([priority, why_waiting]).toEqual([priority, 'worker_busy']);
    waiting.push(job);
  }
  for (const server of app.processes) await app.restart(server, 'SIGKILL');

  expect((await attempts(app.admin, first.task)).at(-1)).toMatchObject({ reason: 'WORKER_LOST' });
  for (const { task } of waiting)
    expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
  expect(await linesOf(`${folder}/log`)).toEqual(['high', 'normal', 'low']);
});
