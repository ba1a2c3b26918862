import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { mode } from '../support/mode.js';
import { countValues, data, makeJob, makeProject, refusal, type Json } from './steps.js';

const app = useApp({ env: { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '127.0.0.1' } });
const from = (client: Client, address: string) => client.with({ 'x-forwarded-for': address });
const figures = (headers: Headers) =>
  ['limit', 'remaining', 'reset', 'window'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));

/** Sends so many requests, not all at the same moment. @returns how many answers had which status */
async function flood(client: Client, count: number, path: string): Promise<Record<string, number>> {
  const statuses: string[] = [];
  for (let sent = 0; sent < count; sent += 50) {
    const some = Math.min(50, count - sent);
    const answers = await Promise.all(Array.from({ length: some }, () => client.get(path)));
    statuses.push(...answers.map(({ status }) => String(status)));
  }
  return countValues(statuses);
}

test('an address has 100 requests a minute, counted across all processes', async () => {
  const client = from(app.anonymous(), '10.9.0.1');
  const first = await client.get('/api/tasks/');
  expect(first.status).toBe(401);
  const [limit, remaining, reset, window] = figures(first.headers);
  expect([limit, remaining, window]).toEqual([100, 99, 60]);
  const seconds = (reset ?? 0) - Date.now() / 1000;
  expect(seconds > 0 && seconds <= 61).toBe(true);
  // a token that is worth nothing buys nothing
  const forged = Object.assign(from(app.anonymous(), '10.9.0.1'), { token: 'forged' });
  expect(await flood(forged, 20, '/api/tasks/')).toEqual({ 401: 20 });
  expect(await flood(client, 89, '/nowhere')).toEqual({ 404: 79, 429: 10 });

  const refused = await client.get('/api/tasks/');
  expect(await refusal(refused)).toBe('429 RATE_LIMIT_EXCEEDED');
  expect(refused.body.error).toEqual({
    code: 'RATE_LIMIT_EXCEEDED',
    message: 'Too many requests. Please try again later.',
    details: { limit: 100, window: 60, reset_at: expect.stringMatching(/Z$/) },
  });
  expect(figures(refused.headers).slice(0, 2)).toEqual([100, 0]);
  const wait = Number(refused.headers.get('retry-after'));
  expect(wait > 0 && wait <= 60).toBe(true);
  // who watches over us is not locked out, and another address has its own count
  for (const path of ['/api/health/ready', '/api/health/live'])
    expect((await client.get(path)).status).toBe(200);
  for (const path of [
    '/api/health/detailed',
    '/api/health/liveX',
    '/api/health/ready-not',
    '/api/health/live/x',
  ])
    expect((await client.get(path)).status).toBe(429);
  expect((await client.post('/api/health/live', {})).status).toBe(429);
  expect((await from(app.anonymous(), '10.9.0.2').get('/nowhere')).status).toBe(404);
});

test('a connection that ignores the rate limit is closed, and its pipelined requests are dropped', async () => {
  const address = '10.9.4.1';
  await flood(from(app.anonymous(), address), 98, '/nowhere');
  const socket = connect(app.apis[0]!.port, '127.0.0.1');
  let answers = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answers += text));
  socket.write(`GET /nowhere HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`.repeat(50));
  await once(socket, 'close');
  expect(answers.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['404', '404', '429', '429', '429']);
  expect(answers.match(/(?<=^connection: )\S+/gim)?.at(-1)).toBe('close');
});

test('a user has 200 requests a minute from any address, and a premium user 500', async () => {
  const [standard, premium] = await Promise.all([
    app.admin.createUser('viewer'),
    app.admin.createUser('viewer', { tier: 'premium' }),
  ]);
  const one = from(standard, '10.9.1.1');
  const [limit, remaining] = figures((await one.get('/api/system/info')).headers);
  expect([limit, remaining]).toEqual([200, 199]);
  expect(await flood(one, 100, '/api/system/info')).toEqual({ 200: 100 });
  expect(await flood(from(standard, '10.9.1.2'), 104, '/api/system/info')).toEqual({ 200: 99, 429: 5 });

  const rich = from(premium, '10.9.1.1');
  expect(figures((await rich.get('/api/system/info')).headers).slice(0, 2)).toEqual([500, 499]);
  // the same count refuses both, so it is enough to see the end of the larger one where requests cost least
  if (mode === 'single') expect(await flood(rich, 502, '/api/system/info')).toEqual({ 200: 499, 429: 3 });
  else expect(await flood(rich, 210, '/api/system/info')).toEqual({ 200: 210 });
});

test('every response has the rate limit headers, also an error of the framework', async () => {
  const client = from(app.admin, '10.9.2.1');
  for (const answer of [
    await client.get('/api/unknown'),
    await client.get('/openapi.json'),
    await client.post('/api/projects/', '{'),
    await client.get('/api/health/'),
    await from(app.anonymous(), '10.9.2.2').post('/api/auth/login', {}),
    // the router refuses it before it knows of any route
    await from(app.anonymous(), '10.9.2.2').get('/api/tasks/%zz'),
  ])
    expect(figures(answer.headers)).toEqual([
      expect.toBeOneOf([100, 200]),
      expect.any(Number),
      expect.any(Number),
      60,
    ]);
});

if (mode === 'cluster') {
  test('without Redis each process counts by itself and keeps answering', async () => {
    await app.redis?.stop();
    const client = from(app.anonymous(), '10.9.3.1');
    expect((await client.get('/nowhere')).status).toBe(404);
    await app.redis?.start();
    expect((await data(200, client.get('/api/health/'))).status).toBe('healthy');
  });
}

test('the requests of a key of a project count with those of who has made it', async () => {
  const maker = await app.admin.createUser('developer');
  const project = await data(201, maker.post('/api/projects/', { name: 'Of bots' }));
  const path = `/api/projects/${project.id}/keys`;
  const [one, other] = await Promise.all(
    [1, 2].map(async () => {
      const { token } = await data(201, maker.post(path, { label: 'A bot' }));
      return app.anonymous().withToken(token);
    }),
  );
  const remaining = async (client: Client) => figures((await client.get('/api/projects/')).headers)[1]!;
  const before = await remaining(maker);
  expect([await remaining(one!), await remaining(other!), await remaining(maker)]).toEqual([
    before - 1,
    before - 2,
    before - 3,
  ]);
});

test('a trigger has 60 messages a minute, and all triggers of who has made them 300', async () => {
  const maker = await app.admin.createUser('developer');
  const project = await makeProject(maker);
  const task = await makeJob(maker, project, 'true');
  const triggers: Json[] = [];
  for (let n = 0; n < 7; n += 1)
    triggers.push(
      await data(
        201,
        maker.post(`/api/projects/${project.id}/triggers`, {
          name: `T${n}`,
          task_id: task.id,
          enabled: false,
        }),
      ),
    );
  const anybody = app.anonymous();
  const send = async (trigger: Json, count: number) => {
    const answers = await Promise.all(Array.from({ length: count }, () => anybody.post(trigger.path, {})));
    return countValues(answers.map(({ status }) => String(status)));
  };
  expect(await send(triggers[0]!, 61)).toEqual({ 200: 60, 429: 1 });
  for (const trigger of triggers.slice(1, 5)) expect(await send(trigger, 60)).toEqual({ 200: 60 });
  const refused = await anybody.post(triggers[5]!.path, {});
  expect([refused.status, refused.body.error.details.limit]).toEqual([429, 300]);
  // who has made them is not locked out by what others send
  await data(200, maker.get(`/api/projects/${project.id}/triggers`));
});
