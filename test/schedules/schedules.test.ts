import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeJob, makeProject, makeTask, nobody, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { makeSchedule, showSchedule, yearly } from './steps.js';

const app = useSharedApp();
let owner: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
let task: Json;

beforeAll(async () => {
  [owner, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  await data(200, owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }));
  task = await makeJob(owner, project, 'true');
});

const place = () => `/api/projects/${project.id}/schedules`;
const create = (fields: object, client = owner) =>
  client.post(place(), { name: 'A schedule', cron: yearly, task_id: task.id, ...fields });

/** The field and the issue of a refusal. */
async function fault(answer: ReturnType<Client['post']>): Promise<[string, string]> {
  const { status, body } = await answer;
  expect([status, body.error?.code]).toEqual([422, expect.stringMatching(/^VALIDATION/)]);
  const [first = body.error.details] = body.error.details.errors ?? [];
  return [first.field, first.issue ?? first.message];
}

describe('a schedule', () => {
  test('is made, read, listed, changed and deleted', async () => {
    const made = await makeSchedule(owner, project, {
      name: ' Nightly ',
      description: 'Copies *everything*',
      cron: '30 4 * * MON-FRI',
      timezone: 'Europe/Berlin',
      task_id: task.ref,
    });
    expect(made).toMatchObject({
      name: 'Nightly',
      description: 'Copies *everything*',
      project_id: project.id,
      enabled: true,
      cron: '30 4 * * MON-FRI',
      every: null,
      timezone: 'Europe/Berlin',
      task_id: task.id,
      template: null,
      overlap: 'skip',
      catch_up: 'latest',
      priority: 'normal',
      last_run: null,
      consecutive_failures: 0,
      created_by: owner.user.id,
      version: 1,
    });
    expect(made.next_runs).toHaveLength(5);
    expect(await showSchedule(owner, made)).toEqual(made);
    const { items } = await data(200, owner.get(place()));
    expect(items.map(({ id }: Json) => id)).toContain(made.id);

    const path = `/api/schedules/${made.id}`;
    const changed = await data(200, owner.put(path, { cron: null, every: '00:15:00', version: 1 }));
    expect(changed).toMatchObject({ cron: null, every: '00:15:00', version: 2 });
    const [first, second] = changed.next_runs.map((time: string) => Date.parse(time));
    expect(second - first).toBe(15 * 60_000);
    expect(await refusal(owner.put(path, { name: 'x', version: 1 }))).toBe('409 VERSION_CONFLICT');
    expect(await refusal(owner.put(path, { name: 'x' }, { headers: { 'if-match': '"1"' } }))).toBe(
      '409 VERSION_CONFLICT',
    );
    const off = await data(200, owner.put(path, { enabled: false }));
    expect(off).toMatchObject({ enabled: false, next_runs: [] });

    await data(200, owner.delete(path));
    expect(await refusal(owner.get(path))).toBe('404 RESOURCE_NOT_FOUND');
    const after = await data(200, owner.get(place()));
    expect(after.items.map(({ id }: Json) => id)).not.toContain(made.id);
  });

  test('has the time zone of its project, also when that changes', async () => {
    const unset = await makeSchedule(owner, project, { cron: '0 12 * * *', task_id: task.id });
    expect([unset.timezone, unset.next_runs[0]]).toEqual([null, expect.stringContaining('T12:00:00.000Z')]);
    const own = await makeProject(owner, { settings: { timezone: 'Asia/Kolkata' } });
    const job = await makeJob(owner, own, 'true');
    const made = await makeSchedule(owner, own, { cron: '0 12 * * *', task_id: job.id });
    expect(made.next_runs[0]).toContain('T06:30:00.000Z');
    await data(200, owner.put(`/api/projects/${own.id}`, { settings: { timezone: 'UTC' } }));
    expect((await showSchedule(owner, made)).next_runs[0]).toContain('T12:00:00.000Z');
    const answer = owner.put(`/api/projects/${own.id}`, { settings: { timezone: 'Mars/Olympus' } });
    expect(await fault(answer)).toEqual(['settings.timezone', expect.stringContaining('no such time zone')]);
  });

  test('counts an interval from its start, which is its first time', async () => {
    const starts_at = new Date(Date.now() + 3_600_000).toISOString();
    const made = await makeSchedule(owner, project, {
      cron: null,
      every: '00:00:30',
      starts_at,
      task_id: task.id,
    });
    const times = made.next_runs.map((time: string) => Date.parse(time) - Date.parse(starts_at));
    expect(times).toEqual([0, 30_000, 60_000, 90_000, 120_000]);
  });

  test('records who did what to it', async () => {
    const made = await makeSchedule(owner, project, { task_id: task.id });
    await data(200, owner.put(`/api/schedules/${made.id}`, { name: 'Another name' }));
    const rows = await app.query(
      `SELECT action, actor_id, old_value, new_value FROM activity WHERE entity_type = 'schedule' AND entity_id = $1 ORDER BY sequence`,
      [made.id],
    );
    expect(rows).toMatchObject([
      { action: 'created', actor_id: owner.user.id, new_value: { name: 'A schedule', cron: yearly } },
      { action: 'updated', old_value: { name: 'A schedule' }, new_value: { name: 'Another name' } },
    ]);
  });

  test.each([
    [{ cron: '61 * * * *' }, 'cron', 'minute "61"'],
    [{ cron: '0 0 30 2 *' }, 'cron', 'never fires'],
    [{ cron: null }, 'cron', 'either cron or every'],
    [{ every: '00:01:00' }, 'cron', 'either cron or every'],
    [{ cron: null, every: '00:00:00' }, 'every', 'at least one second'],
    [{ timezone: 'Berlin' }, 'timezone', 'no such time zone'],
    [{ task_id: null }, 'task_id', 'either task_id or template'],
    [{ template: { title: 'x' } }, 'task_id', 'either task_id or template'],
    [{ overlap: 'allow' }, 'overlap', 'once at a time'],
    [{ starts_at: '2030-01-02T00:00:00Z', ends_at: '2030-01-01T00:00:00Z' }, 'ends_at', 'before starts_at'],
    [{ jitter_seconds: -1 }, 'jitter_seconds', ''],
    [{ disable_after_failures: 0 }, 'disable_after_failures', ''],
    [{ inputs: { nothing: 1 } }, 'inputs.nothing', 'no such input'],
    [{ task_id: null, template: { title: '' } }, 'template.title', ''],
    [{ task_id: null, template: { title: 'x', draft: true } }, 'template.draft', 'draft'],
    [{ task_id: null, template: { title: 'x', external_ref: 'A-1' } }, 'template.external_ref', ''],
  ])('is refused with the field: %j', async (fields, field, issue) => {
    expect(await fault(create(fields))).toEqual([field, expect.stringContaining(issue)]);
  });

  test('has a task of its project, or makes it there', async () => {
    const elsewhere = await makeProject(owner);
    const other = await makeTask(owner, elsewhere);
    expect((await fault(create({ task_id: other.id })))[0]).toBe('task_id');
    const template = { title: 'x', project_id: elsewhere.id };
    expect((await fault(create({ task_id: null, template })))[0]).toBe('template.project_id');
    expect(await refusal(create({ task_id: nobody }))).toBe('404 TASK_NOT_FOUND');
  });

  test('keeps a template as it was sent, with what it leaves out', async () => {
    const template = {
      title: 'Report of {{date}}',
      priority: 'urgent',
      due_at: '2030-12-24',
      estimated_duration: '00:30:00',
      project_id: project.key,
      command: 'echo',
      tags: ['a'],
    };
    const made = await makeSchedule(owner, project, { task_id: null, template });
    expect(made.template).toMatchObject({
      title: 'Report of {{date}}',
      priority: 1,
      due_at: '2030-12-24T23:59:59.999Z',
      estimated_duration: '00:30:00',
      command: 'echo',
      tags: ['a'],
      retry_attempts: 0,
    });
    expect(made.template).not.toHaveProperty('project_id');
    const again = await data(200, owner.put(`/api/schedules/${made.id}`, { template: made.template }));
    expect(again.template).toEqual(made.template);
  });
});

describe('access', () => {
  test('who cannot see the project sees no schedule; who may only read makes and starts none', async () => {
    const { id } = await makeSchedule(owner, project, { task_id: task.id });
    const calls = (client: Client) => [
      client.get(`/api/schedules/${id}`),
      client.get(`/api/schedules/${id}/occurrences`),
      client.put(`/api/schedules/${id}`, { name: 'x' }),
      client.post(`/api/schedules/${id}/run`),
      client.delete(`/api/schedules/${id}`),
      create({}, client),
    ];
    for (const call of calls(stranger))
      expect(await refusal(call)).toMatch(/^404 (RESOURCE|PROJECT)_NOT_FOUND$/);
    const seen = await Promise.all(calls(viewer));
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 403, 403, 403, 403]);
    expect(await refusal(seen[2]!)).toBe('403 PROJECT_ACCESS_DENIED');
  });

  test('a token needs the scope to execute, and for a template also that to make tasks', async () => {
    const tokenWith = async (...scopes: string[]) => {
      const body = { label: 'For schedules', scopes };
      return owner.withToken((await data(201, owner.post('/api/personal-access-tokens/', body))).token);
    };
    const [reads, writes, executes, both] = await Promise.all([
      tokenWith('tasks.read'),
      tokenWith('tasks.write'),
      tokenWith('execute'),
      tokenWith('execute', 'tasks.write'),
    ]);
    const template = { task_id: null, template: { title: 'x', command: 'true' } };
    expect(await refusal(create({}, reads!))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    expect(await refusal(create({}, writes!))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    expect(await refusal(create(template, executes!))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    await data(201, create({}, executes!));
    const made = await data(201, create({ ...template, enabled: false }, both!));
    expect(await refusal(executes!.post(`/api/schedules/${made.id}/run`))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    expect(await refusal(executes!.put(`/api/schedules/${made.id}`, { enabled: true }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    await data(200, reads!.get(`/api/schedules/${made.id}`));
  });

  test('who changes what a schedule runs is the one with whose rights it runs', async () => {
    const made = await makeSchedule(owner, project, { task_id: task.id });
    const byAdmin = (fields: object) => data(200, app.admin.put(`/api/schedules/${made.id}`, fields));
    expect((await byAdmin({ name: 'x' })).created_by).toBe(owner.user.id);
    expect((await byAdmin({ task_id: task.id })).created_by).toBe(app.admin.user.id);
    expect(
      (await data(200, owner.put(`/api/schedules/${made.id}`, { concurrency: { group: 'x' } }))).created_by,
    ).toBe(owner.user.id);
  });

  test('an archived project has schedules that nobody changes', async () => {
    const own = await makeProject(owner);
    const job = await makeJob(owner, own, 'true');
    const made = await makeSchedule(owner, own, { task_id: job.id });
    await data(200, owner.put(`/api/projects/${own.id}`, { status: 'archived' }));
    expect(await refusal(owner.put(`/api/schedules/${made.id}`, { name: 'x' }))).toBe('409 PROJECT_ARCHIVED');
    expect(await refusal(owner.post(`/api/schedules/${made.id}/run`))).toBe('409 PROJECT_ARCHIVED');
    await data(200, owner.get(`/api/schedules/${made.id}`));
  });

  test('a project has 200 at most', async () => {
    const own = await makeProject(owner);
    const job = await makeJob(owner, own, 'true');
    await app.query(
      `INSERT INTO schedules (id, project_id, name, cron, task_id, created_by, enabled)
       SELECT gen_random_uuid(), $1, 'x', '@daily', $2, $3, false FROM generate_series(1, 199)`,
      [own.id, job.id, owner.user.id],
    );
    const body = { name: 'x', cron: yearly, task_id: job.id };
    const answers = await Promise.all(
      [1, 2, 3].map(() => owner.post(`/api/projects/${own.id}/schedules`, body)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });

  test('a copy of a project has its schedules, switched off, for the copies of its tasks', async () => {
    const own = await makeProject(owner);
    const inputs = [{ name: 'region' }, { name: 'token', type: 'secret' }];
    const job = await makeJob(owner, own, 'true', { inputs });
    await makeSchedule(owner, own, { name: 'Of a task', task_id: job.id, inputs: { region: 'eu' } });
    await makeSchedule(owner, own, { name: 'Of a template', template: { title: 'x' }, overlap: 'allow' });
    // as if it had been given a secret, which is not copied
    await app.query(`UPDATE schedules SET inputs = inputs || '{"token": "***"}' WHERE task_id = $1`, [
      job.id,
    ]);
    const body = { name: 'A copy', include_tasks: true };
    const copy = await data(201, owner.post(`/api/projects/${own.id}/clone`, body));
    const { items: copies } = await data(200, owner.get(`/api/projects/${copy.id}/schedules`));
    const { items: tasks } = await data(200, owner.get(`/api/projects/${copy.id}/tasks`));
    expect(copies).toMatchObject([
      { name: 'Of a template', enabled: false, task_id: null, overlap: 'allow', created_by: owner.user.id },
      { name: 'Of a task', enabled: false, task_id: tasks[0].id, inputs: { region: 'eu' }, next_runs: [] },
    ]);
    expect(copies[1].inputs).toEqual({ region: 'eu' });
  });

  test('a copy of a template names the copies of tasks', async () => {
    const own = await makeProject(owner);
    const parent = await makeJob(owner, own, 'true', { title: 'Parent' });
    const before = await makeJob(owner, own, 'true', { title: 'Before' });
    const archived = await makeJob(owner, own, 'true', { title: 'Not copied' });
    await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
    const dependencies = [before.ref, before.id, archived.id];
    const template = { title: 'x', parent_id: parent.id, dependencies };
    await makeSchedule(owner, own, { template });
    const body = { name: 'A copy of names', include_tasks: true };
    const copy = await data(201, owner.post(`/api/projects/${own.id}/clone`, body));
    const { items } = await data(200, owner.get(`/api/projects/${copy.id}/schedules`));
    const { items: tasks } = await data(200, owner.get(`/api/projects/${copy.id}/tasks`));
    const idOf = (title: string) => tasks.find((task: Json) => task.title === title).id;
    expect(items[0].template).toMatchObject({ parent_id: idOf('Parent'), dependencies: [idOf('Before')] });
  });

  test('a project that is deleted for good leaves nothing of them', async () => {
    const own = await makeProject(owner);
    const { id } = await makeSchedule(owner, own, {
      template: { title: 'x', command: 'true' },
      overlap: 'allow',
    });
    const { execution_id } = await data(202, owner.post(`/api/schedules/${id}/run`));
    const look = async () =>
      (await data(200, owner.get(`/api/executions/${execution_id}`))).status === 'completed';
    await until(look, { what: 'the run to end' });
    await data(200, owner.put(`/api/projects/${own.id}`, { status: 'archived' }));
    await data(200, owner.delete(`/api/projects/${own.id}?permanent=true`));
    const left = () =>
      app.query(
        'SELECT 1 FROM schedules WHERE id = $1 UNION ALL SELECT 1 FROM schedule_occurrences WHERE schedule_id = $1',
        [id],
      );
    await until(async () => (await left()).length === 0, { what: 'the rows to be deleted' });
  });

  test('a deleted project takes its schedules along', async () => {
    const own = await makeProject(owner);
    const job = await makeJob(owner, own, 'true');
    const made = await makeSchedule(owner, own, { task_id: job.id });
    await data(200, owner.delete(`/api/projects/${own.id}`));
    expect(await refusal(owner.get(`/api/schedules/${made.id}`))).toBe('404 RESOURCE_NOT_FOUND');
    const [row] = await app.query('SELECT enabled, due_at FROM schedules WHERE id = $1', [made.id]);
    expect(row).toEqual({ enabled: false, due_at: null });
  });
});

describe('the preview', () => {
  const preview = (body: object) => viewer.post('/api/schedules/preview', body);

  test('shows the next times, across a change of clocks', async () => {
    const body = {
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      starts_at: '2032-03-27T00:00:00Z',
      count: 3,
    };
    expect((await data(200, preview(body))).times).toEqual([
      '2032-03-27T01:30:00.000Z',
      '2032-03-28T01:00:00.000Z',
      '2032-03-29T00:30:00.000Z',
    ]);
    const few = { cron: '0 0 29 2 *', starts_at: '2028-01-01T00:00:00Z', ends_at: '2033-01-01T00:00:00Z' };
    expect((await data(200, preview(few))).times).toEqual([
      '2028-02-29T00:00:00.000Z',
      '2032-02-29T00:00:00.000Z',
    ]);
    const every = { every: '12:00:00', starts_at: '2032-01-01T06:00:00+06:00', count: 2 };
    expect((await data(200, preview(every))).times).toEqual([
      '2032-01-01T00:00:00.000Z',
      '2032-01-01T12:00:00.000Z',
    ]);
    expect((await data(200, preview({ cron: '* * * * * *', count: 100 }))).times).toHaveLength(100);
  });

  test('explains a faulty expression', async () => {
    expect(await fault(preview({ cron: '0 25 * * *' }))).toEqual([
      'cron',
      expect.stringContaining('hour "25"'),
    ]);
    expect(await fault(preview({}))).toEqual(['cron', expect.stringContaining('either cron or every')]);
    expect((await fault(preview({ cron: '@daily', count: 101 })))[0]).toBe('count');
  });
});

test('its concurrency group takes the place of that of the task', async () => {
  const inputs = [{ name: 'stage' }, { name: 'token', type: 'secret' }];
  const grouped = await makeJob(owner, project, 'true', { inputs, concurrency: { group: 'of-the-task' } });
  const concurrency = { group: 'deploy-{{project}}-{{input.stage}}', limit: 2, on_conflict: 'queue' };
  const made = await makeSchedule(owner, project, {
    cron: yearly,
    task_id: grouped.id,
    inputs: { stage: 'live' },
    concurrency,
  });
  expect(made).toMatchObject({ concurrency });
  const { execution_id } = await data(202, owner.post(`/api/schedules/${made.id}/run`));
  expect(await data(200, owner.get(`/api/executions/${execution_id}`))).toMatchObject({
    concurrency_group: `deploy-${project.key}-live`,
    concurrency_limit: 2,
  });
  for (const name of ['other', 'token'])
    expect(
      (await fault(create({ task_id: grouped.id, concurrency: { group: `{{input.${name}}}` } })))[0],
    ).toBe('concurrency.group');
});

test('a stored secret is kept only for a secret of the same task', async () => {
  const inputs = [{ name: 'token', type: 'secret' }];
  const task = await makeJob(owner, project, 'true', { inputs });
  const made = await makeSchedule(owner, project, {
    cron: yearly,
    task_id: task.id,
    inputs: { token: 'swordfish' },
  });
  const path = `/api/schedules/${made.id}`;
  const masked = { inputs: { token: '***' } };
  expect(await data(200, owner.put(path, masked))).toMatchObject(masked);
  const other = await makeJob(owner, project, 'true', { inputs });
  const plain = await makeJob(owner, project, 'true', { inputs: [{ name: 'token' }] });
  for (const task_id of [other.id, plain.id])
    for (const fields of [{ task_id, ...masked }, { task_id }])
      expect((await fault(owner.put(path, fields)))[0]).toBe('inputs.token');
  await data(200, owner.put(`/api/tasks/${task.id}`, { inputs: [{ name: 'token' }] }));
  expect((await fault(owner.put(path, masked)))[0]).toBe('inputs.token');
  expect(await data(200, owner.get(path))).toMatchObject(masked);
  const shown = await app.query('SELECT 1 FROM activity a WHERE a::text LIKE $1', ['%swordfish%']);
  expect(shown).toEqual([]);
});

test('a stored secret is kept only for a template with the same command', async () => {
  const template = { title: 'x', command: 'deploy', inputs: [{ name: 'token', type: 'secret' }] };
  const masked = { inputs: { token: '***' } };
  const made = await makeSchedule(owner, project, { template, inputs: { token: 'swordfish' } });
  const path = `/api/schedules/${made.id}`;
  expect(await data(200, owner.put(path, { template: { ...template, title: 'y' } }))).toMatchObject(masked);
  for (const changed of [
    { command: 'echo "$INPUT_TOKEN" | base64' },
    { shell: 'bash' },
    { environment: { PATH: '/tmp' } },
    { working_directory: 'elsewhere' },
  ])
    for (const fields of [{}, masked])
      expect((await fault(owner.put(path, { template: { ...template, ...changed }, ...fields })))[0]).toBe(
        'inputs.token',
      );
  expect(await data(200, owner.put(path, { template, ...masked }))).toMatchObject(masked);
});

test('a template may take no longer than the server allows', async () => {
  const template = { title: 'x', command: 'true', timeout: 86_401 };
  expect((await fault(create({ task_id: null, template })))[0]).toBe('template.timeout');
  const made = await makeSchedule(owner, project, { template: { ...template, timeout: 86_400 } });
  expect((await fault(owner.put(`/api/schedules/${made.id}`, { template })))[0]).toBe('template.timeout');
});

test('the activity keeps the beginning of long inputs and templates, and a deleted schedule keeps neither', async () => {
  const inputs = { text: 'x'.repeat(90_000) };
  const task = await makeJob(owner, project, 'true', { inputs: [{ name: 'text' }] });
  const made = await makeSchedule(owner, project, { cron: yearly, task_id: task.id, inputs });
  const path = `/api/schedules/${made.id}`;
  await data(200, owner.put(path, { inputs: { text: 'y'.repeat(90_000) } }));
  expect((await data(200, owner.get(path))).inputs.text).toHaveLength(90_000);
  await data(200, owner.delete(path));
  const rows = await app.query('SELECT length(a::text) AS length FROM activity a WHERE entity_id = $1', [
    made.id,
  ]);
  expect(rows).toHaveLength(3);
  for (const { length } of rows) expect(length).toBeLessThan(10_000);
  const [row] = await app.query('SELECT template, inputs, sealed_inputs FROM schedules WHERE id = $1', [
    made.id,
  ]);
  expect(row).toEqual({ template: null, inputs: {}, sealed_inputs: null });
});
