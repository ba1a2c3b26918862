import { Client as Postgres } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { execute as executeCommand } from '../commands/steps.js';
import { data, execute, makeJob, makeProject, makeTask, reached, show, type Json } from '../e2e/steps.js';
import { nilId } from '../../src/common/ids.js';
import { unblockForgotten } from '../../src/executions/admission/admission.queries.js';
import { twoOfBoth, useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor } from '../support/locked-table.js';
import { until } from '../support/until.js';

const app = useApp({ roles: twoOfBoth, env: { WORKER_CONCURRENCY: '8' } });
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${owner.user.id}`, { max_running: 6 }));
});

const priorities = ['high', 'normal', 'low'] as const;
const project = (max_concurrent_tasks: number) =>
  makeProject(owner, { resource_limits: { max_concurrent_tasks } });
const all = async (action: 'pause' | 'resume') => {
  for (const priority of priorities)
    await data(200, app.admin.post(`/api/queues/${action}`, { queue_name: `${priority}_priority` }));
};

/** The most executions that were admitted at one time, of those that the condition is true for. */
async function mostAtOnce(condition: string, id: string): Promise<number> {
  const [row] = await app.query<{ most: number }>(
    `WITH e AS (SELECT admitted_at, finished_at FROM executions WHERE ${condition} AND admitted_at IS NOT NULL)
     SELECT max(n)::int AS most FROM (
       SELECT sum(change) OVER (ORDER BY at, change) AS n FROM (
         SELECT admitted_at AS at, 1 AS change FROM e UNION ALL SELECT finished_at, -1 FROM e) AS changes) AS counts`,
    [id],
  );
  return row!.most;
}

test(
  'limits and order are respected while 50 executions start and end concurrently',
  { timeout: 60_000 },
  async () => {
    const projects = await Promise.all([project(3), project(2)]);
    const waiting = await Promise.all(
      Array.from({ length: 30 }, (_, n) => makeJob(owner, projects[n % 2]!, 'sleep 0.05')),
    );
    await all('pause');
    await Promise.all(waiting.map((task, n) => execute(owner, task, { priority: priorities[n % 3] })));
    const late = await Promise.all(Array.from({ length: 20 }, () => makeJob(owner, projects[0]!, 'true')));
    await Promise.all([
      all('resume'),
      ...late.map((task) => execute(owner, task, { priority: 'low' })),
      ...Array.from({ length: 10 }, () => executeCommand(owner, 'true')),
    ]);
    await Promise.all([...waiting, ...late].map((task) => reached(owner, task, 'completed', 50_000)));

    expect(await mostAtOnce('project_id = $1', projects[0]!.id)).toBe(3);
    expect(await mostAtOnce('project_id = $1', projects[1]!.id)).toBe(2);
    expect(await mostAtOnce('requested_by = $1', owner.user.id)).toBeLessThanOrEqual(6);
    const rows = await app.query<{ project_id: string; at: number }>(
      `SELECT project_id, extract(epoch FROM admitted_at)::float8 AS at FROM executions
      WHERE task_id = ANY($1) ORDER BY project_id, queue, id`,
      [waiting.map(({ id }) => id)],
    );
    for (const { id } of projects) {
      const times = rows.filter(({ project_id }) => project_id === id).map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  },
);

test('a dependent starts when its dependencies are completed, deleted or removed, and fails when one failed', async () => {
  const { id } = await project(5);
  const first = await makeTask(owner, { id } as Json);
  const second = await makeTask(owner, { id } as Json);
  const third = await makeJob(owner, { id } as Json, 'sleep 60');
  await execute(owner, third);
  const holding = await reached(owner, third, 'running');
  const waiting = await makeJob(owner, { id } as Json, 'true', { dependencies: [third.id] });
  await execute(owner, waiting);
  expect(await show(owner, waiting)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
  const dependencies = (names: string[]) =>
    data(200, owner.put(`/api/tasks/${waiting.id}`, { dependencies: names }));
  await dependencies([first.id, second.id]);
  await data(200, owner.put(`/api/tasks/${first.id}`, { status: 'completed' }));
  expect(await show(owner, waiting)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
  await data(200, owner.delete(`/api/tasks/${second.id}`));
  await reached(owner, waiting, 'completed');

  const other = await makeJob(owner, { id } as Json, 'true', { dependencies: [third.id] });
  await execute(owner, other);
  await data(200, owner.put(`/api/tasks/${other.id}`, { dependencies: [] }));
  await reached(owner, other, 'completed');

  const failed = await makeTask(owner, { id } as Json);
  await data(200, owner.put(`/api/tasks/${failed.id}`, { status: 'failed' }));
  const doomed = await makeJob(owner, { id } as Json, 'true', { dependencies: [third.id] });
  await execute(owner, doomed);
  await data(200, owner.put(`/api/tasks/${doomed.id}`, { dependencies: [failed.id] }));
  await reached(owner, doomed, 'failed');
  expect(await show(owner, holding)).toMatchObject({ status: 'running' });
  await data(200, owner.post(`/api/tasks/${third.id}/cancel`, {}));
});

test(
  'an execution enqueued while its dependency fails does not wait forever',
  { timeout: 60_000 },
  async () => {
    const { id } = await project(20);
    for (let round = 0; round < 4; round += 1) {
      const first = await makeJob(owner, { id } as Json, 'false');
      const others = await Promise.all(
        Array.from({ length: 10 }, () =>
          makeJob(owner, { id } as Json, 'true', { dependencies: [first.id] }),
        ),
      );
      await execute(owner, first);
      const asked = await Promise.all(
        others.map(async (task, n) => {
          // asked for one after the other, around the end of the first
          for (let turn = 0; turn < n; turn += 1) await show(owner, task);
          const answer = await owner.post(`/api/tasks/${task.id}/execute`);
          return { task, status: answer.status };
        }),
      );
      for (const { task, status } of asked)
        if (status === 202)
          expect(await reached(owner, task, 'failed')).toMatchObject({
            last_run: { reason: 'TASK_DEPENDENCY_NOT_MET' },
          });
        else expect(status).toBe(409);
    }
  },
);

test('concurrent admissions for one owner are serialised, or one reports that it is busy', async () => {
  const racer = await app.admin.createUser('developer');
  const clients = [1, 2, 3].map(() => new Postgres(app.env['DATABASE_URL']));
  const [first, second, third] = clients as [Postgres, Postgres, Postgres];
  await Promise.all(clients.map((client) => client.connect()));
  await all('pause');
  // in a queue that is paused for the server, and not for these calls
  const rows = await app.query<{ id: string }>(
    `INSERT INTO executions (id, requested_by, status, command, timeout)
   SELECT gen_random_uuid(), $1, 'queued', 'true', 60 FROM generate_series(1, 2) RETURNING id`,
    [racer.user.id],
  );
  const admit = async (client: Postgres, waits: boolean) => {
    await client.query('BEGIN');
    await client.query('UPDATE queue_states SET paused = false WHERE queue = 1 AND $1', [client === first]);
    const answer = await client.query("SELECT id, busy FROM admit_next($1, '{}', '{}', 1, 15, $2)", [
      racer.user.id,
      waits,
    ]);
    return answer.rows as { id: string | null; busy: boolean }[];
  };
  const admitted = await admit(first, true);
  expect(rows.map(({ id }) => id)).toContain(admitted[0]?.id);
  expect(admitted).toHaveLength(1);
  expect(await admit(second, false)).toEqual([{ id: null, busy: true }]);
  let isDone = false;
  const other = admit(third, true).finally(() => (isDone = true));
  const isWaiting = async () => {
    const locks = await app.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    return isDone || locks.length > 0;
  };
  await until(isWaiting, { what: 'the third one to wait or to be done' });
  await first.query('COMMIT');
  // the user has one slot
  expect(await other).toEqual([]);
  for (const client of [second, third]) await client.query('ROLLBACK');
  await Promise.all(clients.map((client) => client.end()));
  await app.query("UPDATE executions SET status = 'cancelled', finished_at = now() WHERE requested_by = $1", [
    racer.user.id,
  ]);
  await all('resume');
});

test('an admission reads few blocks with 20,000 executions in a paused queue or waiting for dependencies', async () => {
  const { id } = await project(10);
  const open = await makeTask(owner, { id } as Json);
  const task = await makeJob(owner, { id } as Json, 'true', { dependencies: [open.id] });
  await data(200, app.admin.post('/api/queues/pause', { queue_name: 'low_priority' }));
  const line = async (queued: number) => {
    await app.query(
      `INSERT INTO executions (id, project_id, requested_by, task_id, queue, status, command, timeout, blocked)
     SELECT gen_random_uuid(), $1, $2, CASE WHEN n % 2 = 0 THEN $3::uuid END, n % 2 + 1, 'queued', 'true', 60, n % 2 = 0
       FROM generate_series(1, $4) AS n`,
      [id, owner.user.id, task.id, 2 * queued],
    );
    await app.query('VACUUM ANALYZE executions');
  };
  const client = new Postgres(app.env['DATABASE_URL']);
  await client.connect();
  const reads = async (call: string): Promise<number> => {
    let blocks = Infinity;
    // the first call of a connection reads the catalogue too, and so does one after new statistics
    for (let turn = 0; turn < 5; turn += 1) {
      await client.query('BEGIN');
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM ${call}`);
      await client.query('ROLLBACK');
      blocks = Math.min(blocks, rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks']);
    }
    return blocks;
  };
  const calls = [
    `admit_next('${id}', ARRAY['${owner.user.id}']::uuid[], ARRAY['${task.id}']::uuid[], 5, 15, true)`,
    'owners_with_room(5, 15)',
  ];
  /** Returns the blocks that the search for missed executions reads until it has found its batch. */
  const readsOfSearch = async (): Promise<number> => {
    let blocks = 0;
    const query = async (text: string, values?: readonly unknown[]) => {
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, [
        ...(values ?? []),
      ]);
      blocks = rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'];
      return [];
    };
    await unblockForgotten({ query }, nilId);
    return blocks;
  };
  const readAll = async () => [await reads(calls[0]!), await reads(calls[1]!)];
  await line(200);
  const before = await readAll();
  await line(20_000);
  // new statistics change plans, of all tables as well as of one
  await app.query('ANALYZE');
  const after = await readAll();
  const search = await readsOfSearch();
  await client.end();
  // an index of more rows is a level deeper
  for (const [n, blocks] of after.entries()) expect(blocks).toBeLessThan(3 * before[n]!);
  // the 200 of a batch lie on as many pages at most
  expect(search).toBeLessThan(300);
  await app.query("DELETE FROM executions WHERE project_id = $1 AND status = 'queued'", [id]);
  await data(200, app.admin.post('/api/queues/resume', { queue_name: 'low_priority' }));
});

test('what comes while an admission waits for another one is admitted with its labels', async () => {
  const { id } = await project(10);
  const [holder, caller] = [new Postgres(app.env['DATABASE_URL']), new Postgres(app.env['DATABASE_URL'])];
  await Promise.all([holder.connect(), caller.connect()]);
  const enqueue = () =>
    app.query(
      `INSERT INTO executions (id, project_id, requested_by, queue, status, command, timeout, runs_on)
       SELECT gen_random_uuid(), $1, $2, 2, 'queued', 'true', 60, '{"a-label-of-nobody"}'`,
      [id, owner.user.id],
    );
  // the processes admit, too, and may be faster
  const admitted = await until(
    async () => {
      await app.query("DELETE FROM executions WHERE project_id = $1 AND status = 'queued'", [id]);
      await holder.query('BEGIN');
      await holder.query('SELECT pg_advisory_xact_lock(7102031, hashtext($1))', [id]);
      await enqueue();
      await caller.query('BEGIN');
      const call = caller.query(
        `SELECT * FROM admit_next('${id}', '{}', '{}', 6, 15, true) WHERE id IS NOT NULL`,
      );
      await until(async () => (await waitingFor(app, `admit_next('${id}'`)) > 0);
      await enqueue();
      await holder.query('COMMIT');
      const { rows } = await call;
      await caller.query('ROLLBACK');
      return rows.length === 2 ? (rows as Json[]) : undefined;
    },
    { what: 'an admission of both' },
  );
  expect(admitted.map(({ runs_on }) => runs_on)).toEqual([['a-label-of-nobody'], ['a-label-of-nobody']]);
  await Promise.all([holder.end(), caller.end()]);
  await app.query("DELETE FROM executions WHERE project_id = $1 AND status = 'queued'", [id]);
});
