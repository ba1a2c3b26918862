import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { data, makeProject, type Json } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { until } from '../support/until.js';
import { makeSchedule } from './steps.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-clock-'));
const file = join(folder, 'offset');
const hour = 3_600_000;
// the server may be another user
chmodSync(folder, 0o755);
writeFileSync(file, '0');
afterAll(() => rmSync(folder, { recursive: true }));

const app = useApp({
  env: { CLOCK_OFFSET_FILE: file, ACCESS_TOKEN_SECONDS: '86400' },
  command: [
    process.execPath,
    '--import',
    join(import.meta.dirname, 'shifted-clock.mjs'),
    join(root, 'dist/bundle/main.js'),
  ],
});

test('no time fires twice and none is lost while the clock of the host jumps back and forth by an hour', async () => {
  const owner = await app.admin.createUser('developer');
  const project = await makeProject(owner, { resource_limits: { max_tasks: 10_000 } });
  const fields = { template: { title: 'x', command: 'true' }, overlap: 'allow' };
  const everySecond = await makeSchedule(owner, project, { cron: '* * * * * *', ...fields });
  const witness = await makeSchedule(owner, project, fields);

  /** Puts the clock forward or back, and waits until a schedule that is due by the new time has fired. */
  const jump = async (offset: number) => {
    writeFileSync(file, String(offset));
    const due = new Date(Math.floor((Date.now() + offset) / 1000) * 1000);
    await app.query(
      'UPDATE schedules SET next_at = $2, due_at = $2, claimed_until = NULL, enabled = true WHERE id = $1',
      [witness.id, due],
    );
    // wakes the process, whose timer goes by elapsed time
    await data(200, owner.put(`/api/schedules/${everySecond.id}`, { description: `By ${offset} ms` }));
    const look = () =>
      app.query(
        `SELECT 1 FROM schedule_occurrences WHERE schedule_id = $1 AND scheduled_for = $2 AND status = 'fired'`,
        [witness.id, due],
      );
    await until(async () => (await look()).length > 0, { what: `the time ${due.toISOString()} to fire` });
  };
  const fired = async (from: number, to: number): Promise<number[]> =>
    (
      await app.query<{ scheduled_for: Date }>(
        `SELECT scheduled_for FROM schedule_occurrences WHERE schedule_id = $1 AND status = 'fired'
            AND scheduled_for >= $2 AND scheduled_for < $3 ORDER BY scheduled_for`,
        [everySecond.id, new Date(from), new Date(to)],
      )
    ).map(({ scheduled_for }) => scheduled_for.getTime());
  const many = (from: number, to: number) =>
    until(async () => (await fired(from, to)).length >= 3, { what: 'some times to fire', timeout: 40_000 });

  const begun = Date.now();
  await many(begun - hour / 2, begun + hour / 2);
  await jump(-hour);
  const before = await fired(0, begun + hour / 2);
  await jump(0);
  await many(Date.now(), begun + hour / 2);
  // nothing of the hour that the clock showed again has fired again, and nothing before the schedule was made
  expect(await fired(0, begun - 1000)).toEqual([]);
  expect((await fired(0, begun + hour / 2)).slice(0, before.length)).toEqual(before);
  await jump(hour);
  await many(begun + hour / 2, begun + 2 * hour);
  const ahead = await fired(begun + hour / 2, begun + 2 * hour);
  await jump(0);
  await jump(hour);
  await many(ahead.at(-1)! + 1000, begun + 2 * hour);
  expect((await fired(begun + hour / 2, begun + 2 * hour)).slice(0, ahead.length)).toEqual(ahead);
  // planned anew by a clock that is put back, it comes to times that have fired
  await jump(hour - 3_000);
  const last = (await fired(0, begun + 2 * hour)).at(-1)!;
  await data(200, owner.put(`/api/schedules/${everySecond.id}`, { timezone: 'UTC' }));
  await many(last + 1000, begun + 2 * hour);
  await data(200, owner.put(`/api/schedules/${everySecond.id}`, { enabled: false }));
  const rows = await app.query<Json>(
    `SELECT (SELECT count(*)::int FROM schedule_occurrences WHERE schedule_id = $1 AND status = 'fired') AS fired,
            (SELECT count(*)::int FROM executions WHERE origin_id = $1) AS runs,
            (SELECT count(DISTINCT execution_id)::int FROM schedule_occurrences WHERE schedule_id = $1) AS distinct_runs`,
    [everySecond.id],
  );
  expect(rows[0]!.runs).toBe(rows[0]!.fired);
  expect(rows[0]!.distinct_runs).toBe(rows[0]!.fired);
}, 90_000);
