import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, execute, printed, run } from './steps.js';

const app = useApp({ env: { CANCEL_GRACE_SECONDS: '3' } });
const nowhere = '01a20248-3e42-712e-94d4-ee21d5863641';
let developer: Client;
let stranger: Client;
let viewer: Client;

beforeAll(async () => {
  [developer, stranger, viewer] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('viewer'),
  ]);
});

describe('execute', () => {
  test('responds when the command has started, with its process id', async () => {
    const started = await execute(developer, 'echo ready; sleep 30');
    expect(started).toMatchObject({ status: 'running', pid: expect.any(Number), why_waiting: null });
    expect(started.started_at).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    await printed(developer, started.command_id, 'ready');
    const shown = await data(200, developer.get(`/api/commands/${started.command_id}/status`));
    expect(shown).toMatchObject({
      command_id: started.command_id,
      command: 'echo ready; sleep 30',
      status: 'running',
      pid: started.pid,
      exit_code: null,
      completed_at: null,
      output: [{ stream: 'stdout', content: 'ready\n', offset: 0, timestamp: expect.any(String) }],
      output_bytes: 6,
    });
    await data(200, developer.post(`/api/commands/${started.command_id}/cancel`));
  });

  test('responds at the end of the command with stream_output: false', async () => {
    const environment = { GREETING: 'good day' };
    const done = await run(developer, 'echo "$GREETING"; echo oops >&2; sleep 0.2; exit 3', {
      environment,
      timeout: 20,
    });
    expect(done).toMatchObject({
      status: 'failed',
      reason: 'TASK_EXECUTION_FAILED',
      exit_code: 3,
      pid: null,
      output_bytes: 14,
      timeout: 20,
    });
    expect(done.output).toMatchObject([
      { stream: 'stdout', content: 'good day\n', offset: 0 },
      { stream: 'stderr', content: 'oops\n', offset: 9 },
    ]);
    expect(done.duration).toBeGreaterThan(0);
    expect(await data(200, developer.get(`/api/commands/${done.command_id}/status`))).toEqual(done);
  });

  test('withholds the response when the session has ended in between, and the execution continues', async () => {
    const before = await developer.as(developer.credentials!);
    const body = { command: 'sleep 2; echo waited for', stream_output: false };
    const options = { headers: { 'idempotency-key': 'signed-out-meanwhile' } };
    const waiting = before.post('/api/commands/execute', body, options);
    const isRunning = async () => {
      const { commands } = await data(200, developer.get('/api/commands/running'));
      return JSON.stringify(commands).includes('waited for');
    };
    await until(isRunning, { what: 'the run' });
    await data(200, before.post('/api/auth/logout', {}));
    const { status, body: refused } = await waiting;
    expect([status, refused.error.code]).toEqual([401, 'AUTH_TOKEN_INVALID']);
    expect(JSON.stringify(refused)).not.toContain('waited for');
    const again = await developer.post('/api/commands/execute', body, options);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(again.body.data.output).toMatchObject([{ content: 'waited for\n' }]);
  });

  test('terminates a command that exceeds its timeout, and waits for its end', async () => {
    const done = await run(developer, "trap '' TERM; sleep 30; sleep 30", { timeout: 1 });
    expect(done).toMatchObject({ status: 'failed', reason: 'TASK_TIMEOUT', exit_code: -9 });
  });

  test('runs in the workspace of the user or of a project', async () => {
    const project = await data(201, developer.post('/api/projects/', { name: 'Commands' }));
    const own = await run(developer, 'touch mine; pwd');
    const inProject = await run(developer, 'ls; pwd', { project_id: project.key });
    expect(own.output[0].content).toContain(developer.user.id);
    expect(inProject.output.map(({ content }: { content: string }) => content).join('')).not.toContain(
      'mine',
    );
    expect(inProject).toMatchObject({ project_id: project.id, task_id: null });
    const refused = await stranger.post('/api/commands/execute', { command: 'ls', project_id: project.id });
    expect([refused.status, refused.body.error.code]).toEqual([404, 'PROJECT_NOT_FOUND']);
    await data(
      200,
      developer.put(`/api/projects/${project.id}/members/${stranger.user.id}`, { role: 'viewer' }),
    );
    const denied = await stranger.post('/api/commands/execute', { command: 'ls', project_id: project.id });
    expect([denied.status, denied.body.error.code]).toEqual([403, 'PROJECT_ACCESS_DENIED']);
    expect((await stranger.get(`/api/commands/${inProject.command_id}/status`)).status).toBe(200);
  });

  test.each([
    [{}, 'command'],
    [{ command: '  ' }, 'command'],
    [{ command: 'x'.repeat(65_537) }, 'command'],
    [{ command: 'ls', timeout: 0 }, 'timeout'],
    [{ command: 'ls', environment: { '1A': 'x' } }, 'environment.1A'],
    [{ command: 'ls', stream_output: 'no' }, 'stream_output'],
    [{ command: 'ls', priority: 'urgent' }, 'priority'],
  ])('refuses %j', async (body, field) => {
    const answer = await developer.post('/api/commands/execute', body);
    expect([answer.status, answer.body.error.details.field]).toEqual([422, field]);
  });

  test('refuses a destructive command unless an administrator sets allow_unsafe', async () => {
    const command = 'cd /nowhere && rm -rf /etc/nothing-there';
    const refused = await developer.post('/api/commands/execute', { command });
    expect([refused.status, refused.body.error.code]).toEqual([422, 'COMMAND_UNSAFE']);
    expect(refused.body.error.details.warnings[0]).toBe('This command is potentially destructive');
    expect((await app.admin.post('/api/commands/execute', { command })).status).toBe(422);
    const body = { command, allow_unsafe: true };
    const denied = await developer.post('/api/commands/execute', body);
    expect([denied.status, denied.body.error.code]).toEqual([403, 'AUTH_INSUFFICIENT_PERMISSIONS']);
    expect(await run(app.admin, command, { allow_unsafe: true })).toMatchObject({ status: 'failed' });
    const hidden = { command: '$A -rf $B', environment: { A: 'rm', B: '/etc' } };
    expect((await developer.post('/api/commands/execute', hidden)).status).toBe(422);
  });

  test('returns the reason why a command cannot be started', async () => {
    await data(200, app.admin.post('/api/queues/pause', { queue_name: 'low_priority', reason: 'test' }));
    const waiting = await execute(developer, 'echo', { priority: 'low' });
    expect(waiting).toMatchObject({
      status: 'queued',
      pid: null,
      started_at: null,
      why_waiting: 'queue_paused',
    });
    expect(await data(200, developer.post(`/api/commands/${waiting.command_id}/cancel`))).toMatchObject({
      status: 'cancelled',
      exit_code: null,
    });
    await data(200, app.admin.post('/api/queues/resume', { queue_name: 'low_priority' }));
  });
});

describe('cancel', () => {
  test('terminates a command by SIGTERM, and by SIGKILL if it ignores SIGTERM', async () => {
    const polite = await execute(developer, 'sleep 30');
    const answer = await data(
      200,
      developer.post(`/api/commands/${polite.command_id}/cancel`, { reason: 'enough' }),
    );
    expect(answer).toMatchObject({
      command_id: polite.command_id,
      status: 'cancelled',
      exit_code: -15,
      reason: 'enough',
    });
    expect(answer.cancelled_at).toEqual(expect.any(String));
    const again = await developer.post(`/api/commands/${polite.command_id}/cancel`);
    expect([again.status, again.body.error.code]).toEqual([409, 'COMMAND_NOT_RUNNING']);

    const deaf = await execute(developer, "trap '' TERM; echo deaf; while true; do sleep 0.2; done");
    await printed(developer, deaf.command_id, 'deaf');
    const killed = await developer.post(`/api/commands/${deaf.command_id}/cancel`);
    // five seconds of grace, and the sweep after it: ten are enough unless the machine is very busy
    expect([200, 202]).toContain(killed.status);
    expect(killed.body.data).toMatchObject(
      killed.status === 200
        ? { status: 'cancelled', exit_code: -9 }
        : { status: 'cancelling', cancelled_at: null },
    );
  });
});

test('a command of another user is not found, and viewers cannot execute commands', async () => {
  const { command_id } = await execute(developer, 'sleep 20');
  for (const answer of [
    await stranger.get(`/api/commands/${command_id}/status`),
    await stranger.get(`/api/commands/${command_id}/output`),
    await stranger.post(`/api/commands/${command_id}/cancel`),
    await developer.get(`/api/commands/${nowhere}/status`),
  ]) {
    expect([answer.status, answer.body.error.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
  }
  for (const answer of [
    await viewer.post('/api/commands/execute', { command: 'ls' }),
    await viewer.post(`/api/commands/${command_id}/cancel`),
  ]) {
    expect([answer.status, answer.body.error.code]).toEqual([403, 'AUTH_INSUFFICIENT_PERMISSIONS']);
  }
  expect((await app.anonymous().get('/api/commands/running')).status).toBe(401);
  expect((await developer.get('/api/commands/nonsense/status')).status).toBe(422);

  const ids = async (client: Client) =>
    (await data(200, client.get('/api/commands/running'))).commands.map(
      (command: { command_id: string }) => command.command_id,
    );
  expect(await ids(developer)).toContain(command_id);
  expect(await ids(app.admin)).toContain(command_id);
  expect(await ids(stranger)).not.toContain(command_id);
  const { commands, total_running } = await data(200, developer.get('/api/commands/running'));
  expect(total_running).toBe(commands.length);
  expect(commands[0]).toMatchObject({
    command: 'sleep 20',
    status: 'running',
    started_at: expect.any(String),
  });
  expect(commands[0].duration).toBe(Math.round(commands[0].duration * 10) / 10);
  await data(200, app.admin.post(`/api/commands/${command_id}/cancel`));
});

test('the history of a user is paginated', async () => {
  const person = await app.admin.createUser('developer');
  for (const command of ['echo 1', 'echo 2', 'false', 'echo 3']) await run(person, command);
  const page = async (query: Record<string, string | number>) =>
    data(200, person.get('/api/commands/history', { query }));
  const all = await page({});
  expect(all).toMatchObject({ total: 4, limit: 50, offset: 0 });
  expect(all.commands[0]).toMatchObject({
    command: 'echo 3',
    status: 'completed',
    exit_code: 0,
    duration: expect.any(Number),
  });
  const names = (answer: { commands: { command: string }[] }) =>
    answer.commands.map(({ command }) => command);
  expect(names(all)).toEqual(['echo 3', 'false', 'echo 2', 'echo 1']);
  expect(names(await page({ limit: 2, offset: 1 }))).toEqual(['false', 'echo 2']);
  expect(await page({ limit: 2, offset: 9 })).toMatchObject({ commands: [], total: 4, limit: 2, offset: 9 });
  expect(names(await page({ status: 'failed' }))).toEqual(['false']);
  expect((await person.get('/api/commands/history?limit=101')).status).toBe(422);
  expect((await person.get('/api/commands/history?status=unknown')).status).toBe(422);
  expect((await data(200, stranger.get('/api/commands/history?limit=1'))).commands.length).toBeLessThan(2);
});
