import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceClient, type TokenPair } from '@millrace/sdk';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Millrace } from '../cli/millrace.js';
import { FaultProxy } from '../sdk/fault-proxy.js';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { expectStatus, type Client } from '../support/client.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';
import { createProject, createTask, execute } from './fixtures.js';
import { closeSockets, LiveSocket } from './live-socket.js';

// long enough to open everything with one token, short enough to wait for its end
const app = useApp({ env: { ACCESS_TOKEN_SECONDS: '10' } });
afterAll(closeSockets);

/** The administrator, by a token that outlasts the tests: for what is not their subject, however long it takes. */
let admin: Client;
beforeAll(async () => {
  const scopes = ['tasks.write', 'projects.write', 'execute', 'admin'];
  const created = await expectStatus(
    201,
    app.admin.post('/api/personal-access-tokens/', { label: 'The tests', scopes }),
  );
  const { user, credentials } = app.admin;
  admin = Object.assign(app.admin.withToken(created.body.data.token as string), { user, credentials });
});
const signIn = (): Promise<Client> => app.admin.as(app.admin.credentials!);

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
  'sockets and streams end with their access token, unless it was replaced by a newer one',
  async () => {
    const project = await createProject(admin);
    const task = await createTask(admin, project, 'while :; do echo on; sleep 0.1; done');
    await execute(admin, task);
    const user = await signIn();

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

      expect((await until(() => socket!.closed)).code).toBe(4419);
      expect(socket!.messages.at(-1)?.data.code).toBe('AUTH_TOKEN_EXPIRED');
      expect(renewed!.closed).toBeUndefined();
      await renewed!.ask({ type: 'get_metrics' }, 'performance_data');
      const [events, raw] = await Promise.all(ends);
      const [data] = /event: error\ndata: (.*)\n\n$/.exec(events!)?.slice(1) ?? [];
      expect(JSON.parse(data!)).toMatchObject({ code: 'AUTH_TOKEN_EXPIRED', message: expect.any(String) });
      expect(raw).toBe('cut');
      await until(() => left.length === 2);
      expect(left).toEqual(['AUTH_TOKEN_EXPIRED', 'io server disconnect']);
      expect((await until(() => renewed!.closed)).code).toBe(4419);
    } finally {
      socketIo.disconnect();
      await admin.post(`/api/tasks/${task}/cancel`, {});
    }
  },
);

test.concurrent('a newer token keeps the subscriptions, and brings its own permissions', async () => {
  const project = await createProject(admin);
  const task = await createTask(admin, project, 'while :; do echo on; sleep 0.1; done');
  await execute(admin, task);
  const other = await admin.createUser('developer');
  const disabled = await admin.createUser('developer');
  const { token: ofDisabled } = disabled;
  await expectStatus(200, admin.put(`/api/users/${disabled.user.id}`, { disabled: true }));
  const user = await signIn();
  const narrow = (
    await expectStatus(
      201,
      user.post('/api/personal-access-tokens/', { label: 'Projects', scopes: ['projects.read'] }),
    )
  ).body.data.token as string;
  const socket = await LiveSocket.open(app.wsUrl, user.token);
  const socketIo = io(app.wsUrl.replace('ws', 'http'), { auth: { token: user.token }, forceNew: true });
  const told: { type: string }[] = [];
  socketIo.onAny((type: string) => told.push({ type }));
  const ask = (type: string, body: object) =>
    socketIo.timeout(5_000).emitWithAck(type, body) as Promise<{ type: string; data: { code?: string } }>;
  try {
    for (const topic of [
      { channel: 'command_output', task_id: task },
      { channel: 'task_updates', project_id: project },
      { channel: 'task_updates' },
      { channel: 'project_updates', project_id: project },
    ]) {
      await socket.ask({ type: 'subscribe', ...topic }, 'subscribed');
      expect(await ask('subscribe', topic)).toMatchObject({ type: 'subscribed' });
    }
    // a token of another user cannot take over the connection
    for (const [token, code] of [
      [other.token, 'AUTH_TOKEN_INVALID'],
      [ofDisabled, 'AUTH_ACCOUNT_DISABLED'],
      ['x.y.z', 'AUTH_TOKEN_INVALID'],
    ]) {
      expect(await socket.refusal({ type: 'authenticate', token })).toBe(code);
      expect(await ask('authenticate', { token })).toMatchObject({ type: 'error', data: { code } });
    }
    // past the end of the first token, with the newest that it was good for
    await until(async () => {
      const { status, body } = await user.post('/api/auth/refresh');
      if (status === 401) return true;
      const token = body.data.access_token as string;
      const again = await socket.ask({ type: 'authenticate', token }, 'authenticated');
      expect(again.data.user_id).toBe(admin.user.id);
      expect(await ask('authenticate', { token })).toMatchObject({ type: 'authenticated' });
      return false;
    });
    const seen = socket.messages.length;
    const heard = told.length;
    await socket.next('command_output', () => true, seen);
    await until(() => told.slice(heard).some(({ type }) => type === 'command_output'));
    expect(socket.closed).toBeUndefined();
    expect(socketIo.connected).toBe(true);
    const [first] = socket.messages.filter(({ type }) => type === 'command_output');
    // throws at a gap, and at what comes twice
    expect(socket.received(first!.data.command_id as string).length).toBeGreaterThan(0);

    await socket.ask({ type: 'authenticate', token: narrow }, 'authenticated');
    await ask('authenticate', { token: narrow });
    const lost = socket.messages.slice(seen).filter(({ type }) => type === 'error');
    expect(lost.map(({ data }) => [data.channel, data.code]).toSorted()).toEqual([
      ['command_output', 'PROJECT_NOT_FOUND'],
      ['task_updates', 'PROJECT_NOT_FOUND'],
      ['task_updates', 'RESOURCE_NOT_FOUND'],
    ]);
    expect(told.slice(heard).filter(({ type }) => type === 'error')).toHaveLength(3);
    expect(await socket.refusal({ type: 'subscribe', channel: 'task_updates' })).toBe(
      'AUTH_INSUFFICIENT_PERMISSIONS',
    );
    const changed = socket.messages.length;
    await expectStatus(200, admin.put(`/api/projects/${project}`, { description: 'Changed' }));
    await socket.next('project_update', () => true, changed);
  } finally {
    socketIo.disconnect();
    await admin.post(`/api/tasks/${task}/cancel`, {});
  }
});

test.concurrent(
  'the SDK renews a token before its sockets and streams expire, also without a refresh token',
  async () => {
    const { token } = await signIn();
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

test('output that is followed across many token renewals is complete, also on a bad network', async () => {
  const proxy = await FaultProxy.start(app.url);
  const { credentials } = app.admin;
  const numbers = (end: string) =>
    `i=0; while [ ! -e ${end} ]; do i=$((i+1)); echo $i; sleep 0.02; done; rm ${end}`;
  const kept: TokenPair[] = [];
  const signedIn = new MillraceClient({ baseURL: `${proxy.url}/api` });
  const { accessToken, refreshToken } = await signedIn.auth.login(credentials!);
  const client = new MillraceClient({
    baseURL: `${proxy.url}/api`,
    token: accessToken,
    refreshToken,
    onTokens: (pair) => void kept.push(pair),
  });
  // the command line with nothing but an access token
  const { token } = await signIn();
  const home = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const environment = { API_BASE_URL: `${app.url}/api`, HOME: home };
  const program = join(root, 'cli/dist/main.js');
  await new Millrace(process.execPath, [program, 'login', '--token', token!], environment).end();
  const tokenOfProfile = async () =>
    (JSON.parse(await readFile(join(home, '.config/millrace/config.json'), 'utf8')) as Json).profiles.default
      .token as string;
  expect(await tokenOfProfile()).toBe(token);
  const millrace = new Millrace(process.execPath, [program, 'run', numbers('end-of-cli')], environment);
  const run = client.commands.run(numbers('end-of-sdk'));
  let text = '';
  const read = (async () => {
    for await (const frame of run) text += frame.text;
  })();
  await until(() => text.includes('\n'));
  // the server renews, and its answer is lost: the same refresh token once more would end the session
  proxy.faults.push('lose-answer');
  const refreshes = () => proxy.requests.filter((line) => line === 'POST /api/auth/refresh').length;
  const streams = () => proxy.requests.filter((line) => line.includes('/output')).length;
  await until(() => streams() >= 3, { timeout: 60_000, what: 'the stream to be opened with a third token' });
  expect(refreshes()).toBeGreaterThanOrEqual(3);
  expect(kept.length).toBeGreaterThanOrEqual(2);
  await expectStatus(
    200,
    admin.post('/api/commands/execute', { command: 'touch end-of-sdk end-of-cli', stream_output: false }),
  );
  await read;
  const counted = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');
  expect(text).toBe(counted(text.split('\n').length - 1));
  expect(await run.result()).toMatchObject({ exitCode: 0, outputBytes: text.length });
  expect(await client.users.getProfile()).toMatchObject({ username: 'admin' });
  const { code, stdout, stderr } = await millrace.end();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe(counted(stdout.split('\n').length - 1));
  expect(endOf(await tokenOfProfile())).toBeGreaterThan(endOf(token));
});
