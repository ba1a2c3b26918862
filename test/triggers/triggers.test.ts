import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import {
  data,
  execute,
  holding,
  makeJob,
  makeProject,
  outputOf,
  reached,
  refusal,
  runJob,
  show,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ env: { LOG_LEVEL: 'trace' } });
let owner: Client;
let anybody: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  anybody = owner.anonymous();
  project = await makeProject(owner);
});

const logged = () => app.processes.map(({ stderr }) => stderr).join('\n');
const create = (task: Json, fields: object = {}, client = owner): Promise<Json> =>
  data(
    201,
    client.post(`/api/projects/${project.id}/triggers`, { name: 'On push', task_id: task.ref, ...fields }),
  );
const deliveriesOf = async (trigger: Json): Promise<Json[]> =>
  (await data(200, owner.get(`/api/triggers/${trigger.id}/deliveries`))).items;
const push = {
  ref: 'refs/heads/main',
  after: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
  commits: [{ id: '6dcb09b', message: 'quotes \' " $(x) `y`' }],
  repository: { full_name: 'mill/race', private: false },
};
const github = (event = 'push', id: string = randomUUID()) => ({
  'x-github-event': event,
  'x-github-delivery': id,
});
const send = (trigger: Json, body: unknown = push, headers: Record<string, string> = {}): Promise<Answer> =>
  anybody.post(trigger.path, body, { headers });
const printing = 'cat "$TRIGGER_PAYLOAD"; echo; cat "$TRIGGER_HEADERS"';

describe('a message', () => {
  test('runs the task, which finds it and its headers in files that are gone afterwards', async () => {
    const task = await makeJob(
      owner,
      project,
      `${printing}; echo; echo "$TRIGGER_PAYLOAD" "$TRIGGER_HEADERS"`,
    );
    const trigger = await create(task);
    const answer = await send(trigger, push, {
      ...github(),
      authorization: 'Basic c2VjcmV0',
      cookie: 'a=secret',
      'x-gitlab-token': 'secret',
      'x-api-key': 'secret',
    });
    expect(answer.status).toBe(202);
    const fired = answer.body.data;
    expect(fired).toMatchObject({ status: 'fired', task_id: task.id, reason: null });
    await reached(owner, task, 'completed');
    const [payload, headers, paths] = (await outputOf(app, fired.execution_id)).split('\n');
    expect(JSON.parse(payload!)).toEqual(push);
    expect(JSON.parse(headers!)).toMatchObject({
      'x-github-event': 'push',
      'content-type': 'application/json',
    });
    expect(headers).not.toMatch(/secret|c2VjcmV0/);
    const later = await runJob(owner, project, `ls ${paths} 2>&1; true`);
    expect(await outputOf(app, later.execution_id)).not.toContain('{');
    expect(await data(200, owner.get(`/api/executions/${fired.execution_id}`))).toMatchObject({
      origin: { type: 'trigger', id: trigger.id },
      requested_by: owner.user.id,
    });
    expect(await deliveriesOf(trigger)).toMatchObject([
      {
        outcome: 'fired',
        event: 'push',
        execution_id: fired.execution_id,
        size: JSON.stringify(push).length,
      },
    ]);
  });

  test('is passed on as it is, also when it is no JSON, and each attempt gets it', async () => {
    const command = 'sha256sum < "$TRIGGER_PAYLOAD"; [ -e tried ] || { touch tried; exit 1; }';
    const task = await makeJob(owner, project, command, { retry_attempts: 1, working_directory: '' });
    const trigger = await create(task);
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => (index * 7) % 256));
    const sent = await anybody.request('POST', trigger.path, bytes, {
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(sent.status).toBe(202);
    await reached(owner, task, 'completed');
    const { executions } = await data(200, owner.get(`/api/tasks/${task.id}/executions`));
    expect(executions).toHaveLength(2);
    const { createHash } = await import('node:crypto');
    const sum = createHash('sha256').update(bytes).digest('hex');
    for (const one of executions) expect(await outputOf(app, one.execution_id)).toContain(sum);
    const empty = await anybody.request('POST', trigger.path, undefined);
    expect(empty.status).toBe(202);
    await reached(owner, task, 'completed');
  });

  test('maps pointers of it to inputs, and is refused where they are none', async () => {
    const inputs = [
      { name: 'commit', required: true, pattern: '[0-9a-f]{40}' },
      { name: 'message' },
      { name: 'private', type: 'boolean' },
      { name: 'repository' },
    ];
    const command = 'printf "%s|" "$INPUT_COMMIT" "$INPUT_MESSAGE" "$INPUT_PRIVATE" "$INPUT_REPOSITORY"';
    const task = await makeJob(owner, project, command, { inputs });
    const inputs_from = {
      commit: '/after',
      message: '/commits/0/message',
      private: '/repository/private',
      repository: '/repository',
    };
    const trigger = await create(task, { inputs_from });
    const { execution_id } = await data(202, send(trigger));
    await reached(owner, task, 'completed');
    expect(await outputOf(app, execution_id)).toBe(
      `${push.after}|${push.commits[0]!.message}|false|${JSON.stringify(push.repository)}|`,
    );
    for (const body of [{}, { after: 'x' }, 'not json', { after: { deep: [] } }])
      expect(await refusal(send(trigger, body))).toBe('422 VALIDATION_ERROR');
    expect((await deliveriesOf(trigger))[0]).toMatchObject({
      outcome: 'refused',
      reason: 'VALIDATION_ERROR',
    });
    for (const [pointer, status] of [
      ['no-slash', 422],
      ['/a~2', 422],
      ['/a~1b', 200],
    ] as const)
      expect(
        (await owner.put(`/api/triggers/${trigger.id}`, { inputs_from: { commit: pointer } })).status,
      ).toBe(status);
    expect(await refusal(owner.put(`/api/triggers/${trigger.id}`, { inputs_from: { other: '/x' } }))).toBe(
      '422 VALIDATION_ERROR',
    );
  });

  test('that is sent again gives the first answer, also when both come at once', async () => {
    const task = await makeJob(owner, project, 'true');
    const trigger = await create(task);
    const headers = github('push', 'the same');
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(trigger, push, headers)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.data.execution_id)).size).toBe(1);
    await reached(owner, task, 'completed');
    expect((await send(trigger, push, headers)).body.data).toEqual(answers[0]!.body.data);
    expect(await deliveriesOf(trigger)).toHaveLength(1);
    expect((await data(200, owner.get(`/api/tasks/${task.id}/executions`))).executions).toHaveLength(1);
  });

  test('is skipped while the task runs, and when it is not for the trigger', async () => {
    const name = `go-${randomUUID()}`;
    const task = await makeJob(owner, project, holding(name));
    const trigger = await create(task, {
      filter: { events: ['push', 'Push Hook'], branches: ['main'], match: { '/repository/private': false } },
    });
    await execute(owner, task);
    const skipped = async (body: unknown, headers: Record<string, string>) =>
      data(200, send(trigger, body, headers));
    expect(await skipped(push, github())).toMatchObject({
      status: 'skipped',
      reason: 'TASK_ALREADY_RUNNING',
    });
    await runJob(owner, project, `touch ${name}`);
    await reached(owner, task, 'completed');
    for (const [body, headers] of [
      [push, github('ping')],
      [{ ...push, ref: 'refs/heads/other' }, github()],
      [{ ...push, repository: { private: true } }, github()],
      ['text', github()],
    ] as const)
      expect(await skipped(body, headers)).toMatchObject({ reason: 'TRIGGER_FILTERED', execution_id: null });
    // a push of GitLab names its event otherwise
    const gitlab = { object_kind: 'push', ref: 'refs/heads/main', repository: { private: false } };
    expect((await send(trigger, gitlab, { 'x-gitlab-event': 'Push Hook' })).status).toBe(202);
    await reached(owner, task, 'completed');
    await data(200, owner.put(`/api/triggers/${trigger.id}`, { enabled: false }));
    expect(await skipped(push, github())).toMatchObject({ reason: 'TRIGGER_DISABLED' });
  });

  test('that is too large is refused, and one without a known token is not even read', async () => {
    const trigger = await create(await makeJob(owner, project, 'true'));
    const large = JSON.stringify({ text: 'x'.repeat(10 * 1024 * 1024) });
    expect(await refusal(anybody.request('POST', trigger.path, large))).toBe('413 PAYLOAD_TOO_LARGE');
    const other = trigger.path.replace(/.$/, (last: string) => (last === 'a' ? 'b' : 'a'));
    for (const path of [other, '/api/triggers/x', `/api/triggers/${trigger.id}`, `${trigger.path}x`])
      expect(await refusal(anybody.request('POST', path, '{}'))).toBe('404 RESOURCE_NOT_FOUND');
    expect(await deliveriesOf(trigger)).toEqual([]);
  });
});

describe('a signature', () => {
  const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
  const text = JSON.stringify(push);
  const hub = (key: string, body = text) => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  });
  const standard = (at: Date, id: string = randomUUID()) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, text),
  });

  test('of either family is demanded where there is a secret, which nobody is shown', async () => {
    const task = await makeJob(owner, project, 'true');
    const trigger = await create(task, { secret });
    expect(trigger).toMatchObject({ has_secret: true });
    const now = new Date();
    for (const headers of [
      {},
      hub('another secret'),
      hub(secret, `${text} `),
      { 'x-hub-signature-256': 'sha256=' },
      { ...standard(now), 'webhook-id': 'another' },
      standard(new Date(now.getTime() - 301_000)),
      standard(new Date(now.getTime() + 310_000)),
    ] as Record<string, string>[])
      expect(await refusal(send(trigger, text, headers))).toBe('401 TRIGGER_SIGNATURE_INVALID');
    const before = standard(now);
    for (const headers of [hub(secret), before]) {
      expect((await send(trigger, text, headers)).status).toBe(202);
      await reached(owner, task, 'completed');
    }
    // a replay gives the first answer, also under an id that is not signed
    for (const headers of [before, { ...before, 'x-github-delivery': randomUUID() }])
      expect((await send(trigger, text, headers)).status).toBe(202);
    expect((await data(200, owner.get(`/api/tasks/${task.id}/executions`))).executions).toHaveLength(2);
    const answers = [trigger, await data(200, owner.get(`/api/triggers/${trigger.id}`))];
    const log = await deliveriesOf(trigger);
    expect(log.map(({ outcome }) => outcome).toSorted()).toEqual([
      'fired',
      'fired',
      ...Array.from({ length: 7 }, () => 'refused'),
    ]);
    for (const shown of [answers, log]) expect(JSON.stringify(shown)).not.toContain(secret);
    for (const table of ['triggers', 'activity', 'trigger_deliveries']) {
      const rows = await app.query(`SELECT 1 FROM ${table} t WHERE t::text LIKE $1 OR t::text LIKE $2`, [
        `%${secret}%`,
        `%${trigger.path.split('/').at(-1)}%`,
      ]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
  });

  test('the token is in no line of the log', async () => {
    const trigger = await create(await makeJob(owner, project, 'true'));
    await send(trigger, 'x'.repeat(3_000_000)).catch(() => undefined);
    await send(trigger);
    const token = trigger.path.split('/').at(-1)!;
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      await anybody.request(method, trigger.path);
    const spellings = [
      `${trigger.path}/x`,
      trigger.path.replace('/api/', '/api//'),
      trigger.path.replace('triggers', 'Triggers'),
      trigger.path.replace('mlr_trg_', 'mlr%5Ftrg%5f'),
      `${trigger.path.replace('mlr_trg_', '%6dlr_trg_')}/%`,
    ];
    for (const path of spellings) {
      await anybody.post(path, {});
      await owner.get(path);
    }
    await anybody.get('/api/the-last-one');
    await until(() => logged().includes('/api/the-last-one'));
    expect(logged()).toContain('/api/triggers/mlr_trg_…');
    expect(logged()).not.toContain(token.slice('mlr_trg_'.length));
  });
});

describe('access', () => {
  test('the URL is for who may run tasks in the project, and nobody else learns that there is a trigger', async () => {
    const trigger = await create(await makeJob(owner, project, 'true'));
    const [viewer, stranger] = [
      await app.admin.createUser('developer'),
      await app.admin.createUser('developer'),
    ];
    await data(200, owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }));
    expect(await data(200, viewer.get(`/api/triggers/${trigger.id}`))).toMatchObject({ path: null });
    expect(await refusal(viewer.put(`/api/triggers/${trigger.id}`, { enabled: false }))).toBe(
      '403 PROJECT_ACCESS_DENIED',
    );
    expect(await refusal(viewer.post(`/api/triggers/${trigger.id}/rotate`))).toBe(
      '403 PROJECT_ACCESS_DENIED',
    );
    for (const answer of [
      stranger.get(`/api/triggers/${trigger.id}`),
      stranger.put(`/api/triggers/${trigger.id}`, { enabled: false }),
      stranger.delete(`/api/triggers/${trigger.id}`),
      stranger.get(`/api/triggers/${trigger.id}/deliveries`),
    ])
      expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
    // who may run nothing in the installation is not let in by a project
    const lowered = await app.admin.createUser('viewer');
    await data(
      200,
      owner.put(`/api/projects/${project.id}/members/${lowered.user.id}`, { role: 'developer' }),
    );
    expect(await data(200, lowered.get(`/api/triggers/${trigger.id}`))).toMatchObject({ path: null });
    const { token } = await data(
      201,
      owner.post('/api/personal-access-tokens/', {
        label: 'reads',
        scopes: ['tasks.read'],
        expires_at: null,
      }),
    );
    const reading = owner.withToken(token);
    expect(await data(200, reading.get(`/api/triggers/${trigger.id}`))).toMatchObject({ path: null });
    const other = await makeProject(owner);
    const elsewhere = await makeJob(owner, other, 'true');
    expect(
      await refusal(owner.post(`/api/projects/${project.id}/triggers`, { name: 'x', task_id: elsewhere.id })),
    ).toBe('422 VALIDATION_ERROR');
  });

  test('another URL replaces that of before, and a deleted trigger opens nothing', async () => {
    const trigger = await create(await makeJob(owner, project, 'true'));
    const rotated = await data(200, owner.post(`/api/triggers/${trigger.id}/rotate`));
    expect(rotated.path).not.toBe(trigger.path);
    expect((await send(trigger)).status).toBe(404);
    expect((await send(rotated)).status).toBe(202);
    await data(200, owner.delete(`/api/triggers/${trigger.id}`));
    expect((await send(rotated)).status).toBe(404);
  });

  test('it runs in the name of its maker, who must still have the right', async () => {
    const maker = await app.admin.createUser('developer');
    await data(200, owner.put(`/api/projects/${project.id}/members/${maker.user.id}`, { role: 'developer' }));
    const task = await makeJob(owner, project, 'true');
    const trigger = await create(task, {}, maker);
    const { execution_id } = await data(202, send(trigger));
    expect(await data(200, owner.get(`/api/executions/${execution_id}`))).toMatchObject({
      requested_by: maker.user.id,
    });
    await reached(owner, task, 'completed');
    await data(200, owner.put(`/api/projects/${project.id}/members/${maker.user.id}`, { role: 'viewer' }));
    expect(await data(200, send(trigger))).toMatchObject({ status: 'skipped', reason: 'MAKER_DISABLED' });
    await data(200, owner.put(`/api/projects/${project.id}/members/${maker.user.id}`, { role: 'developer' }));
    expect((await send(trigger)).status).toBe(202);
    await reached(owner, task, 'completed');
    await data(200, app.admin.put(`/api/users/${maker.user.id}`, { disabled: true }));
    expect(await data(200, send(trigger))).toMatchObject({ status: 'skipped', reason: 'MAKER_DISABLED' });
    expect(await show(owner, task)).toMatchObject({ status: 'completed' });
  });

  test('it does not follow its task into another project', async () => {
    const [shared, own] = [await makeProject(owner), await makeProject(owner)];
    const task = await makeJob(owner, shared, 'true');
    const triggers = `/api/projects/${shared.id}/triggers`;
    const trigger = await data(201, owner.post(triggers, { name: 'On push', task_id: task.id }));
    await data(200, owner.post(`/api/tasks/${task.id}/move`, { project_id: own.id }));
    expect(await data(200, send(trigger))).toMatchObject({ status: 'skipped', reason: 'TASK_NOT_FOUND' });
    expect(await show(owner, task)).toMatchObject({ status: 'pending' });
  });

  test('a retry in another project takes neither the message nor the inputs of the run before', async () => {
    const [shared, own] = [await makeProject(owner), await makeProject(owner)];
    const inputs = [{ name: 'token', type: 'secret' }, { name: 'stage' }];
    const task = await makeJob(owner, own, 'echo "[$INPUT_TOKEN$INPUT_STAGE$TRIGGER_PAYLOAD]"; exit 1', {
      inputs,
    });
    const inputs_from = { token: '/token', stage: '/stage' };
    const trigger = await data(
      201,
      owner.post(`/api/projects/${own.id}/triggers`, { name: 'On push', task_id: task.id, inputs_from }),
    );
    expect((await send(trigger, { token: 'swordfish', stage: 'live' })).status).toBe(202);
    await reached(owner, task, 'failed');
    await data(200, owner.post(`/api/tasks/${task.id}/move`, { project_id: shared.id }));
    const retry = (body?: object) => owner.post(`/api/tasks/${task.id}/retry`, body);
    const refused = await retry();
    expect([refused.status, refused.body.error.details.field]).toEqual([422, 'inputs']);
    const { execution_id } = await data(202, retry({ inputs: {} }));
    await reached(owner, task, 'failed');
    expect(await outputOf(app, execution_id)).toBe('[]\n');
  });
});
