import { beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../src/common/version.js';
import { LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { mode, usesRedis } from '../support/mode.js';
import { until } from '../support/until.js';
import { data, execute, makeJob, makeProject, reached, refusal, show, type Json } from './steps.js';

const app = useApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

describe('health', () => {
  test('is public', async () => {
    const answer = await app.anonymous().get('/api/health/');
    expect(answer.body).toEqual({
      data: {
        status: 'healthy',
        timestamp: expect.stringMatching(/Z$/),
        uptime: expect.any(Number),
        version,
      },
      error: null,
      meta: { timestamp: expect.any(String), request_id: answer.headers.get('x-request-id'), version },
    });
  });

  test('in detail includes measurements', async () => {
    const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
    const url = app.wsUrl.replace('ws', 'http');
    const look = () => data(200, new Client(() => url).get('/api/health/detailed'));
    const detail = await until(async () => {
      const seen = await look();
      return seen.checks.websocket.active_connections === 1 ? seen : undefined;
    });
    expect(detail).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(/Z$/),
      checks: {
        database: {
          status: 'healthy',
          response_time: expect.any(Number),
          connections: { active: expect.any(Number), idle: expect.any(Number), total: expect.any(Number) },
        },
        redis: usesRedis
          ? {
              status: 'healthy',
              memory_usage: expect.stringMatching(/^[\d.]+(KB|MB)$/),
              connected_clients: expect.any(Number),
            }
          : { status: 'disabled', memory_usage: null, connected_clients: null },
        websocket: {
          status: 'healthy',
          active_connections: 1,
          avg_latency: detail.checks.websocket.avg_latency,
        },
      },
      metrics: {
        requests_per_minute: expect.any(Number),
        average_response_time: expect.any(Number),
        error_rate: expect.any(Number),
      },
    });
    const { active, idle, total } = detail.checks.database.connections;
    expect(active + idle).toBe(total);
    expect(detail.metrics.requests_per_minute).toBeGreaterThan(0);
    await socket.close();
    await until(async () => (await look()).checks.websocket.active_connections === 0);
  });
});

test('the system info contains version, features and limits', async () => {
  expect(await data(200, owner.get('/api/system/info'))).toEqual({
    version,
    environment: 'production',
    features: { websocket_enabled: true, redis_enabled: usesRedis, monitoring_enabled: true },
    limits: { max_tasks_per_project: 1000, max_concurrent_tasks: 10, max_file_size: '10MB' },
  });
});

describe('maintenance', () => {
  const announce = (body: object) => app.admin.post('/api/system/maintenance', body);
  const asksEverywhere = (ask: (client: Client) => Promise<boolean>) =>
    Promise.all(
      app.apis.map(({ url }) => {
        const client = Object.assign(new Client(() => url), { token: owner.token });
        return until(() => ask(client), { timeout: 4_000 });
      }),
    );

  test('is announced, prevents changes by others and new executions, and ends', async () => {
    const running = await makeJob(owner, project, 'sleep 3');
    await execute(owner, running);
    await reached(owner, running, 'running');
    const socket = await LiveSocket.open(app.wsUrl, owner.token);
    await socket.ask({ type: 'subscribe', channel: 'notifications' }, 'subscribed');
    const task = await makeJob(owner, project, 'true');
    const window = await data(200, announce({ duration: '00:30:00', message: 'We move house' }));
    expect(window).toEqual({
      status: 'active',
      starts_at: expect.stringMatching(/Z$/),
      ends_at: expect.stringMatching(/Z$/),
      message: 'We move house',
    });
    expect(Date.parse(window.ends_at) - Date.parse(window.starts_at)).toBe(1_800_000);
    expect((await socket.next('notification')).data).toMatchObject({
      level: 'info',
      title: 'System Maintenance',
      message: expect.stringContaining('We move house'),
      actions: [
        { label: 'Dismiss', action: 'dismiss' },
        { label: 'View Details', action: 'view_details', url: expect.any(String) },
      ],
    });
    await socket.close();

    await asksEverywhere(async (client) => (await client.post('/api/projects/', {})).status === 503);
    const refused = await owner.post('/api/projects/', { name: 'x' });
    expect(await refusal(refused)).toBe('503 SYSTEM_MAINTENANCE');
    expect(refused.body.error.message).toBe('We move house');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait > 1_700 && wait <= 1_800).toBe(true);
    for (const answer of [
      owner.put(`/api/tasks/${task.id}`, { title: 'x' }),
      owner.delete(`/api/tasks/${task.id}`),
      owner.post(`/api/tasks/${task.id}/execute`),
    ])
      expect(await refusal(answer)).toBe('503 SYSTEM_MAINTENANCE');
    for (const method of ['GET', 'HEAD'])
      expect((await owner.request(method, `/api/tasks/${task.id}`)).status).toBe(200);
    expect(await data(200, owner.get('/api/system/maintenance'))).toEqual(window);
    await owner.as(owner.credentials!);

    await execute(app.admin, task);
    // executions that were running at the start continue, and their end starts no others
    await reached(owner, running, 'completed');
    expect(await show(owner, task)).toMatchObject({
      status: 'queued',
      why_waiting: 'maintenance',
      started_at: null,
    });

    expect(await data(200, app.admin.delete('/api/system/maintenance'))).toEqual({
      status: 'none',
      starts_at: null,
      ends_at: null,
      message: null,
    });
    await reached(owner, task, 'completed');
    await asksEverywhere(async (client) => (await client.post('/api/projects/', {})).status === 422);
  });

  test('that is scheduled has no effect before its start', async () => {
    const starts_at = new Date(Date.now() + 3_600_000).toISOString();
    expect(await data(200, announce({ starts_at, duration: '01:00:00' }))).toMatchObject({
      status: 'scheduled',
      starts_at,
      message: 'Scheduled maintenance',
    });
    const task = await makeJob(owner, project, 'true');
    await execute(owner, task);
    await reached(owner, task, 'completed');
    await data(200, app.admin.delete('/api/system/maintenance'));
  });

  test('ends after its duration', async () => {
    await data(200, announce({ duration: '00:00:02' }));
    const task = await makeJob(app.admin, project, 'true');
    expect(await execute(app.admin, task)).toMatchObject({ why_waiting: 'maintenance' });
    await reached(owner, task, 'completed');
    await makeJob(owner, project, 'true');
  });

  test('can be started by administrators only, with a duration', async () => {
    expect(await refusal(owner.post('/api/system/maintenance', { duration: '00:01:00' }))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
    expect(await refusal(owner.delete('/api/system/maintenance'))).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    for (const body of [undefined, { duration: '00:00:00' }, { duration: '1h' }, { duration: '999:00:00' }])
      expect((await announce(body ?? {})).status).toBe(422);
  });
});

if (mode === 'cluster') {
  test('the health of a process without Redis is unhealthy, and recovers', async () => {
    const { redis } = app;
    await redis?.stop();
    const look = async () =>
      (await app.anonymous().get('/api/health/detailed')).body.data?.checks.redis.status;
    await until(async () => (await look()) === 'unhealthy');
    expect((await app.anonymous().get('/api/health/')).status).toBe(200);
    const ready = await app.anonymous().get('/api/health/ready');
    expect([ready.status, ready.body.data.reasons]).toEqual([503, ['redis', 'bus']]);
    expect((await app.anonymous().get('/api/health/live')).status).toBe(200);
    await redis?.start();
    await until(async () => (await look()) === 'healthy', { timeout: 20_000 });
    await until(async () => (await app.anonymous().get('/api/health/ready')).status === 200, {
      timeout: 20_000,
    });
  });
}

test('a proxy that is not configured causes one warning in each process', async () => {
  const warnings = () =>
    app.apis.map(({ stderr }) => stderr.split('\n').filter((line) => line.includes('TRUST_PROXY')).length);
  const forwarded = app.anonymous().with({ 'x-forwarded-for': '192.0.2.1' });
  for (let count = 0; count < 2 * app.apis.length; count += 1) await forwarded.get('/api/health/');
  await until(() => warnings().every((count) => count > 0));
  expect(warnings()).toEqual(app.apis.map(() => 1));
});
