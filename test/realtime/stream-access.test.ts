import { once } from 'node:events';
import { connect } from 'node:net';
import { Client as Postgres } from 'pg';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import { createProject, createTask, ended, execute } from './fixtures.js';

const app = useSharedApp();
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** Opens an HTTP stream of a running execution; resolves once data has arrived. */
async function openStream(client: Client, task: string, how: 'events' | 'follow') {
  const response = await client.open(
    'GET',
    `/api/tasks/${task}/output${how === 'follow' ? '?follow=true' : ''}`,
    undefined,
    how === 'events' ? { headers: { accept: 'text/event-stream' } } : {},
  );
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  cleanUps.push(() => reader.cancel().catch(() => undefined));
  let text = '';
  while (!text.includes('on')) text += Buffer.from((await reader.read()).value ?? []).toString();
  /** Reads to the end; a connection that was cut is one, too. */
  const ended = async () => {
    for (;;) {
      const { done } = await reader.read().catch(() => ({ done: true }));
      if (done) return true;
    }
  };
  return { ended };
}

async function makeRun(): Promise<{ project: string; task: string }> {
  const project = await createProject(app.admin, { visibility: 'internal' });
  const task = await createTask(app.admin, project, 'while :; do echo on; sleep 0.1; done');
  await execute(app.admin, task);
  cleanUps.push(() => app.admin.post(`/api/tasks/${task}/cancel`, {}));
  return { project, task };
}

test.each(['events', 'follow'] as const)(
  'an HTTP stream (%s) ends when its reader loses the permission',
  async (how) => {
    const { project, task } = await makeRun();
    const [disabled, outsider, holder] = await Promise.all(
      [1, 2, 3].map(() => app.admin.createUser('developer')),
    );
    const token = await expectStatus(
      201,
      holder!.post('/api/personal-access-tokens/', { label: 'A stream', scopes: ['tasks.read'] }),
    );
    const { id } = token.body.data;
    const [byAdmin, byDisabled, byOutsider, byToken] = await Promise.all([
      openStream(app.admin, task, how),
      openStream(disabled!, task, how),
      openStream(outsider!, task, how),
      openStream(holder!.withToken(token.body.data.token as string), task, how),
    ]);

    await expectStatus(200, holder!.delete(`/api/personal-access-tokens/${id}`));
    expect(await byToken.ended()).toBe(true);
    await expectStatus(200, app.admin.put(`/api/users/${disabled!.user.id}`, { disabled: true }));
    expect(await byDisabled.ended()).toBe(true);
    await expectStatus(200, app.admin.put(`/api/projects/${project}`, { visibility: 'private' }));
    expect(await byOutsider.ended()).toBe(true);

    // readers who keep the permission receive the output to its end
    await expectStatus(200, app.admin.post(`/api/tasks/${task}/cancel`, {}));
    expect(await byAdmin.ended()).toBe(true);
  },
);

describe('a download of output', () => {
  const bytes = 40_000_000;
  let project: string;
  let execution: string;
  beforeAll(async () => {
    project = await createProject(app.admin, { visibility: 'internal' });
    const task = await createTask(app.admin, project, `yes on | head -c ${bytes}`);
    execution = await execute(app.admin, task);
    await ended(app.admin, task);
  });

  /** Begins to read, and takes no more than what comes first. @returns how to read on, which gives what came in all */
  async function begin(client: Client, query: string, headers = {}): Promise<() => Promise<number>> {
    const path = `/api/commands/${execution}/output${query}`;
    const response = await client.open('GET', path, undefined, { headers });
    expect([200, 206]).toContain(response.status);
    const reader = response.body!.getReader();
    cleanUps.push(() => reader.cancel().catch(() => undefined));
    let total = (await reader.read()).value?.length ?? 0;
    return async () => {
      for (;;) {
        const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (done) return total;
        total += value?.length ?? 0;
      }
    };
  }

  test('stops when the reader loses the permission', async () => {
    const users = await Promise.all([1, 2, 3, 4].map(() => app.admin.createUser('developer')));
    const [disabled, outsider, leaving, renewed] = users as [Client, Client, Client, Client];
    const [byAdmin, byDisabled, byOutsider, byLeaving, byRenewed] = await Promise.all([
      begin(app.admin, ''),
      begin(disabled, '?download=true'),
      begin(outsider, '', { range: 'bytes=1-' }),
      begin(leaving, '?stream=stdout'),
      begin(renewed, '?ansi=strip&from_offset=1'),
    ]);
    await expectStatus(200, app.admin.put(`/api/users/${disabled.user.id}`, { disabled: true }));
    expect(await byDisabled()).toBeLessThan(bytes - 1);
    await expectStatus(200, leaving.post('/api/auth/logout', {}));
    expect(await byLeaving()).toBeLessThan(bytes - 1);
    await expectStatus(
      200,
      app.admin.put(`/api/users/${renewed.user.id}`, { password: 'another password of a user' }),
    );
    expect(await byRenewed()).toBeLessThan(bytes - 1);
    await expectStatus(200, app.admin.put(`/api/projects/${project}`, { visibility: 'private' }));
    expect(await byOutsider()).toBeLessThan(bytes - 1);
    expect(await byAdmin()).toBe(bytes);
  });

  test('leaves nothing behind when the client disconnects before the response', async () => {
    const user = await app.admin.createUser('admin');
    const { port, url } = app.apis[0]!;
    const path = `/api/commands/${execution}/output`;
    const head = `Host: x\r\nAuthorization: Bearer ${user.token}\r\n`;
    const send = async (index: number) => {
      const socket = connect(port, '127.0.0.1');
      const query = ['', '?download=true', '?follow=true'][index % 3];
      const accept = index % 2 === 0 ? 'text/event-stream' : '*/*';
      socket.write(`GET ${path}${query} HTTP/1.1\r\n${head}Accept: ${accept}\r\n\r\n`);
      await once(socket, 'connect');
      return socket;
    };
    const blocker = new Postgres({ connectionString: app.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE executions IN ACCESS EXCLUSIVE MODE');
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, index) => send(index)));
      await until(async () => (await waitingForTable()) > 0, { what: 'the output to be looked for' });
      for (const socket of sockets) socket.destroy();
      // by the time of this answer the server has seen that they are gone
      await fetch(`${url}/api/health/live`);
    } finally {
      await blocker.end();
    }
    await until(async () => (await waitingForTable()) === 0, { what: 'the output to be found' });
    const ask = async () => {
      const answer = await fetch(`${url}${path}?limit=1`, {
        headers: { authorization: `Bearer ${user.token}` },
      });
      await answer.arrayBuffer();
      return answer.status === 200;
    };
    // its look-ups stand in line behind those of the others
    await ask();
    await until(ask, { what: 'the places to be free again', timeout: 5_000 });
  });
});

async function waitingForTable(): Promise<number> {
  const [row] = await app.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!.n;
}
