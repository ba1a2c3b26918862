import { expect, test } from 'vitest';
import { twoOfEach, useApp } from '../support/app.js';
import { offerJobs } from '../support/offer-jobs.js';
import { attempts, linesOf, makeProject, run, scratch, times, type Json } from './steps.js';

const app = useApp({ roles: twoOfEach, env: { WORKER_CONCURRENCY: '8', LEASE_SECONDS: '2' } });

test('an execution that is offered many times is run once', { timeout: 60_000 }, async () => {
  const folder = await scratch();
  const project = await makeProject(app.admin);
  const jobs = await times(20, (index) =>
    // the first ones outlast their lease, which must be renewed all the same
    run(app.admin, project, `echo $$ >> ${folder}/$MILLRACE_EXECUTION_ID; sleep ${index < 4 ? 4 : 0.3}`),
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
