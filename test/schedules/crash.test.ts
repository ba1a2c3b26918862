import { Client as Database } from 'pg';
import { expect, test } from 'vitest';
import { data, makeProject } from '../e2e/steps.js';
import { startApp, twoOfBoth } from '../support/app.js';
import { until } from '../support/until.js';
import { makeSchedule } from './steps.js';

test('each time fires once, although every process is killed while it stores many of them together', async () => {
  const app = await startApp({ roles: twoOfBoth });
  try {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner, {
      resource_limits: { max_tasks: 10_000, max_concurrent_tasks: 100 },
    });
    const template = { title: 'One of many', command: 'true' };
    const first = await makeSchedule(owner, project, { template });
    const many = 220;
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
    // holds the transactions of the first batches in their middle
    const blocker = new Database({ connectionString: app.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE executions IN SHARE MODE');
      await data(200, owner.put(`/api/schedules/${first.id}`, { name: 'Wakes' }));
      const held = () =>
        app.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'INSERT INTO executions'`,
        );
      await until(async () => (await held()).length >= app.processes.length, {
        what: 'the batches to be held',
      });
      expect(await fired()).toBe(0);
      for (const server of app.processes) await server.stop('SIGKILL');
    } finally {
      await blocker.end();
    }
    for (const server of app.processes) {
      server.start();
      await app.ready(server);
    }
    // what a process had claimed is free after 15 s
    await until(async () => (await fired()) >= many, { timeout: 60_000, what: 'all to fire' });
    const [runs] = await app.query(
      `SELECT count(*)::int AS runs, count(DISTINCT origin_id)::int AS schedules, (SELECT count(*)::int FROM tasks WHERE project_id = $1) AS tasks
         FROM executions WHERE project_id = $1`,
      [project.id],
    );
    expect(runs).toEqual({ runs: many, schedules: many, tasks: many });
    // also of a batch that was stored after its process was gone
    const completed = async () =>
      (
        await app.query("SELECT 1 FROM executions WHERE project_id = $1 AND status = 'completed'", [
          project.id,
        ])
      ).length;
    await until(async () => (await completed()) === many, { timeout: 60_000, what: 'all to run' });
  } finally {
    await app.stop();
  }
});
