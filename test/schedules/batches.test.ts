import { Client as Database } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  makeJob,
  makeProject,
  reached,
  runJob,
  show,
  type Json,
} from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { makeSchedule, occurrencesOf, outcomes, reachedOutcomes } from './steps.js';

const app = useSharedApp();
let owner: Client;
let project: Json;

beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner, { resource_limits: { max_tasks: 10_000, max_concurrent_tasks: 100 } });
});

/** Makes schedules due in one second, for one process to claim together. */
async function makeAllDue(schedules: readonly Json[]): Promise<void> {
  await app.query(
    `UPDATE schedules SET next_at = date_trunc('second', now()), due_at = date_trunc('second', now()), claimed_until = NULL
      WHERE id = ANY ($1)`,
    [schedules.map(({ id }) => id)],
  );
  // wakes the processes
  await makeSchedule(owner, project, { template: { title: 'x', command: 'true' }, enabled: false });
}

/** Counts the transactions that have decided the times of schedules. */
async function transactionsOf(schedules: readonly Json[]): Promise<number> {
  const [row] = await app.query<{ n: number }>(
    'SELECT count(DISTINCT xmin::text)::int AS n FROM schedule_occurrences WHERE schedule_id = ANY ($1)',
    [schedules.map(({ id }) => id)],
  );
  return row!.n;
}

const jobWith = (fields: Record<string, unknown> = {}, command = 'true') =>
  makeJob(owner, project, command, fields);

test('bad ones among good ones are skipped with their reasons, and the good ones fire together', async () => {
  const maker = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${project.id}/members/${maker.user.id}`, { role: 'developer' }));
  const good = [];
  for (let n = 0; n < 6; n += 1)
    good.push(
      await makeSchedule(
        owner,
        project,
        n < 3 ? { task_id: (await jobWith()).id } : { template: { title: `Made ${n}`, command: 'true' } },
      ),
    );
  const archived = await jobWith();
  const gone = await jobWith();
  const running = await jobWith({}, holding('go-batch'));
  const required = await jobWith();
  const bad: [Json, string][] = [
    [await makeSchedule(owner, project, { task_id: archived.id }), 'skipped TASK_ARCHIVED'],
    [await makeSchedule(owner, project, { task_id: gone.id }), 'skipped TASK_NOT_FOUND'],
    [
      await makeSchedule(owner, project, { task_id: (await jobWith({}, 'rm -rf /')).id }),
      'skipped COMMAND_UNSAFE',
    ],
    [await makeSchedule(owner, project, { task_id: running.id }), 'skipped TASK_ALREADY_RUNNING'],
    [
      await makeSchedule(owner, project, { task_id: running.id, overlap: 'queue' }),
      'waiting TASK_ALREADY_RUNNING',
    ],
    [await makeSchedule(owner, project, { task_id: required.id }), 'skipped VALIDATION_ERROR'],
    [await makeSchedule(maker, project, { task_id: (await jobWith()).id }), 'skipped MAKER_DISABLED'],
  ];
  await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
  await data(200, owner.delete(`/api/tasks/${gone.id}`));
  await data(200, owner.put(`/api/tasks/${required.id}`, { inputs: [{ name: 'must', required: true }] }));
  await data(200, app.admin.put(`/api/users/${maker.user.id}`, { disabled: true }));
  await execute(owner, running);
  await reached(owner, running, 'running');
  await makeAllDue([...good, ...bad.map(([made]) => made)]);
  for (const made of good) await reachedOutcomes(owner, made, ['fired']);
  for (const [made, outcome] of bad) await reachedOutcomes(app.admin, made, [outcome]);
  expect(await transactionsOf(good)).toBeLessThan(good.length);
  await runJob(owner, project, 'touch go-batch');
  await reached(owner, running, 'completed');
});

test('what a batch makes is what a schedule makes alone', async () => {
  const other = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${project.id}/members/${other.user.id}`, { role: 'developer' }));
  await jobWith({ tags: ['Nightly'] });
  const template = {
    title: 'Report of {{date}}',
    description: 'Daily',
    command: 'echo "$TASK_REF $TASK_TAGS $INPUT_REGION"',
    tags: ['nightly', 'new label'],
    priority: 2,
    assigned_to: other.user.id,
    metadata: { of: ['a', 'b'] },
    timeout: 60,
    due_at: '2030-01-02T03:04:05.000Z',
    inputs: [{ name: 'region', type: 'string', default: 'eu' }],
    concurrency: { group: 'reports-{{input.region}}', limit: 5 },
  };
  const made = [];
  for (let n = 0; n < 3; n += 1)
    made.push(await makeSchedule(owner, project, { template, priority: 'high', overlap: 'allow' }));
  await makeAllDue(made);
  const kept = [
    'title',
    'description',
    'tags',
    'priority',
    'assigned_to',
    'metadata',
    'timeout',
    'due_at',
    'created_by',
  ];
  const pick = (task: Json) => Object.fromEntries(kept.map((name) => [name, task[name]]));
  const numbers = new Set<string>();
  for (const schedule of made) {
    await reachedOutcomes(owner, schedule, ['fired']);
    const [{ task_id, execution_id }] = (await occurrencesOf(owner, schedule)) as [Json];
    const task = await reached(owner, { id: task_id }, 'completed');
    const alone = await data(
      201,
      owner.post('/api/tasks/', { ...template, title: task.title, project_id: project.id }),
    );
    expect(pick(task)).toEqual(pick(alone));
    expect(task.tags).toEqual(['Nightly', 'new label']);
    expect(task.title).toMatch(/^Report of \d{4}-\d\d-\d\d$/);
    numbers.add(task.ref);
    const { history } = await show(owner, task);
    expect(history.map(({ action, new_value }: Json) => [action, new_value])).toEqual([
      ['created', { title: task.title, status: 'pending', priority: 2, ref: task.ref }],
      ['status_changed', 'queued'],
      ['status_changed', 'running'],
      ['status_changed', 'completed'],
    ]);
    const run = await data(200, owner.get(`/api/executions/${execution_id}`));
    expect(run).toMatchObject({
      origin: { type: 'schedule', id: schedule.id },
      requested_by: owner.user.id,
      priority: 'high',
      inputs: { region: 'eu' },
      concurrency_group: 'reports-eu',
    });
    const output = await owner.get(`/api/commands/${execution_id}/output`);
    expect(String(output.body)).toContain(`${task.ref} Nightly,new label eu`);
  }
  expect(numbers.size).toBe(made.length);
});

test('one that is being changed, and another of the same task, wait for nobody and keep nobody waiting', async () => {
  const task = await jobWith({}, holding('go-twice'));
  const locked = await jobWith();
  const free = [];
  for (let n = 0; n < 3; n += 1)
    free.push(await makeSchedule(owner, project, { task_id: (await jobWith()).id }));
  const twice = [
    await makeSchedule(owner, project, { task_id: task.id }),
    await makeSchedule(owner, project, { task_id: task.id }),
  ];
  const held = await makeSchedule(owner, project, { task_id: locked.id });
  const holder = new Database({ connectionString: app.databaseUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE', [locked.id]);
    await makeAllDue([...free, ...twice, held]);
    for (const schedule of free) await reachedOutcomes(owner, schedule, ['fired']);
    const both = async () =>
      [...(await outcomes(owner, twice[0]!)), ...(await outcomes(owner, twice[1]!))].toSorted();
    await until(async () => (await both()).length === 2, { what: 'both of the task to be decided' });
    expect(await both()).toEqual(['fired', 'skipped TASK_ALREADY_RUNNING']);
    expect(await outcomes(owner, held)).toEqual([]);
    await holder.query('COMMIT');
  } finally {
    await holder.end();
  }
  await reachedOutcomes(owner, held, ['fired']);
  await runJob(owner, project, 'touch go-twice');
  await reached(owner, task, 'completed');
});

test('a project has no more tasks than it may, however many schedules make them at once', async () => {
  const small = await makeProject(owner, { resource_limits: { max_tasks: 5, max_concurrent_tasks: 2 } });
  const made: Json[] = [];
  for (let n = 0; n < 8; n += 1)
    made.push(await makeSchedule(owner, small, { template: { title: `Made ${n}`, command: 'true' } }));
  await makeAllDue(made);
  const all = async () =>
    (await Promise.all(made.map((schedule) => outcomes(owner, schedule)))).flat().toSorted();
  await until(async () => (await all()).length === made.length, { what: 'all to be decided' });
  expect(await all()).toEqual([
    ...Array.from({ length: 5 }, () => 'fired'),
    ...Array.from({ length: 3 }, () => 'skipped PROJECT_LIMIT_EXCEEDED'),
  ]);
});
