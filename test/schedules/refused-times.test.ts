import { Client as Postgres } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { claimDue, firstDue } from '../../src/schedules/occurrences.queries.js';
import { data, execute, makeJob, makeProject, reached, type Json } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { makeDue, makeSchedule, occurrencesOf, reachedOutcomes, showSchedule } from './steps.js';

const app = useApp({ env: { QUEUE_LIMIT: '3', MAX_QUEUED_PER_USER: '10', HOUSEKEEPING_SECONDS: '1' } });
let owner: Client;
let project: Json;

beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const queue = (action: 'pause' | 'resume') =>
  data(200, app.admin.post(`/api/queues/${action}`, { queue_name: 'low_priority' }));
const runOf = (occurrence: Json) => data(200, owner.get(`/api/executions/${occurrence.execution_id}`));

describe('a time whose run is refused is skipped, and the next one fires', () => {
  test('while the queue is full', async () => {
    const task = await makeJob(owner, project, 'true');
    const made = await makeSchedule(owner, project, { task_id: task.id, priority: 'low' });
    await queue('pause');
    const others = await Promise.all([1, 2, 3].map(() => makeJob(owner, project, 'true')));
    for (const other of others) await execute(owner, other, { priority: 'low' });
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['skipped QUEUE_FULL']);
    await queue('resume');
    for (const other of others) await reached(owner, other, 'completed');
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['skipped QUEUE_FULL', 'fired']);
    await reached(owner, task, 'completed');
  });

  test('while a task that it depends on is open', async () => {
    const first = await makeJob(owner, project, 'true');
    const task = await makeJob(owner, project, 'true', { dependencies: [first.id] });
    const made = await makeSchedule(owner, project, { task_id: task.id });
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['skipped TASK_DEPENDENCY_NOT_MET']);
    await execute(owner, first);
    await reached(owner, first, 'completed');
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['skipped TASK_DEPENDENCY_NOT_MET', 'fired']);
    await reached(owner, task, 'completed');
  });

  test('while its concurrency group is full', async () => {
    const holder = await makeJob(owner, project, 'sleep 300', { concurrency: { group: 'of-one' } });
    await execute(owner, holder);
    await reached(owner, holder, 'running');
    const task = await makeJob(owner, project, 'true');
    const concurrency = { group: 'of-one', on_conflict: 'skip' };
    const made = await makeSchedule(owner, project, { task_id: task.id, concurrency });
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['skipped CONCURRENCY_SKIPPED']);
    await data(200, owner.post(`/api/tasks/${holder.id}/cancel`));
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['skipped CONCURRENCY_SKIPPED', 'fired']);
    await reached(owner, task, 'completed');
  });
});

test('in a paused queue the run waits, and what comes meanwhile is one of an unfinished run', async () => {
  const task = await makeJob(owner, project, 'true');
  const made = await makeSchedule(owner, project, { task_id: task.id, priority: 'low' });
  await queue('pause');
  await makeDue(app, owner, made, 30);
  await reachedOutcomes(owner, made, ['fired']);
  const [fired] = await occurrencesOf(owner, made);
  expect(await runOf(fired!)).toMatchObject({ status: 'queued', why_waiting: 'queue_paused' });
  await makeDue(app, owner, made, 20);
  await reachedOutcomes(owner, made, ['fired', 'skipped TASK_ALREADY_RUNNING']);
  await queue('resume');
  await reached(owner, task, 'completed');
});

test('neither times before it was made are made up for, nor those while it was switched off', async () => {
  const task = await makeJob(owner, project, 'true');
  const made = await makeSchedule(owner, project, {
    cron: null,
    every: '01:00:00',
    starts_at: new Date(Date.now() - 10.5 * 3_600_000).toISOString(),
    task_id: task.id,
    catch_up: 'all',
  });
  await data(200, owner.put(`/api/schedules/${made.id}`, { enabled: false }));
  await data(200, owner.put(`/api/schedules/${made.id}`, { enabled: true }));
  const another = await makeSchedule(owner, project, { template: { title: 'x', command: 'true' } });
  await makeDue(app, owner, another);
  await reachedOutcomes(owner, another, ['fired']);
  expect(await occurrencesOf(owner, made)).toEqual([]);
  expect(Date.parse((await showSchedule(owner, made)).next_runs[0])).toBeGreaterThan(Date.now());
});

test('occurrences are kept for 90 days, the latest hundred for longer, and none of a deleted schedule', async () => {
  const task = await makeJob(owner, project, 'true');
  const withRows = async (name: string, old: number, recent: number) => {
    const made = await makeSchedule(owner, project, { name, task_id: task.id, enabled: false });
    await app.query(
      `INSERT INTO schedule_occurrences (schedule_id, scheduled_for, status, reason)
       SELECT $1::uuid, now() - interval '91 days' - make_interval(mins => n), 'skipped', 'QUEUE_FULL' FROM generate_series(1, $2::int) AS n
        UNION ALL SELECT $1::uuid, now() - interval '89 days' - make_interval(mins => n), 'missed', 'DOWNTIME' FROM generate_series(1, $3::int) AS n`,
      [made.id, old, recent],
    );
    return made;
  };
  const left = async ({ id }: Json) =>
    (
      await app.query<{ status: string; n: number }>(
        'SELECT status, count(*)::int AS n FROM schedule_occurrences WHERE schedule_id = $1 GROUP BY status ORDER BY status',
        [id],
      )
    ).map(({ status, n }) => `${n} ${status}`);
  // more than one statement deletes of each schedule
  const rare = await withRows('Rare', 2_300, 0);
  const some = await withRows('Some', 300, 40);
  const busy = await withRows('Busy', 300, 150);
  const gone = await withRows('Gone', 300, 150);
  await data(200, owner.delete(`/api/schedules/${gone.id}`));
  for (const [schedule, expected] of [
    [rare, ['100 skipped']],
    [some, ['40 missed', '60 skipped']],
    [busy, ['150 missed']],
    [gone, []],
  ] as const)
    await until(async () => JSON.stringify(await left(schedule)) === JSON.stringify(expected), {
      what: `the old occurrences of ${schedule.name} to be deleted`,
    });
  const [newest] = await app.query<{ day: number }>(
    'SELECT extract(day FROM now() - max(scheduled_for))::int AS day FROM schedule_occurrences WHERE schedule_id = $1',
    [rare.id],
  );
  expect(newest!.day).toBe(91);
  await until(
    async () => (await app.query('SELECT 1 FROM schedules WHERE id = $1', [gone.id])).length === 0,
    { what: 'the deleted schedule to be gone' },
  );
});

test('what is due next is found in few blocks among 10,000 schedules', async () => {
  const own = await makeProject(owner);
  const first = await makeSchedule(owner, own, { template: { title: 'x', command: 'true' } });
  await app.query(
    `INSERT INTO schedules (id, project_id, name, cron, template, created_by, next_at, due_at)
     SELECT gen_random_uuid(), project_id, name, cron, template, created_by, now() + make_interval(days => n), now() + make_interval(days => n)
       FROM schedules, generate_series(100, 10100) AS n WHERE id = $1`,
    [first.id],
  );
  await app.query('VACUUM ANALYZE schedules');
  const client = new Postgres(app.env['DATABASE_URL']);
  await client.connect();
  let blocks = 0;
  const measured = {
    query: async (text: string, values: readonly unknown[] = []) => {
      await client.query('BEGIN');
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, [...values]);
      await client.query('ROLLBACK');
      const { Plan: plan } = rows[0]['QUERY PLAN'][0];
      blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
      return [];
    },
  };
  const reads = async (look: () => Promise<unknown>) => {
    await look();
    return blocks;
  };
  const none = await reads(() => claimDue(measured, Date.now(), 40));
  const next = await reads(() => firstDue(measured));
  await client.end();
  await app.query('DELETE FROM schedules WHERE project_id = $1', [own.id]);
  // all of them fill some 400 blocks
  expect(Math.max(none, next)).toBeLessThan(20);
});
