import { afterEach, describe, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { twoOfEach, useApp, type App } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { attempts, data, makeProject, run, speaks, type Job, type Json } from './steps.js';

afterEach(closeSockets);

const app = useApp({ roles: twoOfEach });

const losses = [
  ['is killed', 'SIGKILL'],
  ['hangs', 'SIGSTOP'],
] as const;

/** Makes Redis go away for as long as the work takes. */
async function without(
  { redis }: App,
  signal: (typeof losses)[number][1],
  work: () => Promise<void>,
): Promise<void> {
  if (signal === 'SIGSTOP') redis!.pause();
  else await redis!.stop();
  try {
    await work();
  } finally {
    redis!.resume();
    await redis!.start();
  }
}

/** Reads an output over HTTP in the background. @returns how to ask whether it has ended, by a cut too */
async function openStream(client: Client, { execution }: Job, how: 'events' | 'follow') {
  const path = `/api/commands/${execution}/output${how === 'follow' ? '?follow=true' : ''}`;
  const headers: Record<string, string> = how === 'events' ? { accept: 'text/event-stream' } : {};
  const response = await client.open('GET', path, undefined, { headers });
  let hasEnded = false;
  void response
    .arrayBuffer()
    .catch(() => undefined)
    .then(() => (hasEnded = true));
  return () => hasEnded;
}

async function subscribe(server: ServerProcess, token: string, { execution }: Job): Promise<LiveSocket> {
  const socket = await LiveSocket.open(server.url.replace('http', 'ws'), token);
  await socket.ask({ type: 'subscribe', channel: 'command_output', command_id: execution }, 'subscribed');
  return socket;
}

test.each(losses)(
  'while Redis %s, every process ends what may not be heard any more',
  { timeout: 90_000 },
  async (_, signal) => {
    const admin = await app.adminAt(app.apis[0]!);
    const project = await makeProject(admin);
    const job = await run(admin, project, 'while :; do echo on; sleep 0.2; done');
    await speaks(app, job.execution);
    const [holder, renewed, disabled, leaving] = (await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const user = await admin.createUser('developer');
        await data(200, admin.put(`/api/projects/${project}/members/${user.user.id}`, { role: 'viewer' }));
        return user;
      }),
    )) as [Client, Client, Client, Client];
    const token = await data(
      201,
      holder.post('/api/personal-access-tokens/', { label: 'A socket', scopes: ['tasks.read'] }),
    );
    const opened = await Promise.all(
      app.apis.map(async (server) => {
        const signedIn = async (user: Client) => (await app.adminAt(server)).withToken(user.token!);
        return {
          byAdmin: await subscribe(server, admin.token!, job),
          byToken: await subscribe(server, token.token as string, job),
          byRenewed: await subscribe(server, renewed.token!, job),
          byLeaving: await subscribe(server, leaving.token!, job),
          streams: await Promise.all([
            openStream(await signedIn(disabled), job, 'events'),
            openStream(await signedIn(disabled), job, 'follow'),
            openStream(await signedIn(leaving), job, 'events'),
          ]),
        };
      }),
    );

    await without(app, signal, async () => {
      const { byAdmin } = opened[0]!;
      await until(async () => {
        const asked = { type: 'get_metrics', metrics: ['system_health'] };
        const { system_health } = (await byAdmin.ask(asked, 'performance_data')).data;
        return system_health.status === 'unhealthy' && system_health.database_response_time > 0;
      });
      await data(200, holder.delete(`/api/personal-access-tokens/${token.id}`));
      await data(200, admin.put(`/api/users/${renewed.user.id}`, { password: 'another password of a user' }));
      await data(200, admin.put(`/api/users/${disabled.user.id}`, { disabled: true }));
      await data(200, admin.delete(`/api/projects/${project}/members/${leaving.user.id}`));
      for (const { byAdmin, byToken, byRenewed, byLeaving, streams } of opened) {
        await until(() => byToken.closed, { what: 'the socket of a revoked token to be closed' });
        await until(() => byRenewed.closed, { what: 'the socket of an old password to be closed' });
        await byLeaving.next('error', ({ code }) => code === 'PROJECT_NOT_FOUND');
        await until(() => streams.every((hasEnded) => hasEnded()), { what: 'the streams to end' });
        expect([byToken.closed, byRenewed.closed]).toMatchObject([{ code: 4401 }, { code: 4401 }]);
        expect([byLeaving.closed, byAdmin.closed]).toEqual([undefined, undefined]);
      }
    });
    await data(200, admin.post(`/api/tasks/${job.task}/cancel`, {}));
    for (const { byAdmin } of opened) await byAdmin.output(job.execution);
  },
);

describe('requests that are counted in Redis', () => {
  const counting = useApp({ env: { RATE_LIMIT_ENABLED: 'true' } });

  test.each(losses)('are answered while Redis %s', { timeout: 60_000 }, async (_, signal) => {
    const { admin } = counting;
    const project = await makeProject(admin);
    let job: Job | undefined;
    await without(counting, signal, async () => {
      for (const { url } of counting.apis) {
        const reasons = async (): Promise<string[]> => {
          const { data: readiness } = (await (await fetch(`${url}/api/health/ready`)).json()) as Json;
          return readiness.reasons as string[];
        };
        expect(await reasons()).toContain('redis');
        await until(async () => (await reasons()).includes('bus'), { what: 'the bus to count as lost' });
        expect((await fetch(`${url}/api/health/detailed`)).status).toBe(503);
      }
      const { headers } = await expectStatus(200, admin.get('/api/users/profile'));
      expect(headers.get('x-ratelimit-limit')).toBe('200');
      job = await run(admin, project, 'echo late');
    });
    expect((await attempts(admin, job!.task)).at(-1)).toMatchObject({ status: 'completed' });
    for (const server of counting.apis)
      await until(async () => (await fetch(`${server.url}/api/health/ready`)).ok, {
        what: 'the processes to be ready again',
      });
  });
});
