import { beforeAll, expect, test } from 'vitest';
import { execute, holding, makeJob, makeProject, reached, runJob, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { makeSchedule, reachedOutcomes, yearly } from './steps.js';

const app = useSharedApp();
let stormy: Client;
let project: Json;
/** Another project of the same user, with room for schedules. */
let calm: Json;
let running: Json;

beforeAll(async () => {
  stormy = await app.admin.createUser('developer');
  project = await makeProject(stormy);
  calm = await makeProject(stormy);
  running = await makeJob(stormy, project, holding('go-storm'));
  await execute(stormy, running);
  await reached(stormy, running, 'running');
  return async () => {
    await runJob(stormy, project, 'touch go-storm');
  };
});

/** Makes schedules of a task that runs already, as many projects of one user may have them. */
async function storm(count: number, fields: Json): Promise<Json> {
  const first = await makeSchedule(stormy, project, { task_id: running.id, ...fields, enabled: false });
  await app.query(
    `INSERT INTO schedules (id, project_id, name, cron, every, task_id, created_by, created_at, enabled)
     SELECT gen_random_uuid(), project_id, 'Of a storm', cron, every, task_id, created_by, created_at, true
       FROM schedules, generate_series(1, $2::int) WHERE id = $1`,
    [first.id, count],
  );
  return first;
}

/** Makes those of the storm due, and wakes the processes. */
async function makeAllDue(secondsAgo: number): Promise<void> {
  await app.query(
    `UPDATE schedules SET next_at = date_trunc('second', now()) - make_interval(secs => $1),
            due_at = date_trunc('second', now()) - make_interval(secs => $1) WHERE name = 'Of a storm'`,
    [secondsAgo],
  );
  await makeSchedule(stormy, calm, { template: { title: 'x', command: 'true' }, enabled: false });
}

/** How many times of the storm were decided for each reason, up to a moment. */
async function decided(until = new Date(8.64e15)): Promise<Record<string, number>> {
  const rows = await app.query<{ reason: string; n: number }>(
    `SELECT o.reason, count(*)::int AS n FROM schedule_occurrences o JOIN schedules s ON s.id = o.schedule_id
      WHERE s.name = 'Of a storm' AND o.decided_at <= $1 GROUP BY 1`,
    [until.getTime() > 8e15 ? 'infinity' : until],
  );
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}

const endStorm = async () => {
  await app.query(
    `WITH gone AS (DELETE FROM schedules WHERE name = 'Of a storm' RETURNING id)
     DELETE FROM schedule_occurrences WHERE schedule_id IN (SELECT id FROM gone)`,
  );
};

test('what one account has waiting does not delay the others', async () => {
  const quiet = await app.admin.createUser('developer');
  const own = await makeProject(quiet);
  const made = await makeSchedule(quiet, own, { task_id: (await makeJob(quiet, own, 'true')).id });
  await storm(2_000, { cron: yearly });
  await app.query(`UPDATE schedules SET next_at = now(), due_at = now() WHERE id = $1`, [made.id]);
  await makeAllDue(30);
  await reachedOutcomes(quiet, made, ['fired']);
  const all = async () => (await decided()).TASK_ALREADY_RUNNING === 2_000;
  await until(all, { what: 'the storm to be decided', timeout: 60_000 });
  const [row] = await app.query<{ decided_at: Date }>(
    'SELECT decided_at FROM schedule_occurrences WHERE schedule_id = $1',
    [made.id],
  );
  // some batches are under way when the schedule comes, each of a hundred
  expect((await decided(row!.decided_at)).TASK_ALREADY_RUNNING ?? 0).toBeLessThanOrEqual(1_000);
  await endStorm();
});

test('a time that comes late while a process is there is none of a downtime', async () => {
  const made = await makeSchedule(stormy, calm, {
    task_id: (await makeJob(stormy, calm, 'true')).id,
    catch_up: 'none',
  });
  await app.query(`UPDATE system_settings SET value = value || '{"up_since": 0}' WHERE name = 'schedulers'`);
  await app.query(
    `UPDATE schedules SET next_at = now() - interval '1 hour', due_at = now() - interval '1 hour' WHERE id = $1`,
    [made.id],
  );
  await makeAllDue(0);
  await reachedOutcomes(stormy, made, ['fired']);
});

test('the schedules of one account fire 300 times a minute together, and those beyond it wait for the next minute', async () => {
  await storm(330, { cron: null, every: '00:00:01' });
  await makeAllDue(1);
  const enough = async () =>
    Object.values(await decided()).reduce((sum, count) => sum + count, 0) >= 330 ||
    Promise.reject(new Error(JSON.stringify(await decided())));
  await until(enough, { what: 'all to be decided', timeout: 30_000 });
  const waits = () =>
    app.query(
      `SELECT 1 FROM schedules WHERE name = 'Of a storm' AND next_at > now() + interval '2 seconds' LIMIT 1`,
    );
  const all = async () => ((await decided()).RATE_LIMIT_EXCEEDED ?? 0) >= 330;
  await until(all, { what: 'each of them to be one too many', timeout: 30_000 });
  expect((await decided()).TASK_ALREADY_RUNNING).toBe(300);
  expect(await waits()).toHaveLength(1);
  // those that fire less often go on
  const nightly = await makeSchedule(stormy, calm, {
    task_id: (await makeJob(stormy, calm, 'true')).id,
  });
  await app.query('UPDATE schedules SET next_at = now(), due_at = now() WHERE id = $1', [nightly.id]);
  await makeSchedule(stormy, calm, { template: { title: 'x', command: 'true' }, enabled: false });
  await reachedOutcomes(stormy, nightly, ['fired']);
  await endStorm();
});
