import { Client as Postgres } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../commands/steps.js';
import { data, execute, makeProject, outputOf, reached, refusal, runJob } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { until } from '../support/until.js';
import { erased } from './erasure-steps.js';

const app = useApp({
  env: {
    // enough for two requests of one user at once
    DATABASE_POOL_SIZE: '12',
    HOUSEKEEPING_SECONDS: '1',
    MAX_PROJECTS_PER_USER: '3',
    MAX_PROJECT_TASKS: '50',
    MAX_PROJECT_CONCURRENT_TASKS: '12',
    MAX_PROJECT_STORAGE: '2GB',
    MAX_USER_STORAGE: '20B',
    MAX_RUN_LIMITS: '{"cpu_seconds":60}',
    DEFAULT_RUN_LIMITS: '{"memory":"1GB","file_size":"1MB","open_files":128,"processes":64,"cpu_seconds":90}',
  },
});
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

const above = [
  { max_tasks: 51 },
  { max_concurrent_tasks: 13 },
  { storage_limit: '2.1GB' },
  { max_run_limits: { cpu_seconds: 61 } },
];
const most = { max_tasks: 50, max_concurrent_tasks: 12, storage_limit: '2GB' };

test('an owner can set project limits up to the maximum of the server, and an administrator above it', async () => {
  const project = await makeProject(owner, {
    resource_limits: { ...most, max_run_limits: { cpu_seconds: 60 } },
  });
  const path = `/api/projects/${project.id}`;
  for (const resource_limits of above) {
    expect(await refusal(owner.post('/api/projects/', { name: 'More', resource_limits }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    const refused = await owner.put(path, { resource_limits });
    expect(await refusal(refused)).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    expect(refused.body.error.details.limit).toMatch(Object.keys(resource_limits)[0]!);
    await data(200, app.admin.put(path, { resource_limits }));
    // what is there already may be sent again
    await data(200, owner.put(path, { name: 'Another name', resource_limits }));
  }
  const copy = await data(201, owner.post(`${path}/clone`, { name: 'Copy' }));
  expect(copy.resource_limits).toMatchObject({ ...most, max_run_limits: { cpu_seconds: 60 } });
  const ofAdmin = await data(201, app.admin.post(`${path}/clone`, { name: 'Copy' }));
  expect(ofAdmin.resource_limits).toMatchObject(Object.assign({}, ...above));
});

test('an execution without limits gets those of the server, and requested limits have a maximum', async () => {
  const project = await makeProject(owner);
  const show = 'ulimit -t; ulimit -f; ulimit -n; ulimit -v; ulimit -d';
  const plain = await runJob(owner, project, show);
  // a default of processes that cannot be held here, and of memory as address space, would end ordinary programs
  expect(await outputOf(app, plain.execution_id)).toBe('60\n2048\n128\nunlimited\n1048576\n');
  expect(plain.limits).toEqual({});
  const asked = { cpu_seconds: 100, open_files: 200, memory: '2GB' };
  const own = await runJob(owner, project, show, 'completed', { limits: asked });
  expect(own.limits).toEqual({ ...asked, cpu_seconds: 60 });
  expect(await outputOf(app, own.execution_id)).toMatch(/^60\n2048\n200\n2097152\n/);
  const script = 'new WebAssembly.Memory({ initial: 1 }); console.log(process.version)';
  const node = await runJob(owner, project, `'${process.execPath}' -e '${script}'`);
  expect(await outputOf(app, node.execution_id)).toBe(`${process.version}\n`);
  const large = await runJob(owner, project, 'exec head -c 2000000 /dev/zero > big', 'failed');
  expect(large.error).toBe('A process tried to write a file larger than the 1MB that its limit allows');
});

test('output of commands without a project counts towards the limit of their user', async () => {
  const person = await app.admin.createUser('developer');
  expect(await run(person, 'echo more than twenty bytes of it')).toMatchObject({ status: 'completed' });
  const refused = await person.post('/api/commands/execute', { command: 'true' });
  expect(await refusal(refused)).toBe('409 RESOURCE_LIMIT_EXCEEDED');
  expect(refused.body.error.details).toEqual({ limit: 'user_storage', value: '20B', stored_bytes: 29 });
  const { id } = await makeProject(person);
  expect(await run(person, 'true', { project_id: id })).toMatchObject({ status: 'completed' });
  expect(await run(owner, 'echo also a long text if it fails; exit 3')).toMatchObject({ status: 'failed' });
  expect(await refusal(owner.post('/api/commands/execute', { command: 'true' }))).toBe(
    '409 RESOURCE_LIMIT_EXCEEDED',
  );
});

test('the number of projects of a user is limited, with clones and deleted ones; administrators are exempt', async () => {
  const maker = await app.admin.createUser('developer');
  const first = await makeProject(maker);
  const path = `/api/projects/${first.id}`;
  await data(201, maker.post(`${path}/clone`, { name: 'Copy' }));
  await data(200, maker.delete(`/api/projects/${(await makeProject(maker)).id}`));
  const refused = await maker.post('/api/projects/', { name: 'One more' });
  expect(await refusal(refused)).toBe('409 RESOURCE_LIMIT_EXCEEDED');
  expect(refused.body.error.details).toEqual({ limit: 'max_projects_per_user', value: 3 });
  expect(await refusal(maker.post(`${path}/clone`, { name: 'One more' }))).toBe(
    '409 RESOURCE_LIMIT_EXCEEDED',
  );
  await data(201, app.admin.post(`${path}/clone`, { name: 'One more' }));
});

test('a project that had a user id for its commands counts for its maker also when it is gone for good', async () => {
  const maker = await app.admin.createUser('developer');
  const [ran, idle] = [await makeProject(maker), await makeProject(maker)];
  // an installation that is not root gives none
  await app.query('UPDATE projects SET command_user_number = 2000000000 WHERE id = $1', [ran.id]);
  for (const { id } of [ran, idle]) {
    await data(200, maker.put(`/api/projects/${id}`, { status: 'archived' }));
    await data(200, maker.delete(`/api/projects/${id}?permanent=true`));
    await erased(app, id);
  }
  await makeProject(maker);
  await makeProject(maker);
  expect(await refusal(maker.post('/api/projects/', { name: 'One more' }))).toBe(
    '409 RESOURCE_LIMIT_EXCEEDED',
  );
});

test('concurrent requests do not create more projects than one user may have', async () => {
  const maker = await app.admin.createUser('developer');
  const first = await makeProject(maker);
  await makeProject(maker);
  const waiting = async () => {
    const [row] = await app.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return row!.n;
  };
  const blocker = new Postgres({ connectionString: app.databaseUrl });
  await blocker.connect();
  let asked: Promise<Answer[]>;
  try {
    // projects can be counted, and not made
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE projects IN SHARE MODE');
    asked = Promise.all([
      ...['One', 'Two', 'Three'].map((name) => maker.post('/api/projects/', { name })),
      maker.post(`/api/projects/${first.id}/clone`, { name: 'Copy' }),
    ]);
    await until(async () => (await waiting()) >= 2, { what: 'two to have been let in' });
  } finally {
    await blocker.end();
  }
  const answers = await asked;
  const [made] = await app.query('SELECT count(*)::int AS n FROM projects WHERE created_by = $1', [
    maker.user.id,
  ]);
  expect(made).toEqual({ n: 3 });
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
});

const description = 'x'.repeat(50_000);

test('the bytes of the tasks of a project are limited on every route, and deleted tasks count', async () => {
  const person = await app.admin.createUser('developer');
  const project = await makeProject(person, { resource_limits: { max_tasks: 4 } });
  const make = () =>
    person.post('/api/tasks/', { title: 'Large', project_id: project.id, description, command: 'true' });
  const taken = async (): Promise<number> => {
    const rows = await app.query<{ n: string }>(
      'SELECT sum(bytes) AS n FROM task_counts WHERE project_id = $1',
      [project.id],
    );
    return Number(rows[0]!.n);
  };
  const task = await data(201, make());
  const one = await taken();
  expect(one).toBeGreaterThan(50_000);
  expect(one).toBeLessThan(51_000);
  const path = `/api/tasks/${task.id}`;
  // its history keeps the text of before and the one of now
  await data(200, person.put(path, { description: 'short' }));
  expect((await taken()) - one).toBeGreaterThan(50_000);
  await data(200, person.delete(path));
  expect(await taken()).toBeGreaterThan(2 * 50_000);
  await runJob(person, project, 'true');

  // nearly all that four tasks may take
  const most = 64 * 2 ** 20 + 4 * 2 ** 14;
  await app.query(
    `INSERT INTO task_counts (project_id, status, shard, n, bytes) VALUES ($1, 'pending', -1, 0, $2::bigint)`,
    [project.id, most - 60_000 - (await taken())],
  );
  const last = await data(201, make());
  const refused = await make();
  expect(await refusal(refused)).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect(refused.body.error.details).toEqual({ project_id: project.id, limit: 'task_storage', value: most });
  const change = { description: `${description.slice(1)}y` };
  expect(await refusal(person.put(`/api/tasks/${last.id}`, change))).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect((await data(200, person.get(`/api/tasks/${last.id}`))).description).toBe(description);
  // what changes no text goes on
  await execute(person, last);
  await reached(person, last, 'completed');
  await data(200, person.delete(`/api/tasks/${last.id}`));
});

test('a clone of a project is limited by the bytes of its tasks', async () => {
  const person = await app.admin.createUser('developer');
  const source = await makeProject(person, { resource_limits: { max_tasks: 3 } });
  const path = `/api/projects/${source.id}/clone`;
  await data(201, person.post('/api/tasks/', { title: 'Large', project_id: source.id, description }));
  await data(201, person.post(path, { name: 'Copy', include_tasks: true }));
  // as if it had been larger; no request makes so large a task
  await app.query('ALTER TABLE tasks DISABLE TRIGGER USER');
  await app.query("UPDATE tasks SET command = repeat('x', 70000000) WHERE project_id = $1", [source.id]);
  await app.query('ALTER TABLE tasks ENABLE TRIGGER USER');
  expect(await refusal(person.post(path, { name: 'Copy', include_tasks: true }))).toBe(
    '409 PROJECT_LIMIT_EXCEEDED',
  );
});
