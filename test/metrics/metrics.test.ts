import { beforeAll, describe, expect, test } from 'vitest';
import { data, execute, makeJob, makeProject, reached, refusal, runJob, type Json } from '../e2e/steps.js';
import { LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { freePort } from '../support/free-port.js';
import { Exposition } from '../support/prometheus.js';
import { until } from '../support/until.js';
import { Receiver } from '../webhooks/receiver.js';
import { delivered, makeWebhook } from '../webhooks/steps.js';

const token = 'a metrics token for the tests of it'.replaceAll(' ', '-');
const port = await freePort();

// one process has the port; what it counts is the same in every mode
describe('metrics', () => {
  const app = useApp({
    env: { METRICS_TOKEN: token, METRICS_PORT: String(port), HOUSEKEEPING_SECONDS: '1' },
  });
  const machine = { headers: { authorization: `Bearer ${token}` } };
  const read = async () =>
    new Exposition((await expectStatus(200, app.anonymous().get('/metrics', machine))).body as string);
  /** The first that knows of something: for a second all who ask get the same. */
  const readOnce = (knows: (seen: Exposition) => boolean) =>
    until(async () => {
      const seen = await read();
      return knows(seen) ? seen : undefined;
    });
  let developer: Client;
  let project: Json;
  beforeAll(async () => {
    developer = await app.admin.createUser('developer');
    project = await makeProject(developer);
  });

  test('are available to administrators and with the metrics token, which is not accepted elsewhere', async () => {
    const anonymous = app.anonymous();
    expect(await refusal(anonymous.get('/metrics'))).toBe('401 AUTH_TOKEN_MISSING');
    for (const forged of [`Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, 'Bearer '])
      expect(await refusal(anonymous.get('/metrics', { headers: { authorization: forged } }))).toBe(
        '401 AUTH_TOKEN_INVALID',
      );
    expect(await refusal(developer.get('/metrics'))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    const answer = await expectStatus(200, app.admin.get('/metrics'));
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const path of ['/api/users/', '/api/tasks/', '/api/system/info'])
      expect(await refusal(anonymous.get(path, machine))).toBe('401 AUTH_TOKEN_INVALID');
  });

  test('cover requests, executions, output, sockets, deliveries, queues, the pool and the process', async () => {
    const receiver = await Receiver.start();
    const webhook = await makeWebhook(app.admin, { url: receiver.url, events: ['task.failed'] });
    const socket = await LiveSocket.open(app.wsUrl, developer.token);
    await socket.ask({ type: 'subscribe', channel: 'notifications' }, 'subscribed');
    await runJob(developer, project, 'printf 12345');
    await runJob(developer, project, 'exit 3', 'failed');
    await delivered(app.admin, webhook);
    await app.admin.post('/api/queues/pause', { queue_name: 'low_priority' });
    const held = await makeJob(developer, project, 'true');
    await execute(developer, held, { priority: 'low' });

    const http = 'millrace_http_request_duration_seconds_count';
    const executed = { method: 'POST', route: '/api/tasks/:task_id/execute', status: '2xx' };
    const seen = await readOnce((now) => now.value(http, executed) === 3);
    expect(seen.value(http, { route: '/metrics', status: '4xx' })).toBe(6);
    expect(seen.value('millrace_run_duration_seconds_count', { outcome: 'completed', reason: 'none' })).toBe(
      1,
    );
    expect(
      seen.value('millrace_run_duration_seconds_count', {
        outcome: 'failed',
        reason: 'TASK_EXECUTION_FAILED',
      }),
    ).toBe(1);
    expect(seen.value('millrace_queue_wait_seconds_count', { queue: 'normal_priority' })).toBe(2);
    expect(seen.value('millrace_output_bytes_total')).toBe(5);
    expect(seen.value('millrace_sockets')).toBe(1);
    expect(seen.value('millrace_subscriptions', { channel: 'notifications' })).toBe(1);
    expect(seen.value('millrace_webhook_try_duration_seconds_count', { outcome: 'delivered' })).toBe(1);
    expect(seen.value('millrace_webhook_pending_deliveries')).toBe(0);
    expect(seen.value('millrace_queue_size', { queue: 'low_priority', state: 'held' })).toBe(1);
    expect(seen.value('millrace_queue_size', { state: 'admitted' })).toBe(0);
    expect(seen.value('millrace_worker_slots')).toBe(8);
    expect(seen.value('millrace_installation_workers')).toBe(1);
    expect(seen.value('millrace_database_up')).toBe(1);
    expect(seen.value('millrace_bus_up')).toBe(1);
    expect(seen.value('millrace_database_connections')).toBeGreaterThan(0);
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      expect(seen.value(name)).toBeGreaterThan(0);

    await socket.close();
    await until(async () => (await read()).value('millrace_sockets') === 0);
    expect((await read()).value('millrace_subscriptions', { channel: 'notifications' })).toBe(0);
    await app.admin.post('/api/queues/resume', { queue_name: 'low_priority' });
    await reached(developer, held, 'completed');
  });

  test('have labels of low cardinality, whatever the requested paths', async () => {
    for (let n = 0; n < 20; n += 1) {
      await developer.get(`/nowhere/${n}`);
      await developer.get(`/api/tasks/SHOP-${n + 1}?search=${n}`);
    }
    await fetch(`${app.url}/api/tasks/`, { method: 'PROPFIND' });
    const http = 'millrace_http_request_duration_seconds_count';
    const seen = await readOnce(
      (now) => now.value(http, { route: '/api/tasks/:task_id', status: '4xx' }) === 20,
    );
    const requests = seen.of(http);
    const routes = new Set(requests.map(({ labels }) => labels?.['route']));
    expect([...routes].filter((route) => /nowhere|SHOP/.test(route ?? ''))).toEqual([]);
    expect(requests.filter(({ labels }) => labels?.['route'] === 'unmatched').length).toBeLessThanOrEqual(2);
    expect(seen.text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
    expect(seen.families.filter(({ help, type }) => help === '' || type === 'UNTYPED')).toEqual([]);
    const all = seen.value('millrace_http_request_duration_seconds_bucket', { le: '+Inf' });
    expect(all).toBe(seen.value('millrace_http_request_duration_seconds_count'));
  });

  test('can have a separate port, which also serves the health checks', async () => {
    const ask = async (path: string, options: RequestInit = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, options);
      return { status: answer.status, text: await answer.text() };
    };
    const seen = await ask('/metrics', machine);
    expect(new Exposition(seen.text).value('millrace_worker_slots')).toBe(8);
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect(JSON.parse((await ask('/api/health/live')).text).data.status).toBe('alive');
    expect(JSON.parse((await ask('/api/health/ready')).text).data).toMatchObject({
      status: 'ready',
      reasons: [],
    });
    const elsewhere = await ask('/api/users/', machine);
    expect([elsewhere.status, JSON.parse(elsewhere.text).error.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect((await ask('/metrics', { method: 'POST', ...machine })).status).toBe(404);
  });

  test('are limited to those of the process without a database', async () => {
    await app.query('ALTER TABLE webhook_deliveries RENAME TO hidden');
    const blind = await readOnce((now) => now.value('millrace_database_up') === 0);
    expect(blind.of('millrace_queue_size')).toEqual([]);
    expect(blind.value('millrace_worker_slots')).toBe(8);
    await app.query('ALTER TABLE hidden RENAME TO webhook_deliveries');
    await until(async () => (await read()).value('millrace_database_up') === 1);
  });

  test('count deleted expired rows; the creation of an existing task is kept', async () => {
    const living = await makeJob(developer, project, 'true');
    const gone = await makeJob(developer, project, 'true');
    await data(200, developer.put(`/api/tasks/${living.id}`, { title: 'renamed' }));
    await data(200, developer.delete(`/api/tasks/${gone.id}`));
    const session = await data(201, developer.post('/api/sessions/', { project_id: project.id }));
    await developer.post('/api/projects/', {}, { headers: { 'idempotency-key': 'kept' } });
    const receiver = await Receiver.start((response) => response.writeHead(500).end());
    const webhook = await makeWebhook(app.admin, { url: receiver.url, events: ['task.created'] });
    await makeJob(developer, project, 'true');
    const [pending] = await until(() =>
      app.query('SELECT id FROM webhook_deliveries WHERE webhook_id = $1', [webhook.id]),
    );
    // a deleted session, an expired token and a delivery that ended, all made long ago
    const old = '01000000-0000-7000-8000-000000000001';
    await app.query(
      `INSERT INTO sessions (id, user_id, expires_at) VALUES ('${old}', '${old}', now() - interval '91 days')`,
    );
    await app.query(
      `INSERT INTO refresh_tokens (id, session_id, token_hash, expires_at)
       VALUES ('${old}', '${old}', 'x', now() - interval '2 days')`,
    );
    await app.query(
      `INSERT INTO auth_sessions (id, user_id, epoch, expires_at)
       VALUES ('${old}', '${old}', 1, now() - interval '2 days')`,
    );
    await app.query(
      `INSERT INTO webhook_deliveries (id, webhook_id, event, data, status)
       VALUES ('${old}', '${old}', 'task.created', '{}', 'failed')`,
    );
    await app.query(
      `INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at) VALUES ('${old}', 'old', 'x', now() - interval '25 hours')`,
    );
    await app.query("UPDATE activity SET at = now() - interval '366 days' WHERE entity_id = ANY($1)", [
      [living.id, gone.id],
    ]);
    const count = async (table: string, condition: string) =>
      (await app.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${condition}`))[0]?.n;

    await until(async () => (await count('activity', `entity_id = '${gone.id}'`)) === 0);
    const { history } = await data(200, developer.get(`/api/tasks/${living.id}/history`));
    expect(history.map(({ action }: Json) => action)).toEqual(['created']);
    for (const table of ['sessions', 'refresh_tokens', 'auth_sessions', 'webhook_deliveries'])
      await until(async () => (await count(table, `id = '${old}'`)) === 0, { what: `old ${table} to go` });
    await until(async () => (await count('idempotency_keys', "key = 'old'")) === 0);
    expect(await count('sessions', `id = '${session.session_id}'`)).toBe(1);
    expect(await count('webhook_deliveries', `id = '${pending?.['id']}'`)).toBe(1);
    const signIns = `SELECT id FROM auth_sessions WHERE user_id = '${developer.user.id}'`;
    expect(await count('refresh_tokens', `session_id IN (${signIns})`)).toBe(1);
    const pruned = async (table: string) => (await read()).value('millrace_pruned_rows_total', { table });
    // the same is answered for a second
    await until(async () => (await pruned('activity')) === 3);
    expect(await pruned('webhook_deliveries')).toBe(1);
  });
});
