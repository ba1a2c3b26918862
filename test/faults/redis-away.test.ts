import { afterEach, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { useApp, type App } from '../support/app.js';
import { Client as ApiClient, expectStatus, type Client } from '../support/client.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { attempts, data, makeProject, run, speaks, type Job, type Json } from './steps.js';

afterEach(closeSockets);

// requests are counted in Redis
const app = useApp({ env: { RATE_LIMIT_ENABLED: 'true' } });

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

/** The reasons why a process counts as not ready; `bus` is one once it may have missed messages. */
async function reasonsOf({ url }: ServerProcess): Promise<string[]> {
  const { data: readiness } = (await (await fetch(`${url}/api/health/ready`)).json()) as Json;
  return readiness.reasons as string[];
}

test.each(losses)(
  'while Redis %s, requests are answered, and streams end with the permission of their reader',
  { timeout: 90_000 },
  async (_, signal) => {
    // with the most requests a minute that there are, of which a slow machine takes more
    const { credentials } = await app.admin.createUser('admin', { tier: 'premium' });
    const admin = await new ApiClient(() => app.apis[0]!.url).as(credentials!);
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
        const signedIn = (user: Client) => new ApiClient(() => server.url).withToken(user.token!);
        return {
          byAdmin: await subscribe(server, admin.token!, job),
          byToken: await subscribe(server, token.token as string, job),
          byRenewed: await subscribe(server, renewed.token!, job),
          byLeaving: await subscribe(server, leaving.token!, job),
          streams: await Promise.all([
            openStream(signedIn(disabled), job, 'events'),
            openStream(signedIn(disabled), job, 'follow'),
            openStream(signedIn(leaving), job, 'events'),
          ]),
        };
      }),
    );

    let late: Job | undefined;
    await without(app, signal, async () => {
      for (const server of app.apis) {
        expect(await reasonsOf(server)).toContain('redis');
        await until(async () => (await reasonsOf(server)).includes('bus'), {
          what: 'the bus to count as lost',
        });
        expect((await fetch(`${server.url}/api/health/detailed`)).status).toBe(503);
      }
      await until(async () => {
        const asked = { type: 'get_metrics', metrics: ['system_health'] };
        const { system_health } = (await opened[0]!.byAdmin.ask(asked, 'performance_data')).data;
        return system_health.status === 'unhealthy' && system_health.database_response_time > 0;
      });
      const { headers } = await expectStatus(200, admin.get('/api/users/profile'));
      expect(headers.get('x-ratelimit-limit')).toBe('500');
      late = await run(admin, project, 'echo late');
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
    expect((await attempts(admin, late!.task)).at(-1)).toMatchObject({ status: 'completed' });
    for (const server of app.apis)
      await until(async () => (await reasonsOf(server)).length === 0, {
        what: 'the processes to be ready again',
      });
  },
);
