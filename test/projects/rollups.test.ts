import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { addUpTasks, dayMs, dayOf } from '../../src/infra/rollups/task-rollup.queries.js';
import { prune, retentions } from '../../src/infra/retention/retention.queries.js';
import { readConfig } from '../../src/common/config.js';
import { figuresOf } from '../../src/projects/analytics.queries.js';
import { averageDuration, recentActivity } from '../../src/projects/projects.queries.js';
import { userStatistics } from '../../src/users/profile.queries.js';
import { isNear, percentileOf, randomIntegers, RollupTest } from './rollup-steps.js';

let rollups: RollupTest;
beforeAll(async () => {
  rollups = await RollupTest.create();
  for (const [n, id] of users.entries())
    await rollups.db.query(
      `INSERT INTO users (id, username, email, password_hash, role) VALUES ($1, $2, $2 || '@example.org', 'x', 'developer')`,
      [id, `person${n}`],
    );
  for (const [n, id] of projects.entries())
    await rollups.db.query(
      `INSERT INTO projects (id, key, name, description, visibility, resource_limits, created_by)
       VALUES ($1, $2, $2, '', 'private', '{"max_tasks": 1000000}', $3)`,
      [id, `P${n}`, users[0]],
    );
});
afterAll(() => rollups.close());

const users = [newId(), newId(), newId()];
const projects = [newId(), newId()];
const periods = [7, 30, 90, 365];
const random = randomIntegers(25);
const oneOf = <T>(list: readonly T[]): T => list[random(list.length)]!;
const statuses = [
  'pending',
  'queued',
  'running',
  'completed',
  'completed',
  'completed',
  'failed',
  'cancelled',
];
const endings = ['completed', 'failed', 'cancelled'];

interface Row extends Record<string, unknown> {
  id: string;
  status: string;
  user_id: string;
  created_by: string;
  created_at: Date;
  completed_at: Date | null;
  actual_duration: number | null;
  estimated_duration: number | null;
}

/** Times that go with a status, within the 500 days after a time. */
function ending(status: string, createdAt: number): [Date | null, number | null] {
  if (!endings.includes(status)) return [null, null];
  const at = Math.min(Date.now(), createdAt + random(20) * random(25) * dayMs + random(dayMs));
  return [new Date(at), random(5) === 0 ? null : random(2_000_000) / 1000];
}

async function create(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const createdAt = Date.now() - random(420) * random(10) * 0.1 * dayMs - random(dayMs);
    const status = oneOf(statuses);
    await rollups.db.query(
      `INSERT INTO tasks (id, project_id, number, title, status, created_by, assigned_to, created_at, completed_at, actual_duration, estimated_duration)
       SELECT $1, $2, coalesce(max(number), 0) + 1, 'task', $3, $4, $5, $6, $7, $8, $9 FROM tasks WHERE project_id = $2`,
      [
        newId(),
        oneOf(projects),
        status,
        oneOf(users),
        oneOf([null, ...users]),
        new Date(createdAt),
        ...ending(status, createdAt),
        oneOf([null, 60, 600]),
      ],
    );
  }
}

/** Ends, reopens, reassigns, re-estimates, moves, deletes and restores tasks, and erases a few, each of those known by its creation. */
async function change(count: number): Promise<void> {
  const tasks = await rollups.db.query<{ id: string; created_at: Date }>(
    'SELECT id, created_at FROM tasks ORDER BY id',
  );
  const set = (id: string, assignment: string, ...values: unknown[]) =>
    rollups.db.query(`UPDATE tasks SET ${assignment} WHERE id = $1`, [id, ...values]);
  for (let n = 0; n < count; n += 1) {
    const { id, created_at } = oneOf(tasks);
    const status = oneOf(statuses);
    const changes = [
      () =>
        set(
          id,
          'status = $2, completed_at = $3, actual_duration = $4',
          status,
          ...ending(status, created_at.getTime()),
        ),
      () => set(id, 'assigned_to = $2', oneOf([null, ...users])),
      () => set(id, 'estimated_duration = $2', oneOf([null, 30, 900])),
      () => set(id, 'deleted_at = now()'),
      () => set(id, 'deleted_at = NULL'),
      () => set(id, 'title = $2', `title ${n}`),
      () => rollups.db.query('DELETE FROM tasks WHERE id = $1 AND $2', [id, n % 4 === 0]),
    ];
    await oneOf(changes)();
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
const isNumber = (value: number | null): value is number => value !== null;
/** Expects a mean but for what floating point adds to it. */
const about = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 6));

/** Computes the figures from the rows, as the descriptions of the endpoint say. */
function reference(tasks: readonly Row[], days: number) {
  const first = dayOf(Date.now()) - days + 1;
  const dayIn = (at: Date | null) => (at === null ? -1 : dayOf(at.getTime()) - first);
  const hasEnded = (task: Row) => endings.includes(task.status) && dayIn(task.completed_at) >= 0;
  const counted = tasks.filter((task) => dayIn(task.created_at) >= 0 || hasEnded(task));
  const completed = counted.filter((task) => task.status === 'completed' && hasEnded(task));
  const durations = (list: readonly Row[]) => list.map((task) => task.actual_duration).filter(isNumber);
  const estimated = completed.filter(
    (task) => task.actual_duration !== null && task.estimated_duration !== null,
  );
  const perDay = (list: readonly Row[], time: (task: Row) => Date | null) =>
    Array.from({ length: days }, (_, day) => list.filter((task) => dayIn(time(task)) === day).length);
  return {
    summary: {
      total: counted.length,
      completed: completed.length,
      ended: counted.filter(hasEnded).length,
      completion_time: about(
        mean(completed.map((t) => (t.completed_at!.getTime() - t.created_at.getTime()) / 1000)),
      ),
      average_duration: about(mean(durations(completed))),
      on_time: estimated.filter((task) => task.actual_duration! <= task.estimated_duration!).length,
      estimated: estimated.length,
    },
    median: percentileOf(durations(completed), 0.5),
    created_per_day: perDay(counted, (task) => task.created_at),
    completed_per_day: perDay(completed, (task) => task.completed_at),
    team: new Map(
      users.flatMap((user) => {
        const mine = counted.filter((task) => task.user_id === user);
        const done = completed.filter((task) => task.user_id === user);
        return mine.length === 0
          ? []
          : [[user, [mine.length, done.length, about(mean(durations(done)))] as const] as const];
      }),
    ),
  };
}

async function expectExact(): Promise<void> {
  for (const project of projects) {
    const tasks = await rollups.db.query<Row>(
      'SELECT *, coalesce(assigned_to, created_by) AS user_id FROM tasks WHERE project_id = $1 AND deleted_at IS NULL',
      [project],
    );
    for (const days of periods) {
      const { median, team, ...exact } = reference(tasks, days);
      const { summary, team: members, ...trends } = await figuresOf(rollups.db, project, days);
      const { median_duration, ...others } = summary;
      expect({
        summary: others,
        created_per_day: trends.created_per_day,
        completed_per_day: trends.completed_per_day,
      }).toEqual(exact);
      expect(
        isNear(
          median_duration === null ? null : 1000 * median_duration,
          median === null ? null : 1000 * median,
        ),
      ).toBe(true);
      const shown = members.map((m) => [m.user_id, [m.total, m.completed, m.average_duration]] as const);
      expect(new Map(shown)).toEqual(team);
    }
    const durations = tasks
      .filter(({ status }) => status === 'completed')
      .map((task) => task.actual_duration);
    expect(await averageDuration(rollups.db, project)).toEqual(about(mean(durations.filter(isNumber))));
  }
  for (const user of users) {
    const [counts] = await rollups.db.query(
      `SELECT count(*) FILTER (WHERE created_by = $1)::int AS tasks_created,
              count(*) FILTER (WHERE coalesce(assigned_to, created_by) = $1 AND status = 'completed' AND deleted_at IS NULL)::int AS tasks_completed
         FROM tasks`,
      [user],
    );
    expect(await userStatistics(rollups.db, user)).toMatchObject(counts!);
  }
}

test('task statistics equal those of the rows after any change, at each stage of the rollup', async () => {
  const some = (db: Parameters<typeof addUpTasks>[0]) => addUpTasks(db, { most: 40 });
  await create(250);
  await expectExact();
  await some(rollups.db);
  await expectExact();
  await rollups.addUpKilled(some);
  await expectExact();
  await rollups.addUp(some);
  await expectExact();
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([change(120), create(20), some(rollups.db)]);
    await expectExact();
    await rollups.addUpKilled(some);
    await Promise.all([rollups.addUp(some), change(60)]);
    await expectExact();
    await rollups.addUp(some);
    await expectExact();
  }
  expect(await rollups.db.query('SELECT 1 FROM task_deltas')).toEqual([]);
  for (const retention of retentions(readConfig({}))) await prune(rollups.db, retention);
  await expectExact();
});

test('a change of a task that does not affect its statistics is not logged for the rollup', async () => {
  const [task] = await rollups.db.query<{ id: string }>(
    'SELECT id FROM tasks WHERE deleted_at IS NULL LIMIT 1',
  );
  await rollups.db.query("UPDATE tasks SET status = 'pending', completed_at = NULL WHERE id = $1", [
    task!.id,
  ]);
  await rollups.addUp(addUpTasks);
  for (const status of ['queued', 'running', 'pending'])
    await rollups.db.query('UPDATE tasks SET status = $2, title = $2, updated_at = now() WHERE id = $1', [
      task!.id,
      status,
    ]);
  expect(await rollups.db.query('SELECT 1 FROM task_deltas')).toEqual([]);
});

test('20,000 more tasks make reads of the statistics hardly more expensive', async () => {
  const fill = async (count: number) => {
    await rollups.db.query(
      `INSERT INTO tasks (id, project_id, number, title, status, created_by, created_at, completed_at, actual_duration)
       SELECT gen_random_uuid(), $1, 100000 + $2 + n, 'task', 'completed', $3, at, at + interval '1 minute', n % 300
         FROM generate_series(1, $2) AS n CROSS JOIN LATERAL (SELECT now() - interval '1 day' * (1 + n % 300) AS at) AS t`,
      [projects[0], count, users[0]],
    );
    await rollups.addUp(addUpTasks);
    await rollups.db.query('VACUUM ANALYZE');
  };
  const reads = async () => ({
    analytics: await rollups.blocksOf((db) => figuresOf(db, projects[0]!, 365)),
    profile: await rollups.blocksOf((db) => userStatistics(db, users[0]!)),
    detail: await rollups.blocksOf((db) => averageDuration(db, projects[0]!)),
  });
  await fill(300);
  const before = await reads();
  await fill(20_000);
  const after = await reads();
  for (const name of ['analytics', 'profile', 'detail'] as const)
    expect(after[name]).toBeLessThan(3 * before[name]);
});

test('the last activity of a quiet project is read from few blocks, however much has happened in others since', async () => {
  const happen = (among: string[], count: number) =>
    rollups.db.query(
      `INSERT INTO activity (id, entity_type, entity_id, project_id, action)
       SELECT gen_random_uuid(), 'project', p.id, p.id, 'updated'
         FROM generate_series(1, $2) AS n CROSS JOIN LATERAL (SELECT ($1::uuid[])[1 + n % cardinality($1::uuid[])] AS id) AS p`,
      [among, count],
    );
  // in turn, so that the entries of each lie apart and the way back through all of them looks short
  await happen(projects.slice(0, 2), 40_000);
  await happen([projects[1]!], 20_000);
  await rollups.db.query('VACUUM ANALYZE activity');
  expect(await rollups.blocksOf((db) => recentActivity(db, projects[0]!))).toBeLessThan(100);
});
