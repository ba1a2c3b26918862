import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeJob, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { makeSchedule, yearly } from '../schedules/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { comparable, exported, fileOf, imported, send } from './files.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
let job: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
  const inputs = [
    { name: 'region', required: true },
    { name: 'token', type: 'secret', required: true },
  ];
  job = await makeJob(owner, project, 'true', { inputs });
});

const pathOf = (target: Json, kind: string) => `/api/projects/${target.id}/${kind}`;
const listed = async (target: Json, kind: 'schedules' | 'triggers', client = owner): Promise<Json[]> =>
  (await data(200, client.get(pathOf(target, kind)))).items.toReversed();
const trigger = (target: Json, body: Json): Promise<Json> =>
  data(201, owner.post(pathOf(target, 'triggers'), body));
const warningsOf = ({ warnings }: Json) =>
  warnings.map(({ line, field, issue }: Json) => `${line} ${field}: ${issue}`);

/** Gives a project schedules and triggers with every field. */
async function equip(target: Json, task: Json): Promise<void> {
  const times = { starts_at: '2030-01-01T00:00:00.000Z', ends_at: '2040-01-01T00:00:00.000Z' };
  await makeSchedule(owner, target, {
    name: 'Of a task',
    description: 'Ünïcode',
    cron: '30 4 * * MON-FRI',
    timezone: 'Europe/Berlin',
    task_id: task.id,
    inputs: { region: 'eu', token: 'hunter2-secret' },
    concurrency: { group: 'x-{{input.region}}', limit: 2, on_conflict: 'skip' },
    priority: 'high',
    overlap: 'queue',
    catch_up: 'all',
    jitter_seconds: 7,
    disable_after_failures: 3,
    ...times,
  });
  const template = {
    title: 'Report of {{date}}',
    command: 'true',
    parent_id: task.id,
    dependencies: [task.ref],
    assigned_to: owner.user.id,
    inputs: [{ name: 'region' }],
    timeout: 30,
  };
  const every = { cron: null, every: '00:15:00', overlap: 'allow', enabled: false };
  await makeSchedule(owner, target, { name: 'Of a template', template, inputs: { region: 'us' }, ...every });
  await trigger(target, {
    name: 'On push',
    description: 'Deploys',
    task_id: task.id,
    priority: 'low',
    inputs_from: { region: '/region' },
    filter: { events: ['push'], branches: ['main'], match: { '/private': false } },
    secret: 'a secret of a trigger',
  });
}

/** The schedules and triggers of an export, without what an import sets anew. */
const startersOf = (text: string, { key }: Json, home: Json) => {
  const { schedules, triggers } = JSON.parse(comparable(text.replaceAll(`"${key}-`, `"${home.key}-`)));
  const plain = (one: Json) => {
    const { enabled: _, has_secret: __, inputs, ...rest } = one;
    return inputs ? { ...rest, inputs: { ...inputs, token: undefined } } : rest;
  };
  return { schedules: schedules.map(plain), triggers: triggers.map(plain) };
};

describe('an export', () => {
  test('has schedules and triggers, which are imported elsewhere as they were, but switched off and without secrets', async () => {
    await equip(project, job);
    const file = await exported(owner, project);
    const [stored] = await app.query<{ token: string }>(
      `SELECT encode(sealed_token, 'hex') AS token FROM triggers WHERE project_id = $1`,
      [project.id],
    );
    const [{ path }] = (await listed(project, 'triggers')) as [Json];
    for (const secret of ['hunter2', 'a secret of a trigger', path.split('/').at(-1), stored!.token])
      expect(file).not.toContain(secret);
    const copy = await makeProject(owner);
    const dry = await imported(owner, copy, file, { dry_run: true });
    expect(dry).toMatchObject({
      schedules: { create: 2, update: 0, skip: 0 },
      triggers: { create: 1, update: 0, skip: 0 },
    });
    expect([...(await listed(copy, 'schedules')), ...(await listed(copy, 'triggers'))]).toEqual([]);
    const importer = await app.admin.createUser('developer');
    await data(200, owner.put(`/api/projects/${copy.id}/members/${importer.user.id}`, { role: 'developer' }));
    const plan = await imported(importer, copy, file);
    expect({ ...plan, dry_run: true, changes: [] }).toEqual({ ...dry, changes: [] });
    const line = (name: string) =>
      file.split('\n').findIndex((text) => text.includes(`"name":"${name}"`)) + 1;
    const off = 'enabled: It is switched off: switch it on when you have looked at it';
    expect(warningsOf(plan)).toEqual([
      `${line('Of a task')} inputs.token: The values of secrets are not taken from files: set it again`,
      `${line('Of a task')} ${off}`,
      `${line('On push')} ${off}`,
      `${line('On push')} path: It has a URL of its own: tell it to those who send to it`,
      `${line('On push')} secret: Secrets are not in files: set it again`,
    ]);
    const [ofTask, ofTemplate] = (await listed(copy, 'schedules')) as [Json, Json];
    const { items: tasks } = await data(200, owner.get(pathOf(copy, 'tasks')));
    expect(ofTask).toMatchObject({
      name: 'Of a task',
      enabled: false,
      task_id: tasks[0].id,
      inputs: { region: 'eu' },
      next_runs: [],
      created_by: importer.user.id,
    });
    expect(ofTask.inputs).toEqual({ region: 'eu' });
    expect(ofTemplate.template).toMatchObject({
      parent_id: tasks[0].id,
      dependencies: [tasks[0].id],
      assigned_to: owner.user.id,
    });
    const [made] = (await listed(copy, 'triggers', importer)) as [Json];
    expect(made).toMatchObject({
      enabled: false,
      has_secret: false,
      task_id: tasks[0].id,
      created_by: importer.user.id,
    });
    expect(made.path).not.toBe(path);
    expect(await data(200, owner.anonymous().post(made.path, {}))).toMatchObject({
      status: 'skipped',
      reason: 'TRIGGER_DISABLED',
    });
    const again = await exported(owner, copy);
    expect(startersOf(again.replaceAll(importer.user.username, owner.user.username), copy, project)).toEqual(
      startersOf(file, project, project),
    );
    // what was imported runs once it is switched on and has its secret
    const inputs = { region: 'eu', token: 'again' };
    await data(200, owner.put(`/api/schedules/${ofTask.id}`, { inputs, enabled: true, starts_at: null }));
    await data(202, owner.post(`/api/schedules/${ofTask.id}/run`));
  });

  test('that is imported again changes nothing, here and elsewhere, and leaves what is switched on as it is', async () => {
    const own = await makeProject(owner);
    const task = await makeJob(owner, own, 'true', {
      inputs: [{ name: 'region' }, { name: 'token', type: 'secret' }],
    });
    await equip(own, task);
    const file = await exported(owner, own);
    const copy = await makeProject(owner);
    await imported(owner, copy, file);
    for (const made of await listed(copy, 'schedules'))
      await data(200, owner.put(`/api/schedules/${made.id}`, { enabled: true }));
    for (const target of [own, copy]) {
      const before = [await listed(target, 'schedules'), await listed(target, 'triggers')];
      const plan = await imported(owner, target, file);
      expect(plan).toMatchObject({
        schedules: { create: 0, update: 0, skip: 2 },
        triggers: { create: 0, update: 0, skip: 1 },
      });
      expect([await listed(target, 'schedules'), await listed(target, 'triggers')]).toEqual(before);
    }
    // a file without them leaves them, too
    const { schedules: _, triggers: __, ...older } = JSON.parse(file);
    expect(await imported(owner, copy, older)).toMatchObject({
      schedules: { create: 0, update: 0, skip: 0 },
    });
    expect(await listed(copy, 'schedules')).toHaveLength(2);
  });

  test('that differs changes what is there, keeps its secrets and switches off what would run otherwise', async () => {
    const own = await makeProject(owner);
    const task = await makeJob(owner, own, 'true', {
      inputs: [{ name: 'region' }, { name: 'token', type: 'secret' }],
    });
    await equip(own, task);
    const file = await exported(owner, own);
    const renamed = file.replace('"description":"Ünïcode"', '"description":"other"');
    expect(await imported(owner, own, renamed)).toMatchObject({ schedules: { update: 1 }, warnings: [] });
    const [described] = (await listed(own, 'schedules')) as [Json];
    expect(described).toMatchObject({ description: 'other', enabled: true, inputs: { token: '***' } });
    const changed = renamed
      .replace('30 4 * * MON-FRI', '31 4 * * MON-FRI')
      .replace('"region":"eu"', '"region":"us"')
      .replace('"branches":["main"]', '"branches":["other"]');
    const plan = await imported(owner, own, changed);
    expect(plan).toMatchObject({
      schedules: { create: 0, update: 1, skip: 1 },
      triggers: { create: 0, update: 1, skip: 0 },
    });
    expect(warningsOf(plan).map((text: string) => text.replace(/^\d+ (\w+): .*/, '$1'))).toEqual([
      'enabled',
      'enabled',
    ]);
    const [ofTask] = (await listed(own, 'schedules')) as [Json];
    expect(ofTask).toMatchObject({
      cron: '31 4 * * MON-FRI',
      enabled: false,
      inputs: { region: 'us', token: '***' },
    });
    const [sealed] = await app.query<{ is: boolean }>(
      'SELECT sealed_inputs IS NOT NULL AS is FROM schedules WHERE id = $1',
      [ofTask.id],
    );
    expect(sealed).toEqual({ is: true });
    const [onPush] = (await listed(own, 'triggers')) as [Json];
    expect(onPush).toMatchObject({ enabled: false, has_secret: true, filter: { branches: ['other'] } });
    // another task may show what is secret for this one
    const other = await makeJob(owner, own, 'true', {
      inputs: [{ name: 'region' }, { name: 'token', type: 'secret' }],
    });
    const exportedNow = await exported(owner, own);
    const moved = exportedNow.replace(
      new RegExp(`(?<="name":"Of a task".*)"task":"${task.ref}"`),
      `"task":"${other.ref}"`,
    );
    expect(moved).not.toBe(exportedNow);
    expect(warningsOf(await imported(owner, own, moved)).join()).toMatch(/inputs\.token: .* set it again/);
    const [retargeted] = (await listed(own, 'schedules')) as [Json];
    expect([retargeted.task_id, retargeted.inputs]).toEqual([other.id, { region: 'us' }]);
    const query = { entity_id: ofTask.id, action: 'updated' };
    const { activity } = await data(200, owner.get('/api/activity', { query }));
    expect(activity[0]).toMatchObject({
      entity_type: 'schedule',
      project_id: own.id,
      new_value: { task_id: other.id, enabled: false },
    });
  });
});

describe('a file', () => {
  /** The faults of a file that is refused. */
  const faultsOf = async (schedules: object[], triggers: object[] = [], others: object = {}) => {
    const task = { title: 'T', external_ref: 'a', inputs: [{ name: 'region' }] };
    const file = { ...fileOf([task], others), schedules, triggers };
    const answer = await send(owner, project, 'import', file);
    expect([answer.status, answer.body.error?.code]).toEqual([422, 'VALIDATION_ERROR']);
    return answer.body.error.details.faults.map(({ field, issue }: Json) => `${field}: ${issue}`);
  };

  test('that is written by hand names tasks by what it calls them, and is refused with every fault', async () => {
    const schedule = { name: 'S', cron: yearly, task: 'a' };
    const push = { name: 'P', task: 'a' };
    const before = await exported(owner, project);
    expect(
      await faultsOf(
        [
          { ...schedule, cron: 'x' },
          { ...schedule, task: 'nothing' },
          { cron: yearly, task: 'a' },
          { name: 'N', cron: yearly },
          { ...schedule, every: '00:10:00' },
          { ...schedule, overlap: 'allow' },
          { ...schedule, template: { title: 'both' } },
          { ...schedule, inputs: { other: 1 } },
          { ...schedule, concurrency: { group: '{{input.other}}' } },
          { ...schedule, colour: 'red' },
          { name: 'T', cron: yearly, template: { title: '' } },
          { ...schedule, timezone: 'Nowhere/Land' },
        ],
        [
          push,
          { ...push, name: undefined },
          { ...push, task: 'nothing' },
          { ...push, inputs_from: { other: '/x' } },
          { ...push, filter: { match: { 'no pointer': 1 } } },
          { ...push, secret: 'a secret in a file' },
        ],
      ),
    ).toEqual([
      // what is wrong with each entry by itself comes first
      expect.stringMatching(/^cron: /),
      'colour: There is no colour here',
      expect.stringMatching(/^template\.title: /),
      expect.stringMatching(/^timezone: /),
      expect.stringMatching(/^filter\.match\.no pointer: /),
      'secret: There is no secret here',
      'task: There is no nothing here',
      'name: Field is required',
      'task: Send either task_id or template',
      'cron: Send either cron or every',
      expect.stringMatching(/^overlap: /),
      'task: Send either task_id or template',
      'inputs.other: The task has no such input',
      'concurrency.group: The task has no input other',
      'name: Field is required',
      'task: There is no nothing here',
      'inputs_from.other: The task has no such input',
    ]);
    const now = (text: string) => text.replace(/"exported_at":"[^"]+"/, '');
    expect(now(await exported(owner, project))).toBe(now(before));
    const own = await makeProject(owner);
    const file = {
      ...fileOf([{ title: 'T', external_ref: 'a' }]),
      schedules: [schedule, schedule],
      triggers: [push],
    };
    for (const counts of [
      { create: 2, skip: 0 },
      { create: 0, skip: 2 },
    ])
      expect(await imported(owner, own, file)).toMatchObject({ schedules: counts });
    // a secret of a file is never taken
    const secret = { title: 'U', external_ref: 'b', inputs: [{ name: 'token', type: 'secret' }] };
    const given = { name: 'G', cron: yearly, task: 'b', inputs: { token: 'plain' } };
    await imported(owner, own, { ...fileOf([secret]), schedules: [given] });
    expect((await listed(own, 'schedules')).at(-1)).toMatchObject({ name: 'G', inputs: {} });
    expect(await exported(owner, own)).not.toContain('plain');
  });

  test('holds and makes no more than a project may have', async () => {
    const own = await makeProject(owner);
    const task = await makeTask(owner, own, { title: 'T', external_ref: 'a' });
    const some = (length: number) =>
      Array.from({ length }, (_, n) => ({ name: `S${n}`, cron: yearly, task: 'a' }));
    const push = (length: number) => Array.from({ length }, (_, n) => ({ name: `P${n}`, task: 'a' }));
    const file = (schedules: number, triggers: number) => ({
      ...fileOf([{ title: 'T', external_ref: 'a' }]),
      schedules: some(schedules),
      triggers: push(triggers),
    });
    for (const many of [file(201, 0), file(0, 101)])
      expect(await refusal(send(owner, own, 'import', many))).toBe('409 RESOURCE_LIMIT_EXCEEDED');
    await makeSchedule(owner, own, { task_id: task.id });
    await trigger(own, { name: 'One', task_id: task.id });
    const answer = await send(owner, own, 'import', file(200, 100));
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.faults.map(({ issue }: Json) => issue)).toEqual([
      'A project has at most 200 schedules',
      'A project has at most 100 triggers',
    ]);
    expect(await imported(owner, own, file(199, 99))).toMatchObject({ schedules: { create: 199 } });
    expect(await refusal(owner.post(pathOf(own, 'triggers'), { name: 'x', task_id: task.id }))).toBe(
      '409 RESOURCE_LIMIT_EXCEEDED',
    );
  });

  test('with schedules or triggers takes the right to run commands', async () => {
    const own = await makeProject(owner);
    await makeTask(owner, own, { title: 'T', external_ref: 'a' });
    const token = (scopes: string[]) =>
      data(201, owner.post('/api/personal-access-tokens/', { label: scopes.join(), scopes }));
    const writing = owner.withToken((await token(['tasks.write'])).token);
    const running = owner.withToken((await token(['tasks.write', 'execute'])).token);
    const task = { title: 'T', external_ref: 'a' };
    const files = [
      { ...fileOf([task]), schedules: [{ name: 'S', cron: yearly, task: 'a' }] },
      { ...fileOf([task]), triggers: [{ name: 'P', task: 'a' }] },
    ];
    for (const file of files) {
      for (const dry_run of [false, true])
        expect(await refusal(send(writing, own, 'import', file, { dry_run }))).toBe(
          '403 AUTH_INSUFFICIENT_PERMISSIONS',
        );
      await imported(running, own, file);
      // what it leaves as it is takes no right
      await imported(writing, own, file);
    }
    const viewer = await app.admin.createUser('developer');
    await data(200, owner.put(`/api/projects/${own.id}/members/${viewer.user.id}`, { role: 'viewer' }));
    expect(await refusal(send(viewer, own, 'import', files[0]))).toBe('403 PROJECT_ACCESS_DENIED');
  });
});

test('a project whose schedules and triggers name what its reader does not see is exported and imported without them', async () => {
  const own = await makeProject(owner);
  const draft = await makeTask(owner, own, { title: 'A draft', draft: true });
  await makeSchedule(owner, own, { name: 'Of a draft', task_id: draft.id });
  await trigger(own, { name: 'Of a draft', task_id: draft.id });
  const reader = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${own.id}/members/${reader.user.id}`, { role: 'developer' }));
  const file = await exported(reader, own);
  expect(JSON.parse(file)).toMatchObject({ schedules: [{ task: null }], triggers: [{ task: null }] });
  const copy = await makeProject(reader);
  const plan = await imported(reader, copy, file);
  expect(plan).toMatchObject({ schedules: { create: 0 }, triggers: { create: 0 } });
  expect(warningsOf(plan).map((text: string) => text.replace(/^\d+ /, ''))).toEqual([
    'task: Its task is not in the file: it is left out',
    'task: Its task is not in the file: it is left out',
  ]);
});

test('a copy of a project has its triggers, switched off, with other URLs, for the copies of its tasks', async () => {
  const own = await makeProject(owner);
  const task = await makeJob(owner, own, 'true', { inputs: [{ name: 'region' }] });
  const from = await trigger(own, {
    name: 'On push',
    task_id: task.id,
    priority: 'high',
    inputs_from: { region: '/region' },
    filter: { events: ['push'] },
    secret: 'a secret of a trigger',
  });
  const body = { name: 'A copy', include_tasks: true };
  const copy = await data(201, owner.post(`/api/projects/${own.id}/clone`, body));
  const { items: tasks } = await data(200, owner.get(pathOf(copy, 'tasks')));
  const [made] = (await listed(copy, 'triggers')) as [Json];
  expect(made).toMatchObject({
    name: 'On push',
    enabled: false,
    has_secret: false,
    task_id: tasks[0].id,
    priority: 'high',
    inputs_from: { region: '/region' },
    filter: { events: ['push'] },
    created_by: owner.user.id,
  });
  expect(made.path).not.toBe(from.path);
  await data(200, owner.put(`/api/triggers/${made.id}`, { enabled: true }));
  expect(
    await data(
      202,
      owner.anonymous().post(made.path, { region: 'eu' }, { headers: { 'x-github-event': 'push' } }),
    ),
  ).toMatchObject({ status: 'fired', task_id: tasks[0].id });
});
