import { MillraceClient } from '@millrace/sdk';
import { io } from 'socket.io-client';
import { afterAll, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { createProject, createTask, execute } from './fixtures.js';
import { closeSockets, LiveSocket } from './live-socket.js';

// long enough to open everything with one token, short enough to wait for its end
const app = useApp({ env: { ACCESS_TOKEN_SECONDS: '6' } });
afterAll(closeSockets);

const endOf = (token: string | undefined): number =>
  JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString()).exp as number;

/** A newer token of the same session, which ends later. */
async function laterToken(user: Client): Promise<string> {
  return until(async () => {
    const token = (await user.post('/api/auth/refresh')).body.data.access_token as string;
    return endOf(token) > endOf(user.token) ? token : undefined;
  });
}

test.concurrent(
  'an access token ends with its sockets and streams, unless a newer one came in its place',
  async () => {
    const admin = await app.admin.as(app.admin.credentials!);
    const project = await createProject(admin);
    const task = await createTask(admin, project, 'while :; do echo on; sleep 0.1; done');
    await execute(admin, task);
    const user = await admin.as(app.admin.credentials!);

    const [socket, renewed] = await Promise.all([1, 2].map(() => LiveSocket.open(app.wsUrl, user.token)));
    const socketIo = io(app.wsUrl.replace('ws', 'http'), {
      auth: { token: user.token },
      forceNew: true,
      reconnection: false,
    });
    const left: string[] = [];
    socketIo.on('error', (message: { data: { code: string } }) => left.push(message.data.code));
    socketIo.on('disconnect', (reason) => left.push(reason));
    const path = `/api/tasks/${task}/output`;
    const streams = await Promise.all([
      user.open('GET', path, undefined, { headers: { accept: 'text/event-stream' } }),
      user.open('GET', `${path}?follow=true`),
    ]);
    const ends = streams.map((stream) => stream.text().catch(() => 'cut'));
    try {
      const later = await laterToken(user);
      await renewed!.ask({ type: 'authenticate', token: later }, 'authenticated');

      expect((await until(() => socket!.closed)).code).toBe(4401);
      expect(socket!.messages.at(-1)?.data.code).toBe('AUTH_TOKEN_INVALID');
      expect(renewed!.closed).toBeUndefined();
      await renewed!.ask({ type: 'get_metrics' }, 'performance_data');
      await Promise.all(ends);
      await until(() => left.length === 2);
      expect(left).toEqual(['AUTH_TOKEN_INVALID', 'io server disconnect']);
      expect((await until(() => renewed!.closed)).code).toBe(4401);
    } finally {
      socketIo.disconnect();
      const last = await app.admin.as(app.admin.credentials!);
      await last.post(`/api/tasks/${task}/cancel`, {});
    }
  },
);

test.concurrent(
  'the SDK renews a token in time for what it has open, also without a refresh token',
  async () => {
    const { token } = await app.admin.as(app.admin.credentials!);
    let renewals = 0;
    const baseURL = `${app.wsUrl.replace('ws', 'http')}/api`;
    const client = new MillraceClient({ baseURL, token, onTokens: () => void (renewals += 1) });
    const ws = client.websocket.connect('a-session');
    const closes: unknown[] = [];
    ws.on('close', (event) => closes.push(event));
    ws.on('reconnecting', (event) => closes.push(event));
    await ws.once('open');
    const run = client.commands.run('while [ ! -e done ]; do echo on; sleep 0.1; done');
    let text = '';
    const read = (async () => {
      for await (const frame of run) text += frame.text;
    })();
    const expired = app.anonymous().withToken(token!);
    await until(async () => (await expired.get('/api/projects/')).status === 401);
    const seen = text.length;
    await until(() => text.length > seen);
    expect(closes).toEqual([]);
    expect(renewals).toBeGreaterThan(0);
    await client.commands.run('touch done').result();
    await read;
    expect(await run.result()).toMatchObject({ exitCode: 0 });
    expect(text).toMatch(/^(on\n)+$/);
    ws.close();
    await client.logout();
    await expect(client.users.getProfile()).rejects.toMatchObject({ code: 'AUTH_TOKEN_MISSING' });
  },
);
