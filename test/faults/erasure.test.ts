import { Client as Postgres } from 'pg';
import { expect, test } from 'vitest';
import { data, makeProject, makeTask } from '../e2e/steps.js';
import { erased, idsOf, rowsWith } from '../projects/erasure-steps.js';
import { twoOfBoth, useApp } from '../support/app.js';
import { until } from '../support/until.js';

const app = useApp({ roles: twoOfBoth, env: { HOUSEKEEPING_SECONDS: '1' } });
const many = 3_000;

test('what a deleted project held is removed in bounded batches, after each process was killed in the middle of it', async () => {
  const project = await makeProject(app.admin);
  const other = await makeTask(app.admin, await makeProject(app.admin));
  const { id: userId } = app.admin.user;
  await app.query(
    `INSERT INTO tasks (id, project_id, number, title, created_by)
     SELECT gen_random_uuid(), $1, n, 'Task ' || n, $2 FROM generate_series(1, $3::int) AS n`,
    [project.id, userId, many],
  );
  await app.query(
    `INSERT INTO comments (id, task_id, author_id, body)
     SELECT gen_random_uuid(), id, $2, 'A comment' FROM tasks CROSS JOIN generate_series(1, 2) WHERE project_id = $1`,
    [project.id, userId],
  );
  await data(200, app.admin.put(`/api/projects/${project.id}`, { status: 'archived' }));
  const left = async () => {
    const [row] = await app.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM tasks WHERE project_id = $1',
      [project.id],
    );
    return row!.n;
  };
  const ids = await idsOf(app, project.id);

  // the batch with this task waits, so that the kill comes in the middle of it
  const blocker = new Postgres({ connectionString: app.databaseUrl });
  await blocker.connect();
  try {
    await blocker.query('BEGIN');
    await blocker.query('SELECT 1 FROM tasks WHERE project_id = $1 AND number = 1600 FOR UPDATE', [
      project.id,
    ]);
    await data(200, app.admin.delete(`/api/projects/${project.id}?permanent=true`));
    const waits = () =>
      app.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM tasks%'",
      );
    await until(async () => (await waits()).length > 0, { what: 'a batch to wait' });
    // the batches before it are committed, and those behind it are not begun
    expect(await left()).toBe(1_500);
    // nobody waits for it: what is not of the project is changed meanwhile
    await data(200, app.admin.put(`/api/tasks/${other.id}`, { title: 'Changed' }));
    for (const server of app.processes) await app.restart(server, 'SIGKILL');
  } finally {
    await blocker.end();
  }
  app.admin = await app.firstAdmin();
  await until(async () => (await left()) === 0, { timeout: 60_000, what: 'the tasks to be gone' });
  await erased(app, project.id);
  expect([...(await rowsWith(app, ids)).keys()].toSorted()).toEqual(['activity', 'erased_projects']);
  expect(await data(200, app.admin.get(`/api/tasks/${other.id}`))).toMatchObject({ title: 'Changed' });
});
