import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { agentClient, makeAgent } from '../agents/steps.js';
import { data, makeProject, makeTask, refusal, show, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { waitingFor, whileLocked } from '../support/locked-table.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { Agent } from './steps.js';

const app = useSharedApp();
const open: Agent[] = [];
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});
afterEach(() => Promise.all(open.splice(0).map((agent) => agent.close())));

/** Connects with the token of a client. */
async function connect(client: Client, isModern = true): Promise<Agent> {
  const agent = await new Agent(isModern).connect(app.url, client.token!);
  open.push(agent);
  return agent;
}

test.each([
  ['without sessions, of 2026', true],
  ['of before', false],
])('an agent does a day of work by the protocol %s', async (_, isModern) => {
  const made = await makeAgent(app);
  const key = await agentClient(app, made);
  const agent = await connect(key, isModern);

  const later = await agent.call('task_create', { project: made.prefix, title: 'Later', priority: 8 });
  const first = await agent.call('task_create', {
    project: made.prefix,
    title: 'Count the words',
    description: 'Of **all** chapters',
    priority: 'high',
    tags: ['words'],
    command: 'echo three words; echo oops >&2; exit 4',
  });
  expect(first.ref).toBe(`${made.prefix}-002`);
  expect((await agent.call('tasks_list', { project: made.prefix })).tasks).toEqual([
    { ref: first.ref, title: 'Count the words', status: 'pending', priority: 3, tags: ['words'] },
    { ref: later.ref, title: 'Later', status: 'pending', priority: 8 },
  ]);
  expect((await agent.call('search', { query: 'chapters', project: made.prefix })).tasks).toMatchObject([
    { ref: first.ref },
  ]);

  // nothing is named: its own backlog
  const { claim_id, token, task } = await agent.call('task_claim');
  expect(task).toMatchObject({ ref: first.ref, status: 'running', description: 'Of **all** chapters' });
  const held = { claim_id, token };
  await agent.call('remember', {
    project: made.prefix,
    body: 'Chapter 3 has no words',
    tags: ['trap'],
    ...held,
  });
  expect((await agent.call('recall', { project: made.prefix, search: 'chapter' })).notes).toMatchObject([
    { body: 'Chapter 3 has no words', tags: ['trap'] },
  ]);
  const run = await agent.call('run', { task: first.ref, ...held });
  expect(run).toMatchObject({ status: 'failed', exit_code: 4, output_bytes: 17 });
  expect(run.output.split('\n').toSorted()).toEqual(['', 'oops', 'three words']);
  expect(
    await agent.call('read_output', { execution_id: run.execution_id, from_offset: 6, limit: 5 }),
  ).toMatchObject({ next_offset: 11, output: expect.stringMatching(/^.{5}$/s) });
  await agent.call('task_comment', { task: first.ref, body: 'The command ends with 4', ...held });
  expect(await agent.call('task_get', { task: first.ref, ...held })).toMatchObject({
    status: 'running',
    claim: { username: made.slug },
    last_run: { exit_code: 4 },
    comments: [{ body: 'The command ends with 4', by: made.slug }],
  });
  await agent.call('task_update', { task: first.ref, command: 'echo fixed', ...held });
  expect(await agent.call('run', { task: first.ref, ...held })).toMatchObject({
    status: 'completed',
    output: 'fixed\n',
  });
  expect(
    await agent.call('task_finish', { ...held, outcome: 'complete', text: 'There are three words' }),
  ).toMatchObject({ ref: first.ref, status: 'completed' });
  expect(await show(key, { id: first.ref })).toMatchObject({
    status: 'completed',
    result: 'There are three words',
    assigned_to: made.id,
  });
  expect(await agent.refused('task_finish', { ...held, outcome: 'complete', text: 'Again' })).toMatch(
    /^CLAIM_LOST: .*\n.*\nStop working on this task/,
  );

  const next = await agent.call('task_claim', { wait_seconds: 5 });
  expect(next.task.ref).toBe(later.ref);
  const again = { claim_id: next.claim_id, token: next.token };
  expect(await agent.refused('task_finish', { ...again, outcome: 'fail' })).toMatch(/reason/);
  await agent.call('task_finish', { ...again, outcome: 'retry', text: 'Flaky' });
  expect(await show(key, later)).toMatchObject({ status: 'pending' });
});

test('the tools are few, short and described', async () => {
  const agent = await connect(owner);
  const tools = await agent.tools();
  expect(tools.map(({ name }) => name).toSorted()).toEqual([
    'read_artifact',
    'read_output',
    'recall',
    'remember',
    'run',
    'run_get',
    'search',
    'task_claim',
    'task_comment',
    'task_create',
    'task_finish',
    'task_get',
    'task_update',
    'tasks_list',
  ]);
  for (const { description, inputSchema } of tools) {
    expect(description.length).toBeLessThan(350);
    expect(inputSchema.type).toBe('object');
  }
  // they fill the context of every agent
  expect(JSON.stringify(tools).length).toBeLessThan(14_000);
  const readers = tools.filter(({ annotations }) => annotations.readOnlyHint).map(({ name }) => name);
  expect(readers.toSorted()).toEqual([
    'read_artifact',
    'read_output',
    'recall',
    'run_get',
    'search',
    'task_get',
    'tasks_list',
  ]);
});

describe('a call', () => {
  test('that names a claim renews it', async () => {
    const project = await makeProject(owner);
    await makeTask(owner, project);
    const agent = await connect(owner);
    const claim = await agent.call('task_claim', { project: project.key, lease_seconds: 600 });
    const expiry = async () => (await show(owner, { id: claim.task.id })).claim.expires_at as string;
    const before = await expiry();
    await agent.call('task_get', { task: claim.task.ref, claim_id: claim.claim_id, token: claim.token });
    expect(Date.parse(await expiry())).toBeGreaterThan(Date.parse(before));
    const lost = { claim_id: claim.claim_id, token: 'another' };
    expect(await agent.refused('task_update', { task: claim.task.ref, title: 'Stolen', ...lost })).toMatch(
      /^CLAIM_LOST/,
    );
    expect(await show(owner, { id: claim.task.id })).toMatchObject({ title: 'A task' });
  });

  test('can do what the token can, and no more', async () => {
    const project = await makeProject(owner);
    const task = await makeTask(owner, project, { title: 'Private' });
    const stranger = await connect(await app.admin.createUser('developer'));
    expect(await stranger.refused('task_get', { task: task.ref })).toMatch(
      /^TASK_NOT_FOUND: .*\n.*\nFind its ref/,
    );
    expect((await stranger.call('search', { query: 'Private' })).tasks ?? []).toEqual([]);
    expect(await stranger.refused('task_claim', { project: project.key })).toMatch(/^PROJECT_NOT_FOUND/);

    const { token } = await data(
      201,
      owner.post('/api/personal-access-tokens/', { label: 'reader', scopes: ['tasks.read'] }),
    );
    const reader = await connect(owner.withToken(token));
    expect(await reader.call('task_get', { task: task.ref })).toMatchObject({ title: 'Private' });
    for (const [name, input] of [
      ['task_update', { task: task.ref, title: 'x' }],
      ['task_create', { project: project.key, title: 'x' }],
      ['task_comment', { task: task.ref, body: 'x' }],
      ['task_claim', { task: task.ref }],
      ['remember', { project: project.key, body: 'x' }],
      ['run', { command: 'true' }],
    ] as const)
      expect([name, await reader.refused(name, input)]).toEqual([
        name,
        expect.stringMatching(/^AUTH_INSUFFICIENT_PERMISSIONS/),
      ]);
    const viewer = await connect(await app.admin.createUser('viewer'));
    expect(await viewer.refused('run', { command: 'true' })).toMatch(/^AUTH_INSUFFICIENT_PERMISSIONS/);
  });

  test('with bad input says which field is wrong', async () => {
    const project = await makeProject(owner);
    const agent = await connect(owner);
    expect(await agent.refused('task_create', { project: project.key, title: '' })).toMatch(/title/);
    expect(await agent.refused('task_create', { project: project.key, title: 'x', priority: 77 })).toMatch(
      /priority/,
    );
    expect(await agent.refused('task_create', { project: project.key })).toMatch(/title/);
    expect(await agent.refused('run', {})).toMatch(/Send a command or a task/);
    expect(await agent.refused('task_get', { task: '../../users' })).toMatch(/VALIDATION/);
  });

  test('shows of long output the end, and reads on from an offset', async () => {
    const agent = await connect(owner);
    const run = await agent.call('run', { command: 'seq 1 5000' });
    expect(run).toMatchObject({ status: 'completed', output_bytes: 23_893 });
    expect(run.output).toMatch(/^\d+\n/);
    expect(run.output).toMatch(/\n4999\n5000\n$/);
    let text = '';
    for (let from_offset = 0; from_offset < run.output_bytes;) {
      const piece = await agent.call('read_output', { execution_id: run.execution_id, from_offset });
      text += piece.output;
      from_offset = piece.next_offset;
    }
    expect(text).toBe(Array.from({ length: 5_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  test('does not wait for a run longer than it was told', async () => {
    const agent = await connect(owner);
    const run = await agent.call('run', { command: 'echo begun; sleep 60', wait_seconds: 1 });
    expect(run.status).toBe('running');
    const more = await agent.call('read_output', { execution_id: run.execution_id, wait_seconds: 5 });
    expect(more).toMatchObject({ status: 'running', output: 'begun\n', next_offset: 6 });
    await data(200, owner.post(`/api/commands/${run.execution_id}/cancel`));
  });

  test('says who waits for nothing that there is nothing', async () => {
    const agent = await connect(owner);
    const { key } = await makeProject(owner);
    expect(await agent.call('task_claim', { project: key })).toMatch(/no task to claim/);
  });
});

describe('the endpoint', () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const accept = { accept: 'application/json, text/event-stream' };

  test('claims nothing for a client that has gone', async () => {
    const project = await makeProject(owner);
    const controller = new AbortController();
    const asked = owner
      .open(
        'POST',
        '/mcp',
        {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'task_claim', arguments: { project: project.key, wait_seconds: 50 } },
        },
        { headers: accept, signal: controller.signal },
      )
      .then(
        (response) => response.text(),
        (error: unknown) => (error as Error).name,
      );
    // another one that waits behind it, so the first has been seen to wait
    expect((await owner.post('/api/claims', { project_id: project.id, wait_seconds: 1 })).status).toBe(204);
    const lines = () =>
      app.processes.flatMap(({ stderr }) => stderr.match(/"route":"\/mcp".*"aborted":true/g) ?? []).length;
    const before = lines();
    controller.abort();
    await asked.catch(() => undefined);
    // the server has noticed it when a line of its log says so
    await until(() => lines() > before);
    const other = await app.admin.createUser('developer');
    await data(200, owner.put(`/api/projects/${project.id}/members/${other.user.id}`, { role: 'developer' }));
    const waiting = other.post('/api/claims', { project_id: project.id, wait_seconds: 20 });
    const task = await makeTask(owner, project);
    expect((await data(200, waiting)).task.id).toBe(task.id);
  });

  test('has no subscriptions and no batches', async () => {
    const batch = [list, { ...list, id: 2 }];
    expect(await refusal(owner.post('/mcp', JSON.stringify(batch), { headers: accept }))).toMatch(
      /^422 VALIDATION_/,
    );
    const agent = await connect(owner);
    expect(await agent.refused('recall', { project: '.' })).toMatch(/names nothing/);
    expect(await agent.refused('task_get', { task: '..' })).toMatch(/names nothing/);
  });

  test('what no tool takes is refused before a message is made of each value', async () => {
    const call = (labels: unknown[]) =>
      owner.post(
        '/mcp',
        {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'task_claim', arguments: { labels } },
        },
        { headers: accept },
      );
    const labels = Array.from({ length: 60_000 }, () => 1);
    expect(await refusal(call(labels))).toBe('422 VALIDATION_ERROR');
    const few = await call(labels.slice(0, 900));
    expect(few.bytes.length).toBeLessThan(10_000);
  });

  test('keeps no answers for an Idempotency-Key', async () => {
    const keyed = { headers: { ...accept, 'idempotency-key': 'again' } };
    for (let time = 0; time < 2; time += 1)
      expect(await refusal(owner.post('/mcp', list, keyed))).toBe('422 VALIDATION_INVALID_FORMAT');
  });

  test('lists tasks without reading what is long in them', async () => {
    const long = await makeProject(owner);
    for (let n = 0; n < 90; n += 1) await makeTask(owner, long);
    // together more than an answer may have
    await app.query("UPDATE tasks SET description = repeat('x', 500000) WHERE project_id = $1", [long.id]);
    const query = { project_id: long.id, page_size: 100 };
    expect(await refusal(owner.get('/api/tasks', { query }))).toMatch(/ANSWER_TOO_LARGE/);
    const { items } = await data(200, owner.get('/api/tasks', { query: { ...query, brief: true } }));
    expect(items).toHaveLength(90);
    expect(items[0]).toMatchObject({ description: '', result: null, metadata: {} });
    const agent = await connect(owner);
    expect((await agent.call('tasks_list', { project: long.key, limit: 100 })).tasks).toHaveLength(90);
  });

  test('reads little at a time, and nothing that is too large for a tool', async () => {
    const own = await makeProject(owner);
    const task = await makeTask(owner, own);
    const agent = await connect(owner);
    await whileLocked(app, 'task_counts', async () => {
      const lists = Array.from({ length: 8 }, () =>
        agent.call('tasks_list', { project: own.key }).catch(() => undefined),
      );
      await until(async () => (await waitingFor(app, 'task_counts')) > 0);
      await data(200, app.admin.get('/api/users/profile'));
      expect(await waitingFor(app, 'task_counts')).toBeLessThanOrEqual(2);
      void Promise.all(lists);
    });
    expect((await agent.call('tasks_list', { project: own.key })).tasks).toHaveLength(1);
    await app.query("UPDATE tasks SET description = repeat('x', 9000000) WHERE id = $1", [task.id]);
    expect(await agent.refused('task_get', { task: task.ref })).toMatch(/^ANSWER_TOO_LARGE/);
  });

  test('asks for a token, and refuses what is no message', async () => {
    expect(await refusal(app.anonymous().post('/mcp', list))).toBe('401 AUTH_TOKEN_MISSING');
    for (const bad of [{}, { jsonrpc: '1.0', id: 1, method: 'tools/list' }, [], 'text'])
      expect(await refusal(owner.post('/mcp', JSON.stringify(bad)))).toMatch(/^422 VALIDATION_/);
    expect(await refusal(owner.post('/mcp', '{'))).toBe('400 MALFORMED_REQUEST');
    expect(await refusal(owner.get('/mcp'))).toBe('405 METHOD_NOT_ALLOWED');
  });

  test('answers an unknown tool and method with an error of the protocol', async () => {
    const agent = await connect(owner);
    await expect(agent.call('no_such_tool')).rejects.toThrow(/no_such_tool/);
    const answer: Json = await owner.post(
      '/mcp',
      { jsonrpc: '2.0', id: 7, method: 'nothing/here' },
      { headers: accept },
    );
    expect(answer.bytes.toString()).toContain('-32601');
  });
});
