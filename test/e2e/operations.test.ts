import { Client as Postgres } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { run as runCommand } from '../commands/steps.js';
import { LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { Receiver } from '../webhooks/receiver.js';
import { delivered, makeWebhook } from '../webhooks/steps.js';
import { data, execute, makeJob, makeProject, refusal, runJob, type Json } from './steps.js';

const secrets = {
  JWT_SECRET: 'the signing key that nobody may see',
  METRICS_TOKEN: 'the-metrics-token-that-nobody-may-see',
  ADMIN_PASSWORD: 'the password that nobody may see',
};

// what the log of a process holds is the same in every mode
describe('logs, health and shutdown', () => {
  const app = useApp({ env: { ...secrets, LOG_LEVEL: 'trace', DRAIN_SECONDS: '2' } });
  let developer: Client;
  let project: Json;
  const logged = () => app.processes.map(({ stderr }) => stderr).join('\n');
  const lines = (): Json[] =>
    logged()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Json);
  const linesOf = (requestId: string) => lines().filter(({ request_id }) => request_id === requestId);
  const named = (id: string) => ({ headers: { 'x-request-id': id } });

  beforeAll(async () => {
    developer = await app.admin.createUser('developer');
    project = await makeProject(developer);
  });

  test('liveness and readiness of a process are public', async () => {
    const timestamp = expect.stringMatching(/Z$/);
    expect(await data(200, app.anonymous().get('/api/health/live'))).toEqual({ status: 'alive', timestamp });
    expect(await data(200, app.anonymous().get('/api/health/ready'))).toEqual({
      status: 'ready',
      reasons: [],
      timestamp,
    });
  });

  test('a process without a database, or with a missing migration, is alive and not ready', async () => {
    const reasons = async () => (await data(503, app.anonymous().get('/api/health/ready'))).reasons;
    const [last] = await app.query<Record<string, string>>(
      'DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations) RETURNING *',
    );
    expect(await reasons()).toEqual(['migrations']);
    await app.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [
      last!['timestamp'],
      last!['name'],
    ]);
    await data(200, app.anonymous().get('/api/health/ready'));

    await app.query('ALTER TABLE migrations RENAME TO hidden');
    expect(await reasons()).toEqual(['database']);
    await data(200, app.anonymous().get('/api/health/live'));
    await app.query('ALTER TABLE hidden RENAME TO migrations');
    await data(200, app.anonymous().get('/api/health/ready'));
  });

  test('every request is logged once, with its user, path and result', async () => {
    await developer.get(`/api/projects/${project.id}?search=hidden`, named('log-get'));
    await developer.post('/api/tasks/', { project_id: project.id }, named('log-post'));
    await app.anonymous().get('/nowhere', named('log-nowhere'));
    await app.anonymous().get('/%zz', named('log-unreadable'));
    await developer.post('/api/tasks/', '{"title": "hidden', named('log-broken'));
    const one = async (id: string) => {
      const found = await until(() => (linesOf(id).length > 0 ? linesOf(id) : undefined));
      expect(found).toHaveLength(1);
      return found[0] as Json;
    };
    const role = expect.toBeOneOf(app.apis.map((server) => server.role));
    const common = { level: 30, user_id: developer.user.id, duration_ms: expect.any(Number), role };
    expect(await one('log-get')).toMatchObject({
      ...common,
      method: 'GET',
      route: '/api/projects/:project_id',
      path: `/api/projects/${project.id}`,
      status: 200,
    });
    expect(await one('log-post')).toMatchObject({
      ...common,
      method: 'POST',
      route: '/api/tasks',
      status: 422,
      code: 'VALIDATION_REQUIRED_FIELD',
    });
    expect(await one('log-nowhere')).toMatchObject({
      status: 404,
      code: 'RESOURCE_NOT_FOUND',
      path: '/nowhere',
    });
    expect(await one('log-unreadable')).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' });
    expect(await one('log-broken')).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' });
    expect(logged()).not.toContain('hidden');
  });

  test('log lines of a request have its id; an execution is logged with its task and result', async () => {
    await app.admin.post('/api/queues/pause', { queue_name: 'normal_priority' });
    const task = await makeJob(developer, project, 'true');
    const { execution_id } = await execute(developer, task);
    await data(
      200,
      developer.post(`/api/tasks/${task.id}/cancel`, { reason: 'enough' }, named('log-cancel')),
    );
    const ended = await until(() => linesOf('log-cancel').find(({ msg }) => msg === 'a run ended'));
    expect(ended).toMatchObject({ execution_id, task_ref: task.ref, outcome: 'cancelled', worker_id: null });
    await app.admin.post('/api/queues/resume', { queue_name: 'normal_priority' });

    const failed = await runJob(developer, project, 'exit 3', 'failed');
    const line = await until(() =>
      lines().find((each) => each.execution_id === failed.execution_id && each.msg === 'a run ended'),
    );
    expect(line).toMatchObject({
      task_ref: expect.stringMatching(/-\d+$/),
      worker_id: expect.stringMatching(/-/),
      attempt: 1,
      outcome: 'failed',
      reason: 'TASK_EXECUTION_FAILED',
      exit_code: 3,
      duration_s: expect.any(Number),
    });
    // a worker takes what it is offered: no request is its cause
    expect(line.request_id).toBeUndefined();
  });

  test('no secret is logged, not even at the lowest level', async () => {
    const hidden: string[] = [...Object.values(secrets), new URL(app.databaseUrl).password];
    const secret = (name: string) => {
      const value = `${name}-${'x'.repeat(8)}-that-nobody-may-see`;
      hidden.push(value);
      return value;
    };
    const password = secret('password');
    const user = { username: 'careful', email: 'careful@example.org', role: 'developer', password };
    await data(201, app.admin.post('/api/users/', user));
    expect((await app.admin.post('/api/users/', user)).status).toBe(409);
    const careful = await app.anonymous().as(user);
    hidden.push(careful.token!, careful.refreshToken!, app.admin.token!, developer.token!);
    await app.anonymous().post('/api/auth/login', { ...user, password: secret('wrong') });
    const next = secret('next');
    await careful.put('/api/users/password', { current_password: password, new_password: next });
    await careful.put('/api/users/password', { current_password: password, new_password: next });
    const { refreshToken } = await developer.as(developer.credentials!);
    const { refresh_token } = await data(
      200,
      careful.post('/api/auth/refresh', { refresh_token: refreshToken }),
    );
    hidden.push(refreshToken!, refresh_token);
    await careful.post('/api/auth/refresh', { refresh_token: refreshToken });
    await careful.post('/api/auth/logout', { refresh_token });
    await app.anonymous().get(`/api/tasks/?token=${secret('query')}&access_token=${secret('query2')}`);
    await app.anonymous().get('/metrics', { headers: { authorization: `Bearer ${secret('forged')}` } });
    await developer.post('/api/tasks/', `{"title": "${secret('broken')}`);

    const receiver = await Receiver.start();
    const given = secret('whsec');
    const webhook = await makeWebhook(app.admin, { url: receiver.url, secret: given, events: ['task.*'] });
    const { secret: rotated } = await data(200, app.admin.post(`/api/webhooks/${webhook.id}/rotate`, {}));
    hidden.push(rotated);
    const environment = { DEPLOY_KEY: secret('environment') };
    const own = await makeProject(developer);
    await runJob(developer, own, 'echo "$DEPLOY_KEY"; exit 1', 'failed', { environment });
    await delivered(app.admin, webhook);
    await receiver.stop();
    await app.admin.post(`/api/webhooks/${webhook.id}/test`, {});
    await runCommand(developer, 'echo "$DEPLOY_KEY"', { environment });
    await data(
      422,
      developer.post('/api/commands/execute', { command: 'true', environment: { '1A': secret('name') } }),
    ).catch(() => undefined);
    const socket = await LiveSocket.open(app.wsUrl, developer.token);
    socket.send({ type: 'authenticate', token: secret('socket') });
    await socket.next('error');
    await socket.close();

    const written = app.processes.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    // nothing of the beginning may have been dropped by the harness
    expect(app.processes[0]!.stderr.startsWith('{')).toBe(true);
    expect(written).toContain('a request was answered');
    expect(hidden.filter((value) => value !== '' && written.includes(value))).toEqual([]);
  });

  test('after SIGTERM a process is not ready, and completes active requests', async () => {
    const [server] = app.processes;
    const client = Object.assign(new Client(() => server!.url), { token: developer.token });
    const blocker = new Postgres({ connectionString: app.databaseUrl });
    await blocker.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE projects IN ACCESS EXCLUSIVE MODE');
    const underWay = client.get(`/api/projects/${project.id}`);
    await until(async () => {
      const waiting = await app.query(
        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'projects'::regclass",
      );
      return waiting.length > 0;
    });
    await server!.signal('SIGTERM');
    const ready = await until(async () => {
      const answer = await client.get('/api/health/ready');
      return answer.status === 503 ? answer : undefined;
    });
    expect(ready.body.data).toMatchObject({ status: 'not_ready', reasons: ['draining'] });
    await data(200, client.get('/api/health/live'));
    await blocker.end();
    expect((await underWay).status).toBe(200);
    expect(await server!.exited(20_000)).toEqual({ code: 0, signal: null });
    expect(await refusal(client.get('/api/health/live')).catch(() => 'gone')).toBe('gone');
  });
});
