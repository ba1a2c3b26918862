import { expect, test } from 'vitest';
import { data, makeProject } from '../e2e/steps.js';
import { startApp, twoOfBoth } from '../support/app.js';
import { until } from '../support/until.js';
import { makeSchedule } from './steps.js';

test('each time fires once, although every process is killed while many are due', async () => {
  const app = await startApp({ roles: twoOfBoth });
  try {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner, {
      resource_limits: { max_tasks: 10_000, max_concurrent_tasks: 2 },
    });
    const template = { title: 'One of many', command: 'true' };
    const first = await makeSchedule(owner, project, { template });
    const many = 300;
    await app.query(
      `INSERT INTO schedules (id, project_id, name, cron, template, created_by, next_at, due_at)
       SELECT gen_random_uuid(), project_id, name, cron, template, created_by, date_trunc('second', now()), now()
         FROM schedules, generate_series(1, $2::int) WHERE id = $1`,
      [first.id, many],
    );
    const fired = async () =>
      (
        await app.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM schedule_occurrences WHERE status = 'fired'",
        )
      )[0]!.n;
    await data(200, owner.put(`/api/schedules/${first.id}`, { name: 'Wakes' }));
    await until(async () => (await fired()) > 10, { what: 'some to fire' });
    for (const server of app.processes) await app.restart(server, 'SIGKILL');
    // what a process had claimed is free after 15 s
    await until(async () => (await fired()) >= many, { timeout: 60_000, what: 'all to fire' });
    const [runs] = await app.query(
      `SELECT count(*)::int AS runs, count(DISTINCT origin_id)::int AS schedules, (SELECT count(*)::int FROM tasks WHERE project_id = $1) AS tasks
         FROM executions WHERE project_id = $1`,
      [project.id],
    );
    expect(runs).toEqual({ runs: many, schedules: many, tasks: many });
  } finally {
    await app.stop();
  }
});
