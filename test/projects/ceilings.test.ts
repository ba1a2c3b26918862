import { beforeAll, expect, test } from 'vitest';
import { run } from '../commands/steps.js';
import { data, makeProject, outputOf, refusal, runJob } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useApp({
  env: {
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

test('what a project may have is bounded for its owner, and an administrator may give more', async () => {
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

test('a run that names no limits has those of the server, and what it names is bounded', async () => {
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

test('the output of commands without a project counts for their user', async () => {
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

test('how many projects a user makes is bounded, copies and deleted ones too; administrators make more', async () => {
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
