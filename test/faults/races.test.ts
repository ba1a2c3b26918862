import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { twoOfBoth, useApp } from '../support/app.js';
import { until } from '../support/until.js';
import {
  attempts,
  data,
  living,
  loggedErrors,
  makeProject,
  makeTask,
  run,
  times,
  token,
  type Json,
} from './steps.js';

const app = useApp({
  roles: twoOfBoth,
  // one user may have a quarter of the connections at once: 60 who queue for one would wait for longer than they may
  env: { CANCEL_GRACE_SECONDS: '1', WORKER_CONCURRENCY: '6', LEASE_SECONDS: '4', DATABASE_POOL_SIZE: '16' },
});

test(
  'concurrent cancels, retries, pauses, queue moves and limits leave a consistent state',
  { timeout: 90_000 },
  async () => {
    const word = token();
    const projects = await times(3, (index) => makeProject(app.admin, index + 1));
    const statuses: number[] = [];
    const note = async (answer: Promise<{ status: number; body: Json }>) => {
      const { status, body } = await answer;
      statuses.push(status);
      if (status >= 500) throw new Error(JSON.stringify(body));
    };
    let over = false;
    const meddling = (async () => {
      while (!over) {
        for (const what of ['pause', 'resume'])
          await note(app.admin.post(`/api/queues/${what}`, { queue_name: 'normal_priority' }));
        await delay(20);
      }
    })();
    const jobs = await times(60, async (index) => {
      const command = `echo on; sleep 0.${index % 5}; exit ${index % 2}; : ${word}`;
      const job = await run(app.admin, projects[index % 3]!, command, {
        retry_attempts: index % 3 === 0 ? 1 : 0,
      });
      await delay(Math.random() * 1_500);
      const cancel = () => note(app.admin.post(`/api/tasks/${job.task}/cancel`, {}));
      if (index % 4 === 0) await Promise.all([cancel(), cancel()]);
      if (index % 4 === 1)
        await note(
          app.admin.post('/api/queues/priority', {
            task_ids: [job.task],
            priority: index % 8 === 1 ? 'high' : 'low',
          }),
        );
      if (index % 4 === 2) await note(app.admin.delete(`/api/tasks/${job.task}`));
      return job;
    }).finally(() => (over = true));
    await meddling;
    await note(app.admin.post('/api/queues/resume', { queue_name: 'normal_priority' }));
    for (const project of projects)
      await until(
        async () =>
          (
            await app.query(
              "SELECT 1 FROM executions WHERE project_id = $1 AND status IN ('queued', 'running')",
              [project],
            )
          ).length === 0,
        { timeout: 40_000, what: 'everything to have ended' },
      );
    // whatever its executions came to, the task says the same as the last of them
    const torn = await app.query(
      `SELECT t.id, t.status, e.status AS execution FROM tasks t JOIN executions e ON e.id = t.execution_id
      WHERE t.status <> e.status`,
    );
    expect(torn).toEqual([]);
    const [{ n } = { n: 0 }] = await app.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM executions WHERE generation > 1',
    );
    expect(n).toBe(0);
    expect(await living(word)).toEqual([]);
    expect(statuses.length).toBeGreaterThan(60);
    expect(jobs).toHaveLength(60);
    expect(loggedErrors(app)).toEqual([]);
  },
);

test('a cancelled task is not retried', { timeout: 60_000 }, async () => {
  const project = await makeProject(app.admin);
  await times(12, async (index) => {
    const job = await run(app.admin, project, `sleep 0.1; exit 1`, { retry_attempts: 5 });
    await delay(60 + index * 20);
    const answer = await data(200, app.admin.post(`/api/tasks/${job.task}/cancel`, {}));
    const tries = await attempts(app.admin, job.task);
    // one that failed in the moment of the cancel says so, and is not tried again either
    expect([answer.status, tries.length]).toEqual([tries.at(-1).status, tries.at(-1).attempt]);
    await delay(1_200);
    expect(await attempts(app.admin, job.task)).toHaveLength(tries.length);
  });
});

test(
  'a task that fails before its worker has received the cancel is not retried either',
  { timeout: 30_000 },
  async () => {
    const project = await makeProject(app.admin);
    const job = await run(app.admin, project, 'echo on; sleep 0.3; exit 1', { retry_attempts: 2 });
    await app.query('UPDATE executions SET cancel_requested_at = now() WHERE id = $1', [job.execution]);
    await attempts(app.admin, job.task);
    await delay(500);
    expect(await attempts(app.admin, job.task)).toHaveLength(1);
  },
);

test('a project that is deleted while its tasks are enqueued runs nothing', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 8; round += 1) {
    const project = await makeProject(app.admin);
    const task = await makeTask(app.admin, project, 'true');
    const [removed, started] = await Promise.all([
      app.admin.delete(`/api/projects/${project}`),
      app.admin.post(`/api/tasks/${task}/execute`),
    ]);
    const one = (removed.status === 200) !== (started.status === 202);
    // both may be true one after the other: it had ended before it was deleted
    const [execution] = await app.query<{ status: string }>(
      'SELECT status FROM executions WHERE project_id = $1',
      [project],
    );
    if (!one) expect([removed.status, started.status, execution?.status]).toEqual([200, 202, 'completed']);
  }
});

test(
  'an execute request that waited for the deletion of its project is refused',
  { timeout: 60_000 },
  async () => {
    const project = await makeProject(app.admin);
    const task = await makeTask(app.admin, project, 'true');
    const { Client } = await import('pg');
    const deleter = new Client({ connectionString: app.databaseUrl });
    await deleter.connect();
    try {
      await deleter.query('BEGIN');
      await deleter.query("UPDATE projects SET deleted_at = now(), key = key || '~' || id WHERE id = $1", [
        project,
      ]);
      const started = app.admin.post(`/api/tasks/${task}/execute`);
      await until(
        async () =>
          (
            await app.query(
              "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%lock_living_project%' AND wait_event_type = 'Lock'",
            )
          ).length > 0,
        { timeout: 20_000, what: 'the run to wait for the project' },
      );
      await deleter.query('COMMIT');
      expect(await started).toMatchObject({ status: 404, body: { error: { code: 'PROJECT_NOT_FOUND' } } });
    } finally {
      await deleter.end();
    }
    expect(await app.query('SELECT 1 FROM executions WHERE project_id = $1', [project])).toEqual([]);
    expect(await app.query('SELECT status FROM tasks WHERE id = $1', [task])).toEqual([
      { status: 'pending' },
    ]);
    expect(
      await app.query("SELECT 1 FROM activity WHERE entity_id = $1 AND action = 'status_changed'", [task]),
    ).toEqual([]);
  },
);

test(
  'a process that holds a row lock does not prevent the renewal of other leases',
  { timeout: 60_000 },
  async () => {
    const project = await makeProject(app.admin);
    const jobs = await times(3, () => run(app.admin, project, `sleep 90`));
    const all = jobs.map(({ execution }) => execution);
    const [held, ...free] = all;
    const leases = (ids = free): Promise<{ lease_expires_at: Date }[]> =>
      app.query(
        "SELECT lease_expires_at FROM executions WHERE id = ANY($1) AND status = 'running' ORDER BY id",
        [ids],
      );
    await until(async () => (await leases(all)).length === all.length);
    const { Client } = await import('pg');
    const holder = new Client({ connectionString: app.databaseUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [held]);
      const before = await leases();
      const renewed = async (): Promise<boolean> =>
        (await leases()).every(
          ({ lease_expires_at }, index) => lease_expires_at > before[index]!.lease_expires_at,
        );
      await until(renewed, {
        timeout: 8_000,
        what: 'the other leases to be renewed',
      });
    } finally {
      await holder.query('ROLLBACK');
      await holder.end();
    }
    for (const { task } of jobs) await data(200, app.admin.post(`/api/tasks/${task}/cancel`, {}));
  },
);
