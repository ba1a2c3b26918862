import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { twoOfBoth, useApp } from '../support/app.js';
import { usesRedis } from '../support/mode.js';
import { offerJobs } from '../support/offer-jobs.js';
import { until } from '../support/until.js';
import {
  attempts,
  data,
  linesOf,
  loggedErrors,
  makeProject,
  run,
  scratch,
  speaks,
  stored,
  times,
  type Json,
} from './steps.js';

const leaseSeconds = 3;
const app = useApp({
  roles: twoOfBoth,
  env: { WORKER_CONCURRENCY: '8', LEASE_SECONDS: String(leaseSeconds) },
});

test(
  'max_concurrent_tasks of a project is never exceeded, and tasks start in order',
  { timeout: 60_000 },
  async () => {
    const folder = await scratch();
    const project = await makeProject(app.admin, 2);
    // or a slow machine would end them as fast as they come
    const queue = { queue_name: 'normal_priority' };
    await data(200, app.admin.post('/api/queues/pause', queue));
    const count = 12;
    // the first two wait for each other, or a slow machine might start none before the one before it has ended
    const together = `while [ $(grep -c + ${folder}/log) -lt 2 ]; do sleep 0.05; done`;
    const jobs = [];
    for (let index = 0; index < count; index += 1)
      jobs.push(
        await run(
          app.admin,
          project,
          `echo + ${index} >> ${folder}/log; ${index < 2 ? together : 'sleep 0.1'}; echo - ${index} >> ${folder}/log`,
        ),
      );
    await data(200, app.admin.post('/api/queues/resume', queue));
    for (const { task } of jobs)
      expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });

    const log = await linesOf(`${folder}/log`);
    let running = 0;
    const most = log.reduce((max, line) => Math.max(max, (running += line.startsWith('+') ? 1 : -1)), 0);
    expect([most, running, log.length]).toEqual([2, 0, 2 * count]);
    // in the order of admission; of two that are admitted one worker may be slower
    const admitted = await app.query<{ at: number }>(
      'SELECT extract(epoch FROM admitted_at)::float8 AS at FROM executions WHERE project_id = $1 ORDER BY id',
      [project],
    );
    const moments = admitted.map(({ at }) => at);
    expect(moments).toHaveLength(count);
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
  },
);

test('an end that cannot be written is retried, and the execution is not lost', async () => {
  const folder = await scratch();
  const project = await makeProject(app.admin);
  const { task, execution } = await run(
    app.admin,
    project,
    `echo on; until [ -e ${folder}/go ]; do sleep 0.05; done; echo off; exit 3`,
  );
  await speaks(app, execution);
  // what the end needs, and neither the output nor the lease
  await app.query('ALTER TABLE activity RENAME TO hidden');
  try {
    await writeFile(join(folder, 'go'), '');
    const fails = () =>
      loggedErrors(app).filter((line) => line.includes('the end of a run could not be written'));
    await until(() => fails().length > 1, { what: 'two tries to write the end' });
  } finally {
    await app.query('ALTER TABLE hidden RENAME TO activity');
  }
  const [end, ...more] = await attempts(app.admin, task);
  expect([end.status, end.reason, end.exit_code, more]).toEqual(['failed', 'TASK_EXECUTION_FAILED', 3, []]);
  expect(await stored(app, execution)).toBe('on\noff\n');
});

if (usesRedis)
  test('an execution that is offered many times runs once', { timeout: 60_000 }, async () => {
    const folder = await scratch();
    const project = await makeProject(app.admin);
    const jobs = await times(20, (index) =>
      // the first ones outlast their lease, which must be renewed all the same
      run(
        app.admin,
        project,
        `echo $$ >> ${folder}/$MILLRACE_EXECUTION_ID; sleep ${index < 4 ? leaseSeconds + 2 : 0.3}`,
      ),
    );
    await offerJobs(app.redis!, async (offer) => {
      for (let round = 0; round < 5; round += 1)
        await Promise.all(jobs.map(({ execution }) => offer(execution)));
    });
    for (const { task, execution } of jobs) {
      const tries = await attempts(app.admin, task);
      expect(tries.map(({ status, reason }: Json) => [status, reason])).toEqual([['completed', null]]);
      expect(await linesOf(`${folder}/${execution}`)).toHaveLength(1);
    }
  });
