import { beforeAll, describe, expect, test } from 'vitest';
import { agentClient, claimNext, makeAgent } from '../agents/steps.js';
import {
  data,
  execute,
  makeJob,
  makeProject,
  makeTask,
  nobody,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useSharedApp();
let owner: Client;
let other: Client;
let viewer: Client;
let project: Json;
beforeAll(async () => {
  [owner, other, viewer] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await freshProject();
});

/** A project of the owner where the other one is a developer, and the viewer a viewer. */
async function freshProject(fields: Record<string, unknown> = {}): Promise<Json> {
  const made = await makeProject(owner, fields);
  await data(200, owner.put(`/api/projects/${made.id}/members/${other.user.id}`, { role: 'developer' }));
  await data(200, owner.put(`/api/projects/${made.id}/members/${viewer.user.id}`, { role: 'viewer' }));
  return made;
}

const claim = (client: Client, task: Json, fields: object = {}): Promise<Json> =>
  data(200, client.post(`/api/tasks/${task.id}/claim`, fields));
const ending = (client: Client, { claim_id, token }: Json, how: string, fields: object = {}) =>
  client.post(`/api/claims/${claim_id}/${how}`, { token, ...fields });
const history = async (task: Json): Promise<string[]> =>
  (await show(owner, task)).history.map(({ action }: Json) => action);

describe('the next task', () => {
  test('is the most urgent and oldest that is open', async () => {
    const own = await freshProject();
    const tasks = new Map<string, Json>();
    const add = async (title: string, fields: Record<string, unknown> = {}) =>
      tasks.set(title, await makeTask(owner, own, { title, ...fields }));
    await add('late', { priority: 9 });
    await add('first of two', { priority: 2 });
    await add('second of two', { priority: 2 });
    await add('blocked', { priority: 1, blocker: 'Waits for somebody' });
    await add('of another', { priority: 1, assigned_to: other.user.id });
    await add('waits', { priority: 1, dependencies: [tasks.get('late')!.id] });
    await add('done', { priority: 1, status: 'completed' });
    await add('under way', { priority: 1, status: 'running' });
    await add('failed', { priority: 1, status: 'failed' });
    await add('draft', { priority: 1, draft: true });
    await add('archived', { priority: 1 });
    await data(200, owner.post(`/api/tasks/${tasks.get('archived')!.id}/archive`));
    await add('deleted', { priority: 1 });
    await data(200, owner.delete(`/api/tasks/${tasks.get('deleted')!.id}`));
    await add('own', { priority: 3, assigned_to: owner.user.id });

    const claimed: Json[] = [];
    for (;;) {
      const answer = await owner.post('/api/claims/', { project_id: own.key });
      if (answer.status === 204) break;
      claimed.push(await data(200, answer));
    }
    expect(claimed.map(({ task }) => task.title)).toEqual(['first of two', 'second of two', 'own', 'late']);
    expect(claimed[0]).toEqual({
      claim_id: expect.any(String),
      token: expect.stringMatching(/^[0-9A-Za-z]{24}$/),
      expires_at: expect.any(String),
      task: expect.objectContaining({
        status: 'running',
        assigned_to: owner.user.id,
        started_at: expect.any(String),
        version: 2,
      }),
    });
    expect(Date.parse(claimed[0]!.expires_at) - Date.now()).toBeGreaterThan(290_000);
    // what the dependency held back is free when it is completed
    await data(200, ending(owner, claimed[3]!, 'complete'));
    expect((await claimNext(owner, own)).task.title).toBe('waits');
    expect((await claimNext(other, own)).task.title).toBe('of another');
  });

  test('is of the types and has the labels that are asked for', async () => {
    const own = await freshProject();
    await makeTask(owner, own, { title: 'a task', priority: 1 });
    await makeTask(owner, own, { title: 'a bug', type: 'bug', tags: ['ui', 'fast'], priority: 5 });
    await makeTask(owner, own, { title: 'a chore', type: 'chore', tags: ['ui'] });
    const wanted = { types: ['bug', 'chore'], labels: ['ui'] };
    const titles = async (fields: object) => (await claimNext(owner, own, fields)).task.title;
    expect(await titles({ ...wanted, labels: ['ui', 'fast'] })).toBe('a bug');
    expect(await titles(wanted)).toBe('a chore');
    const none = await owner.post('/api/claims/', { project_id: own.id, ...wanted });
    expect([none.status, none.body]).toEqual([204, '']);
    expect(await titles({})).toBe('a task');
  });

  test('is that of an agent, and its own without a name', async () => {
    const agent = await makeAgent(app);
    const self = await agentClient(app, agent);
    const [first, second] = [
      await makeTask(self, { id: agent.project_id }),
      await makeTask(self, { id: agent.project_id }),
    ];
    expect((await data(200, self.post('/api/claims/'))).task).toMatchObject({
      ref: first.ref,
      assigned_to: agent.id,
    });
    expect((await data(200, app.admin.post('/api/claims/', { agent_id: agent.slug }))).task.ref).toBe(
      second.ref,
    );
    expect(await refusal(owner.post('/api/claims/'))).toBe('422 VALIDATION_ERROR');
    expect(await refusal(owner.post('/api/claims/', { agent_id: agent.slug }))).toBe('404 PROJECT_NOT_FOUND');
    expect(await refusal(owner.post('/api/claims/', { agent_id: 'no-such-agent' }))).toBe(
      '404 RESOURCE_NOT_FOUND',
    );
  });

  test('is for who may write in the project', async () => {
    await makeTask(owner, project);
    const stranger = await app.admin.createUser('developer');
    expect(await refusal(stranger.post('/api/claims/', { project_id: project.id }))).toBe(
      '404 PROJECT_NOT_FOUND',
    );
    expect(await refusal(viewer.post('/api/claims/', { project_id: project.id }))).toBe(
      '403 PROJECT_ACCESS_DENIED',
    );
    for (const bad of [
      { lease_seconds: 0 },
      { lease_seconds: 86_401 },
      { wait_seconds: 61 },
      { wait_seconds: -1 },
      { types: ['nonsense'] },
      { types: [] },
      { labels: 'ui' },
      { agent_id: 'both' },
    ])
      expect([bad, await refusal(owner.post('/api/claims/', { project_id: project.id, ...bad }))]).toEqual([
        bad,
        expect.stringMatching(/^422 VALIDATION_/),
      ]);
  });
});

describe('a wait for the next task', () => {
  test('ends when there is one, and at its time', async () => {
    const own = await freshProject();
    const waiting = owner.post('/api/claims/', { project_id: own.id, wait_seconds: 60 });
    const bugs = other.post('/api/claims/', { project_id: own.id, wait_seconds: 60, types: ['bug'] });
    const task = await makeTask(owner, own);
    expect((await data(200, waiting)).task.id).toBe(task.id);
    const bug = await makeTask(owner, own, { type: 'bug' });
    expect((await data(200, bugs)).task.id).toBe(bug.id);
    expect((await owner.post('/api/claims/', { project_id: own.id, wait_seconds: 1 })).status).toBe(204);
  });

  test('gives each waiter a task of its own', async () => {
    const own = await freshProject();
    const waiters = Array.from({ length: 12 }, (_, index) =>
      data(
        200,
        (index % 3 === 0 ? owner : other).post('/api/claims/', { project_id: own.id, wait_seconds: 60 }),
      ),
    );
    const made: string[] = [];
    for (let index = 0; index < 12; index += 1) made.push((await makeTask(owner, own)).id);
    const claimed = await Promise.all(waiters);
    expect(claimed.map(({ task }) => task.id).toSorted()).toEqual(made.toSorted());
  });

  test('ends with the right to claim', async () => {
    const own = await freshProject();
    const waiting = other.post('/api/claims/', { project_id: own.id, wait_seconds: 60 });
    await data(200, owner.delete(`/api/projects/${own.id}/members/${other.user.id}`));
    await makeTask(owner, own);
    expect(await refusal(waiting)).toBe('404 PROJECT_NOT_FOUND');
    expect((await claimNext(owner, own)).task.status).toBe('running');
  });

  test('leaves the task to others when its client has gone', async () => {
    const own = await freshProject();
    const controller = new AbortController();
    const gone = other
      .post('/api/claims/', { project_id: own.id, wait_seconds: 60 }, { signal: controller.signal })
      .catch((error: unknown) => (error as Error).name);
    // the second one waits behind it, so the first has been seen to wait
    const waits = owner.post('/api/claims/', { project_id: own.id, wait_seconds: 1 });
    expect((await waits).status).toBe(204);
    controller.abort();
    expect(await gone).toBe('AbortError');
    await until(async () => {
      const task = await makeTask(owner, own);
      const { status, body } = await owner.post('/api/claims/', { project_id: own.id });
      return status === 200 && body.data.task.id === task.id;
    });
  });
});

describe('a claim', () => {
  test('is of one task, which nobody else may claim or run', async () => {
    const job = await makeJob(owner, project, 'echo hello');
    const held = await claim(owner, job);
    const refused = await other.post(`/api/tasks/${job.id}/claim`);
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({
      code: 'TASK_ALREADY_CLAIMED',
      details: {
        task_id: job.id,
        claimed_by: { user_id: owner.user.id, username: owner.user.username },
        expires_at: held.expires_at,
      },
    });
    expect(await refusal(other.post(`/api/tasks/${job.id}/execute`))).toBe('409 TASK_ALREADY_CLAIMED');
    for (const how of ['archive', 'move'])
      expect(
        await refusal(
          owner.post(
            `/api/tasks/${job.id}/${how}`,
            how === 'move' ? { project_id: (await freshProject()).id } : undefined,
          ),
        ),
      ).toBe('409 TASK_ALREADY_CLAIMED');
    expect((await show(viewer, job)).claim).toEqual({
      claim_id: held.claim_id,
      user_id: owner.user.id,
      username: owner.user.username,
      expires_at: held.expires_at,
    });
    // other fields can be changed meanwhile
    await data(200, other.put(`/api/tasks/${job.id}`, { description: 'More' }));

    await execute(owner, job);
    await until(async () => (await show(owner, job)).last_run?.status === 'completed');
    // the run does not end the work
    expect(await show(owner, job)).toMatchObject({ status: 'running', completed_at: null });
    const done = await data(200, ending(owner, held, 'complete', { result: 'It says hello' }));
    expect(done).toMatchObject({
      status: 'completed',
      result: 'It says hello',
      progress_percentage: 100,
      completed_at: expect.any(String),
      assigned_to: owner.user.id,
    });
    expect((await show(owner, job)).claim).toBeNull();
    expect(await history(job)).toEqual([
      'created',
      'claimed',
      'status_changed',
      'updated',
      'run_queued',
      'run_completed',
      'status_changed',
      'updated',
    ]);
  });

  test('survives a run that fails, and what waits for the task goes on waiting', async () => {
    const job = await makeJob(owner, project, 'exit 7');
    const next = await makeJob(owner, project, 'true', { dependencies: [job.id] });
    const held = await claim(owner, job);
    await execute(owner, next);
    await execute(owner, job);
    await until(async () => (await show(owner, job)).last_run?.status === 'failed');
    expect(await show(owner, job)).toMatchObject({ status: 'running', last_run: { exit_code: 7 } });
    expect(await show(owner, next)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
    await data(200, ending(owner, held, 'complete'));
    await reached(owner, next, 'completed');
  });

  test('cannot end while a run is under way', async () => {
    const job = await makeJob(owner, project, 'sleep 60');
    const held = await claim(owner, job);
    await execute(owner, job);
    for (const [how, fields] of [
      ['complete', {}],
      ['release', {}],
      ['fail', { reason: 'x' }],
    ] as const)
      expect(await refusal(ending(owner, held, how, fields))).toBe('409 TASK_ALREADY_RUNNING');
    await data(200, owner.post(`/api/tasks/${job.id}/cancel`));
    expect(await show(owner, job)).toMatchObject({ status: 'running', last_run: { status: 'cancelled' } });
    await data(200, ending(owner, held, 'release'));
  });

  test('is renewed, and is lost by a wrong token, a second end and others', async () => {
    const task = await makeTask(owner, project);
    const held = await claim(owner, task, { lease_seconds: 600 });
    const renewed = await data(200, ending(owner, held, 'heartbeat'));
    expect(renewed).toEqual({ claim_id: held.claim_id, expires_at: expect.any(String) });
    expect(Date.parse(renewed.expires_at)).toBeGreaterThanOrEqual(Date.parse(held.expires_at));
    for (const how of ['heartbeat', 'release', 'complete', 'fail']) {
      const fields = how === 'fail' ? { reason: 'x' } : {};
      const path = `/api/claims/${held.claim_id}/${how}`;
      expect(await refusal(owner.post(path, fields))).toBe('422 VALIDATION_REQUIRED_FIELD');
      expect(await refusal(owner.post(path, { token: 'wrong', ...fields }))).toBe('409 CLAIM_LOST');
      expect(await refusal(other.post(path, { token: held.token, ...fields }))).toBe('409 CLAIM_LOST');
      expect(
        await refusal(owner.post(`/api/claims/${nobody}/${how}`, { token: held.token, ...fields })),
      ).toBe('409 CLAIM_LOST');
    }
    expect(await refusal(ending(owner, held, 'fail'))).toBe('422 VALIDATION_REQUIRED_FIELD');
    await data(200, ending(owner, held, 'complete', { result: 'Once' }));
    expect(await refusal(ending(owner, held, 'complete', { result: 'Twice' }))).toBe('409 CLAIM_LOST');
    expect(await show(owner, task)).toMatchObject({ status: 'completed', result: 'Once' });
  });

  test('that is released leaves the task open, and to nobody', async () => {
    const task = await makeTask(owner, project);
    const mine = await makeTask(owner, project, { assigned_to: owner.user.id });
    const [first, second] = [await claim(owner, task), await claim(owner, mine)];
    expect(await data(200, ending(owner, first, 'release', { note: 'Too hard' }))).toMatchObject({
      status: 'pending',
      assigned_to: null,
      started_at: null,
    });
    expect(await data(200, ending(owner, second, 'release'))).toMatchObject({ assigned_to: owner.user.id });
    expect(await history(task)).toEqual([
      'created',
      'claimed',
      'status_changed',
      'claim_released',
      'status_changed',
      'updated',
    ]);
    await claim(other, task);
  });

  test('that fails says why, and can leave the task open for another try', async () => {
    const [once, again] = [await makeTask(owner, project), await makeTask(owner, project)];
    const failed = await data(200, ending(owner, await claim(owner, once), 'fail', { reason: 'No access' }));
    expect(failed).toMatchObject({ status: 'failed', result: 'No access' });
    const reopened = await data(
      200,
      ending(owner, await claim(owner, again), 'fail', { reason: 'Flaky', retry: true }),
    );
    expect(reopened).toMatchObject({ status: 'pending', result: null, assigned_to: null });
    const entry = (await show(owner, again)).history.find(({ action }: Json) => action === 'claim_failed');
    expect(entry.new_value).toEqual({ reason: 'Flaky', retry: true });
  });

  test.each([
    ['blocked', { blocker: 'Waits' }, '409 TASK_NOT_CLAIMABLE'],
    ['done', { status: 'completed' }, '409 TASK_NOT_CLAIMABLE'],
    ['failed', { status: 'failed' }, '409 TASK_NOT_CLAIMABLE'],
    ['under way', { status: 'running' }, '409 TASK_ALREADY_RUNNING'],
    ['a draft', { draft: true }, '409 TASK_IS_DRAFT'],
  ])('of a task that is %s is refused', async (_, fields, expected) => {
    const task = await makeTask(owner, project, fields);
    expect(await refusal(owner.post(`/api/tasks/${task.id}/claim`))).toBe(expected);
  });

  test('of a task that is archived, of others or waits is refused', async () => {
    const archived = await makeTask(owner, project);
    await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
    const ofOther = await makeTask(owner, project, { assigned_to: other.user.id });
    const waits = await makeTask(owner, project, { dependencies: [ofOther.id] });
    const refused = async (client: Client, task: Json) => refusal(client.post(`/api/tasks/${task.id}/claim`));
    expect(await refused(owner, archived)).toBe('409 TASK_ARCHIVED');
    expect(await refused(owner, ofOther)).toBe('409 TASK_NOT_CLAIMABLE');
    expect(await refused(owner, waits)).toBe('409 TASK_DEPENDENCY_NOT_MET');
    expect(await refused(viewer, waits)).toBe('403 PROJECT_ACCESS_DENIED');
    await claim(other, ofOther);
  });
});

describe('an editor', () => {
  test.each([
    [
      'sets the status',
      (task: Json) => owner.put(`/api/tasks/${task.id}`, { status: 'cancelled' }),
      'status_changed',
    ],
    ['deletes the task', (task: Json) => owner.delete(`/api/tasks/${task.id}`), 'deleted'],
    [
      'deletes it for good',
      (task: Json) => owner.delete(`/api/tasks/${task.id}`, undefined, { query: { permanent: true } }),
      'deleted',
    ],
  ])('who %s ends the claim', async (_, act, reason) => {
    const hook = await data(
      201,
      owner.post('/api/webhooks/', {
        url: 'https://example.org/hook',
        events: ['claim.lost'],
        project_id: project.id,
      }),
    );
    const task = await makeTask(owner, project);
    const held = await claim(other, task);
    await data(200, act(task));
    for (const how of ['heartbeat', 'complete'])
      expect(await refusal(ending(other, held, how))).toBe('409 CLAIM_LOST');
    const deliveries = await data(200, owner.get(`/api/webhooks/${hook.id}/deliveries`));
    expect(deliveries.items.map(({ event }: Json) => event)).toEqual(['claim.lost']);
    const [row] = await app.query<{ data: Json }>(
      'SELECT data FROM webhook_deliveries WHERE webhook_id = $1',
      [hook.id],
    );
    expect(row!.data).toEqual({
      task_id: task.id,
      project_id: project.id,
      ref: task.ref,
      title: task.title,
      claim_id: held.claim_id,
      user_id: other.user.id,
      reason,
    });
    await data(200, owner.delete(`/api/webhooks/${hook.id}`));
  });
});

test('a project with a claim cannot be deleted', async () => {
  const own = await freshProject();
  const held = await claim(owner, await makeTask(owner, own));
  expect(await refusal(owner.delete(`/api/projects/${own.id}`))).toBe('409 RESOURCE_IN_USE');
  await data(200, ending(owner, held, 'complete'));
  await data(200, owner.delete(`/api/projects/${own.id}`));
});

test('tasks that wait although it is not known are passed once', async () => {
  const own = await freshProject();
  const last = await makeTask(owner, own, { title: 'the last', priority: 9 });
  for (let index = 0; index < 3; index += 1)
    await makeTask(owner, own, { priority: 1, dependencies: [last.id] });
  const waiting = async () =>
    (
      await app.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM tasks WHERE project_id = $1 AND is_waiting',
        [own.id],
      )
    )[0]!.n;
  expect(await waiting()).toBe(3);
  await app.query('UPDATE tasks SET is_waiting = false WHERE project_id = $1', [own.id]);
  expect((await claimNext(owner, own)).task.title).toBe('the last');
  expect(await waiting()).toBe(3);
});

test('a claim reads as much in a long line as in a short one', async () => {
  const own = await freshProject({ resource_limits: { max_tasks: 100_000 } });
  const fill = (count: number, fields: Record<string, string>) =>
    app.query(
      `INSERT INTO tasks (id, project_id, number, title, created_by, ${Object.keys(fields).join(', ')})
       SELECT gen_random_uuid(), $1, (SELECT coalesce(max(number), 0) FROM tasks WHERE project_id = $1) + n, 'task', $2, ${Object.values(fields).join(', ')}
         FROM generate_series(1, $3) AS n`,
      [own.id, owner.user.id, count],
    );
  const look = async (): Promise<number> => {
    const [row] = await app.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT id FROM lock_claimable($1, $2, NULL, NULL)',
      [own.id, owner.user.id],
    );
    const { Plan } = row!['QUERY PLAN'][0];
    return Plan['Shared Hit Blocks']! + Plan['Shared Read Blocks']!;
  };
  // the first looks of a connection read the catalogue as well
  const read = async () => Math.min(await look(), await look(), await look());
  await fill(50, { priority: '5' });
  const short = await read();
  // more urgent, and not to be claimed
  await fill(5_000, { priority: '1', assigned_to: `'${other.user.id}'` });
  await fill(5_000, { priority: '1', blocker: `'Waits'` });
  await fill(5_000, { priority: '1', status: `'completed'` });
  await fill(5_000, { priority: '6' });
  for (const analysed of [false, true]) {
    if (analysed) await app.query('ANALYZE tasks');
    expect(await read()).toBeLessThan(short + 60);
  }
});

describe('no task is lost', () => {
  test('when one of two lines is looked at while the other is claimed', async () => {
    const own = await freshProject();
    for (let round = 0; round < 15; round += 1) {
      await makeTask(owner, own, { assigned_to: owner.user.id });
      await makeTask(owner, own);
      const claims = await Promise.all([claimNext(owner, own), claimNext(owner, own)]);
      for (const one of claims) await data(200, ending(owner, one, 'complete'));
    }
  });

  test('when a wait ends in the moment in which it comes', async () => {
    const own = await freshProject();
    for (let round = 0; round < 6; round += 1) {
      const waiting = owner.post('/api/claims/', { project_id: own.id, wait_seconds: 1 });
      await new Promise((resolve) => setTimeout(resolve, 975 + 5 * round));
      const task = await makeTask(owner, own);
      const { status, body } = await waiting;
      const held = status === 200 ? body.data : await claimNext(owner, own);
      expect(held.task.id).toBe(task.id);
      await data(200, ending(owner, held, 'complete'));
    }
  });

  test('to its former holder, when an editor opens it again', async () => {
    const task = await makeTask(owner, project);
    await claim(other, task);
    expect(await data(200, owner.put(`/api/tasks/${task.id}`, { status: 'pending' }))).toMatchObject({
      assigned_to: null,
    });
    const failed = await claim(other, task);
    expect(await data(200, ending(other, failed, 'fail', { reason: 'x' }))).toMatchObject({
      assigned_to: null,
      result: 'x',
    });
    await data(200, owner.put(`/api/tasks/${task.id}`, { status: 'pending' }));
    // the reason of a failure is not the result of what was done later
    expect(await data(200, ending(owner, await claim(owner, task), 'complete'))).toMatchObject({
      result: null,
    });
  });
});

test('an answer without a task is repeated for the same Idempotency-Key', async () => {
  const own = await freshProject();
  const headers = { 'idempotency-key': `none-${own.id}` };
  const ask = () => owner.post('/api/claims/', { project_id: own.id }, { headers });
  expect((await ask()).status).toBe(204);
  await makeTask(owner, own);
  const { status, headers: answered } = await ask();
  expect([status, answered.get('idempotency-replayed')]).toEqual([204, 'true']);
});

test('the claims of an agent that is deleted lapse', async () => {
  const agent = await makeAgent(app);
  const self = await agentClient(app, agent);
  const own = await freshProject();
  await data(200, owner.put(`/api/projects/${own.id}/members/${agent.id}`, { role: 'developer' }));
  const task = await makeTask(owner, own);
  await claim(self, task, { lease_seconds: 86_400 });
  expect(await refusal(app.admin.put(`/api/users/${agent.id}`, { disabled: true }))).toBe(
    '422 VALIDATION_ERROR',
  );
  await data(200, app.admin.delete(`/api/agents/${agent.id}`));
  await until(async () => (await show(owner, task)).claim === null);
});

test('the claims of who may not write in the project any more lapse', async () => {
  const own = await freshProject();
  const leaver = await app.admin.createUser('developer');
  const as = (role: string) =>
    data(200, owner.put(`/api/projects/${own.id}/members/${leaver.user.id}`, { role }));
  const tasks = [await makeTask(owner, own), await makeTask(owner, own)];
  await as('developer');
  await claimNext(leaver, own, { lease_seconds: 3_600 });
  await as('viewer');
  await until(async () => (await show(owner, tasks[0]!)).claim === null);
  await as('developer');
  await claimNext(leaver, own, { lease_seconds: 3_600 });
  await data(200, owner.delete(`/api/projects/${own.id}/members/${leaver.user.id}`));
  await until(async () => (await show(owner, tasks[0]!)).claim === null);
  expect(await show(owner, tasks[0]!)).toMatchObject({ status: 'pending', assigned_to: null });
});
