import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  ArgumentError,
  AuthenticationError,
  BaseURLError,
  ConnectionError,
  isApiError,
  MillraceClient,
  TimeoutError,
} from '@millrace/sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import { nobody } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { root } from '../support/build.js';
import { freePort } from '../support/free-port.js';
import { FaultProxy } from './fault-proxy.js';

const app = useSharedApp();
let client: MillraceClient;
let projectId: string;
beforeAll(async () => {
  client = clientAt(app.url);
  projectId = (await client.projects.create({ name: 'SDK' })).id;
});

const clientAt = (url: string, more: ConstructorParameters<typeof MillraceClient>[0] = {}) =>
  new MillraceClient({ baseURL: `${url}/api`, token: app.admin.token, ...more });
const code = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (isApiError(error) ? error.code : String(error)),
  );
/** A command that prints numbers as fast as it can. */
const numbers = (count: number) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "line $i of many"; done`;
const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1} of many\n`).join('');

test('every route of the OpenAPI document has a method', () => {
  const { paths } = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const ids = Object.entries(paths).flatMap(([path, item]) =>
    path.startsWith('/api/') ? Object.values(item).map(({ operationId }) => operationId) : [],
  );
  const missing = ids.filter((id) => {
    const [resource = '', method = ''] = id.split('_');
    const holder = (client as unknown as Record<string, Record<string, unknown> | undefined>)[resource];
    return typeof holder?.[method] !== 'function';
  });
  expect(ids.length).toBeGreaterThan(60);
  expect(missing).toEqual([]);
});

describe('field names', () => {
  test('are camelCase in the SDK, and free-form JSON is unchanged', async () => {
    const metadata = { snake_name: { deep_name: 1 }, camelName: [{ an_item: true }] };
    const environment = { MY_VARIABLE: 'x', lower_name: 'y' };
    const settings = { auto_assign: true, ourOwn: { any_name: 1 } };
    const made = await client.projects.create({
      name: 'Names',
      settings,
      resourceLimits: { maxConcurrentTasks: 2 },
    });
    expect(made).toMatchObject({ settings, resourceLimits: { maxConcurrentTasks: 2, storageLimit: '1GB' } });
    const task = await client.tasks.create({ title: 'Named', projectId: made.id, metadata, environment });
    expect(await client.tasks.get(task.id)).toMatchObject({
      projectId: made.id,
      progressPercentage: 0,
      metadata,
      environment,
    });
    const seen = await app.admin.get(`/api/tasks/${task.id}`);
    expect(seen.body.data).toMatchObject({ metadata, environment, project_id: made.id });
    const changed = await client.tasks.bulk({
      operation: 'update_status',
      taskIds: [task.id],
      data: { status: 'running', progressPercentage: 10 },
    });
    expect(changed).toMatchObject({ affectedCount: 1, successful: [task.id] });
    const preferences = { notifications: { task_updates: false } };
    expect(await client.users.updatePreferences(preferences)).toMatchObject({ preferences });
  });

  test('of query parameters are camelCase too, and a list may be an array', async () => {
    const task = await client.tasks.create({ title: 'Sought', projectId, tags: ['one', 'two'] });
    const found = await client.tasks.list({
      projectId,
      status: ['pending', 'running'],
      tags: ['one', 'two'],
      pageSize: 5,
    });
    expect(found).toMatchObject({ pageSize: 5, hasNext: false, items: [{ id: task.id }] });
    expect((await client.tasks.list({ projectId, status: ['failed'], tags: 'one' })).total).toBe(0);
  });
});

test('a list is iterated over all pages', async () => {
  const { id } = await client.projects.create({ name: 'Pages' });
  const titles = ['a', 'b', 'c', 'd', 'e'];
  for (const title of titles) await client.tasks.create({ title, projectId: id });
  const query = { projectId: id, pageSize: 2, sort: 'title', order: 'asc' } as const;
  const seen: string[] = [];
  for await (const { title } of client.tasks.list(query)) seen.push(title);
  expect(seen).toEqual(titles);
  const sizes: number[] = [];
  for await (const { items } of client.tasks.list(query).pages()) sizes.push(items.length);
  expect(sizes).toEqual([2, 2, 1]);
  expect((await client.tasks.list(query).all(3)).map(({ title }) => title)).toEqual(['a', 'b', 'c']);
});

test('iteration over a list that changes meanwhile skips and repeats nothing', async () => {
  const { id } = await client.projects.create({ name: 'Changing' });
  for (const order of ['asc', 'desc'] as const) {
    const ids = new Set<string>();
    for (const title of ['a', 'b', 'c', 'd', 'e', 'f'])
      ids.add((await client.tasks.create({ title: `${order} ${title}`, projectId: id })).id);
    const query = { projectId: id, pageSize: 2, sort: 'title', order, search: order } as const;
    const seen: string[] = [];
    for await (const task of client.tasks.list(query)) {
      seen.push(task.id);
      // what was seen goes, or something comes before it
      if (seen.length % 2 === 0) await client.tasks.delete(task.id);
      else await client.tasks.create({ title: `${order} ${order === 'asc' ? '0' : 'z'}`, projectId: id });
    }
    expect(seen).toEqual(order === 'asc' ? [...ids] : [...ids].toReversed());
  }
  const runs = await client.tasks.create({ title: 'Runs', projectId: id, command: 'true' });
  for (let n = 0; n < 3; n += 1) {
    await client.tasks.execute(runs.id);
    while (!(await client.tasks.get(runs.id)).completedAt) await client.tasks.follow(runs.id).next();
    await client.commands.run('true').result();
  }
  const attempts = await client.tasks.listExecutions(runs.id, { limit: 2 }).all();
  expect(new Set(attempts.map(({ executionId }) => executionId)).size).toBe(3);
  expect(await client.commands.history({ limit: 2, offset: 1 }).all()).toHaveLength(2);
});

test('an empty id causes an error with its name, and no request is sent', async () => {
  const proxy = await FaultProxy.start(app.url);
  const careful = clientAt(proxy.url);
  const { paths } = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  type Methods = Record<string, Record<string, (...given: unknown[]) => Promise<unknown>>>;
  const tried: string[] = [];
  for (const [path, item] of Object.entries(paths)) {
    const names = path.match(/\{\w+\}/g) ?? [];
    for (const { operationId } of names.length > 0 ? Object.values(item) : []) {
      const [resource = '', method = ''] = operationId.split('_');
      for (const bad of ['', ' ', '\t\n', '.', '..', undefined])
        for (const at of names.keys()) {
          const ids = names.map((_, index) => (index === at ? bad : nobody));
          const call = (careful as unknown as Methods)[resource]![method]!(...ids);
          const error: unknown = await Promise.resolve(call).catch((reason: unknown) => reason);
          const parameter = names[at]!.slice(1, -1).replace(/_(\w)/g, (_, letter: string) =>
            letter.toUpperCase(),
          );
          expect([operationId, bad, error]).toEqual([operationId, bad, expect.any(ArgumentError)]);
          expect(error).toMatchObject({ parameter });
        }
      tried.push(operationId);
    }
  }
  expect(tried.length).toBeGreaterThan(30);
  for (const query of [{ projectId: '' }, { assignedTo: ' ' }, { cursor: '' }])
    await expect(careful.tasks.list(query)).rejects.toThrow(ArgumentError);
  await expect(careful.projects.list({ createdBy: '' })).rejects.toThrow('createdBy is empty');
  await expect(careful.tasks.follow('').next()).rejects.toThrow('taskId is empty: give an id');
  await expect(careful.commands.follow('').next()).rejects.toThrow(ArgumentError);
  expect(() => careful.websocket.connect('')).toThrow(ArgumentError);
  expect(proxy.requests).toEqual([]);
});

test('a base URL that is not that of the API causes an error', async () => {
  const to = (baseURL: string) => new MillraceClient({ baseURL, token: app.admin.token, maxRetries: 0 });
  const says = `${app.url} is Millrace, but not its API: use ${app.url}/api`;
  for (const baseURL of [app.url, `${app.url}/`]) {
    const lost = to(baseURL);
    for (const call of [
      () => lost.tasks.list(),
      () => lost.login(app.admin.credentials!),
      () => lost.tasks.get(nobody),
      () => lost.commands.run('true').result(),
      () => lost.commands.output(nobody),
      () => lost.commands.follow(nobody).next(),
    ]) {
      const error: unknown = await Promise.resolve(call()).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BaseURLError);
      expect(error).toMatchObject({ message: says, apiURL: `${app.url}/api` });
    }
  }
  for (const baseURL of [`${app.url}/api`, `${app.url}/api//`])
    expect(await to(baseURL).users.getProfile()).toMatchObject({ username: app.admin.user.username });
  // what is not there is not there, and no other address is sought
  expect(await code(to(`${app.url}/api`).tasks.get(nobody))).toBe('TASK_NOT_FOUND');

  // a web server of pages, with Millrace below it or not at all
  const pages = createServer((request, response) => {
    if (request.url?.startsWith('/with/api/health/live'))
      return response.end('{"data":{"status":"alive"},"error":null}');
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Console</title>');
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    await expect(to(`${url}/with`).tasks.list()).rejects.toThrow(`use ${url}/with/api`);
    await expect(to(`${url}/without`).tasks.list()).rejects.toThrow('answers, but not as Millrace does');
  } finally {
    pages.close();
  }
});

describe('errors', () => {
  test('have a class and a code', async () => {
    const error = await client.tasks.get(nobody).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'NotFoundError', status: 404, code: 'TASK_NOT_FOUND' });
    expect(isApiError(error, 'TASK_NOT_FOUND') && error.requestId).toMatch(/^[\w-]{20,}$/);
    const invalid = await client.tasks.create({ title: '', projectId }).catch((reason: unknown) => reason);
    expect(invalid).toMatchObject({ name: 'ValidationError', status: 422, details: { field: 'title' } });
    const stranger = new MillraceClient({ baseURL: `${app.url}/api` });
    await expect(stranger.tasks.list()).rejects.toBeInstanceOf(AuthenticationError);
    expect(await code(stranger.login({ username: 'admin', password: 'wrong' }))).toBe(
      'AUTH_INVALID_CREDENTIALS',
    );
  });

  test('name the unreachable host, and an aborted request rejects with the reason of its signal', async () => {
    const nowhere = clientAt(`http://127.0.0.1:${await freePort()}`, { maxRetries: 0 });
    await expect(nowhere.tasks.list()).rejects.toThrow(ConnectionError);
    await expect(nowhere.tasks.list()).rejects.toThrow(
      /127\.0\.0\.1:\d+\/api cannot be reached: ECONNREFUSED/,
    );
    const slow = client.commands.execute(
      { command: 'sleep 5', streamOutput: false },
      { timeout: 200, maxRetries: 0 },
    );
    await expect(slow).rejects.toThrow(TimeoutError);
    const aborting = new AbortController();
    const waiting = client.commands.execute(
      { command: 'sleep 5', streamOutput: false },
      { signal: aborting.signal },
    );
    aborting.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
  });
});

describe('on an unreliable network', () => {
  test('a request is retried, and executed once', async () => {
    const proxy = await FaultProxy.start(app.url);
    const unlucky = clientAt(proxy.url);
    proxy.faults.push('lose-answer', 'lose-request');
    const task = await unlucky.tasks.create({ title: 'Once', projectId });
    expect(proxy.requests).toEqual(Array(3).fill('POST /api/tasks'));
    expect(new Set(proxy.headers.map((headers) => headers['idempotency-key'])).size).toBe(1);
    const { items } = await client.tasks.list({ projectId, search: 'title:Once' });
    expect(items.map(({ id }) => id)).toEqual([task.id]);

    proxy.faults.push({ status: 502 }, 'lose-answer');
    expect((await unlucky.tasks.get(task.id)).title).toBe('Once');
    proxy.faults.push('lose-request', 'lose-request');
    await expect(unlucky.tasks.get(task.id, { maxRetries: 1 })).rejects.toThrow(ConnectionError);
    proxy.faults.push('lose-answer');
    // it may have been done, and the server keeps no keys for strangers
    const { credentials } = app.admin;
    await expect(unlucky.auth.login(credentials!)).rejects.toThrow(ConnectionError);
  });

  test('Retry-After of the server is respected', async () => {
    const proxy = await FaultProxy.start(app.url);
    const patient = clientAt(proxy.url);
    proxy.faults.push({ status: 429, headers: { 'retry-after': '1' } });
    const started = performance.now();
    await patient.system.info();
    expect(performance.now() - started).toBeGreaterThan(990);
    proxy.faults.push({ status: 503, headers: { 'retry-after': '3600' } });
    const error = await patient.tasks.create({ title: 'x', projectId }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ServerError', status: 503, retryAfter: 3600 });
  });
});

describe('a token', () => {
  test('that was refused is renewed once for all concurrent requests', async () => {
    const login = await client.auth.login(app.admin.credentials!);
    const proxy = await FaultProxy.start(app.url);
    const kept: unknown[] = [];
    const renewing = clientAt(proxy.url, {
      token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
      refreshToken: login.refreshToken,
      onTokens: (pair) => void kept.push(pair.refreshToken),
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => renewing.users.getProfile()));
    expect(answers.map(({ username }) => username)).toEqual(Array(5).fill(app.admin.user.username));
    expect(proxy.requests.filter((line) => line === 'POST /api/auth/refresh')).toHaveLength(1);
    expect(kept).toEqual([expect.any(String)]);
    // the next one works as well
    expect(await client.auth.refresh({ refreshToken: kept[0] as string })).toMatchObject({
      tokenType: 'bearer',
    });
  });

  test('is renewed before it expires, and a failed renewal is reported by the request', async () => {
    const { refreshToken } = await client.auth.login(app.admin.credentials!);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Date.now() / 1000;
    const ending = `${part({ alg: 'HS256' })}.${part({ iat: seconds - 3600, exp: seconds + 5 })}.c2lnbmF0dXJl`;
    const proxy = await FaultProxy.start(app.url);
    const renewing = clientAt(proxy.url, { token: ending, refreshToken });
    expect(await renewing.users.getProfile()).toMatchObject({ username: app.admin.user.username });
    expect(proxy.requests).toEqual(['POST /api/auth/refresh', 'GET /api/users/profile']);
    const lost = clientAt(app.url, { token: ending, refreshToken: 'another' });
    expect(await code(lost.users.getProfile())).toBe('AUTH_TOKEN_INVALID');
    // a bearer that is about to end renews itself
    const self = clientAt(app.url, { token: ending });
    expect(await code(self.users.getProfile())).toBe('AUTH_TOKEN_INVALID');
  });

  test('can come from a callback, and login keeps its own', async () => {
    let asked = 0;
    const vault = clientAt(app.url, { token: async () => ((asked += 1), app.admin.token ?? '') });
    await vault.system.info();
    await vault.system.info();
    expect(asked).toBe(2);
    const newcomer = new MillraceClient({ baseURL: `${app.url}/api` });
    expect((await newcomer.login(app.admin.credentials!)).user.username).toBe(app.admin.user.username);
    const session = await newcomer.sessions.create({ projectId });
    const within = newcomer.with({ sessionId: session.sessionId });
    await within.tasks.create({ title: 'In a session', projectId });
    const history = await newcomer.sessions.history(session.sessionId);
    expect(history.items.map(({ action }) => action)).toContain('created');
  });
});

describe('a command', () => {
  test('returns its output in order and its exit code', async () => {
    const run = client.commands.run('echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 7', {
      projectId,
    });
    const seen: string[] = [];
    for await (const { stream, text } of run) seen.push(`${stream}: ${text}`);
    expect(seen).toEqual(['stdout: one\n', 'stderr: two\n', 'stdout: three\n']);
    const { commandId } = await run.started;
    expect(await run.result()).toEqual({
      commandId,
      status: 'failed',
      exitCode: 7,
      reason: 'TASK_EXECUTION_FAILED',
      error: null,
      outputBytes: 14,
    });
    // that it failed was not asked for, and is not an error
    expect(await client.commands.run('exit 3').result()).toMatchObject({ exitCode: 3 });
    const bytes = client.commands.run(String.raw`printf '\303\251\377\0'`);
    const all: Uint8Array[] = [];
    for await (const frame of bytes) all.push(frame.bytes);
    expect(Buffer.concat(all).toString('hex')).toBe('c3a9ff00');
  });

  test('loses no output when its connection breaks repeatedly', async () => {
    const proxy = await FaultProxy.start(app.url);
    const run = clientAt(proxy.url).commands.run(numbers(20_000));
    let text = '';
    let next = 0;
    for await (const frame of run) {
      text += frame.text;
      if (text.length < next) continue;
      next = text.length + 50_000;
      proxy.cut();
    }
    expect(text === lines(20_000)).toBe(true);
    expect(proxy.requests.filter((line) => line.includes('/output')).length).toBeGreaterThan(1);
    expect(await run.result()).toMatchObject({ status: 'completed', exitCode: 0, outputBytes: text.length });
  });

  test('is terminated by its signal and by cancel, with all its processes', async () => {
    const stopping = new AbortController();
    const aborted = client.commands.run('echo begun; sleep 600', { signal: stopping.signal });
    const ended = (async () => {
      for await (const { text } of aborted) if (text === 'begun\n') stopping.abort(new Error('enough'));
    })();
    await expect(ended).rejects.toThrow('enough');
    await expect(aborted.result()).rejects.toThrow('enough');
    const { commandId } = await aborted.started;
    const tail = client.commands.follow(commandId, { tail: 1 });
    for (let step = await tail.next(); ; step = await tail.next())
      if (step.done) {
        expect(step.value).toEqual({ exitCode: -15, total: 6 });
        break;
      }
    const cancelled = client.commands.run('sleep 600');
    await cancelled.cancel('Requirements changed');
    expect(await cancelled.result()).toMatchObject({ status: 'cancelled', reason: 'TASK_CANCELLED' });
    await expect(client.commands.run('rm -rf /').result()).rejects.toMatchObject({ code: 'COMMAND_UNSAFE' });
  });

  test('of a task can be followed by the ref of the task', async () => {
    const task = await client.tasks.create({
      title: 'Followed',
      projectId,
      command: 'echo out; echo err >&2',
    });
    await client.tasks.execute(task.ref, { priority: 'high' });
    const frames: string[] = [];
    for await (const { text } of client.tasks.follow(task.ref)) frames.push(text);
    expect(frames.join('').split('\n').toSorted()).toEqual(['', 'err', 'out']);
    expect(await (await client.tasks.output(task.id)).text()).toHaveLength(8);
  });
});
