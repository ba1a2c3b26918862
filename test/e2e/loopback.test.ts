import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LoopbackUsers } from '../../src/auth/loopback-users.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, makeProject, outputOf, refusal, runJob } from './steps.js';

const asRoot = process.getuid?.() === 0;

if (process.platform === 'linux') {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::', '::ffff:127.0.0.1'],
    ['::1', '::1'],
  ])(
    'the user of a connection to %s as %s is known until the connection is closed',
    async (listening, address) => {
      const server = createServer().listen(0, listening);
      await once(server, 'listening');
      const client = connect((server.address() as { port: number }).port, address);
      const [socket] = (await once(server, 'connection')) as [Socket];
      try {
        const users = new LoopbackUsers();
        // concurrent queries share one read of the table
        const told = await Promise.all([users.of(socket), users.of(socket), users.of(socket)]);
        expect(told).toEqual(Array.from({ length: 3 }, () => process.getuid!()));
        client.destroy();
        await until(async () => (await users.of(socket)) === 'closed', { what: 'the end to be seen' });
      } finally {
        client.destroy();
        socket.destroy();
        server.close();
      }
    },
  );
}

describe.runIf(asRoot)('a command in the network of the host', () => {
  const app = useApp({
    env: { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: 'loopback', EXECUTOR_ISOLATION: 'auto' },
  });
  const client = '203.0.113.9';

  /** Has a command send requests without a token, and gives the statuses. */
  async function send(times: number, path: string, options: string): Promise<string[]> {
    const script = `
      const sent = Array.from({ length: ${times} }, () => fetch("${app.url}${path}", ${options}));
      for (const answer of await Promise.all(sent)) console.log(answer.status);`;
    const job = await runJob(
      app.admin,
      await makeProject(app.admin),
      `'${process.execPath}' --input-type=module -e '${script}'`,
    );
    return (await outputOf(app, job.execution_id)).trim().split('\n');
  }
  const signIn = (from: Client, { username, password } = app.admin.credentials!) =>
    from.post('/api/auth/login', { username, password });
  const guess = (headers: Record<string, string>) => {
    const body = JSON.stringify({ username: app.admin.credentials!.username, password: 'a guess' });
    return `{ method: "POST", headers: ${JSON.stringify({ 'content-type': 'application/json', ...headers })}, body: ${JSON.stringify(body)} }`;
  };

  test('cannot block the logins of others, from loopback or through the proxy', async () => {
    const here = app.anonymous();
    const there = app.anonymous().with({ 'x-forwarded-for': client });
    const statuses = [
      ...(await send(12, '/api/auth/login', guess({}))),
      ...(await send(12, '/api/auth/login', guess({ 'x-forwarded-for': client }))),
    ];
    // ten tries of all commands together, whatever address they claim
    expect(statuses.filter((status) => status === '401')).toHaveLength(10);
    expect(statuses.filter((status) => status === '429')).toHaveLength(14);
    expect((await signIn(here)).status).toBe(200);
    expect((await signIn(there)).status).toBe(200);
    const sessions = await data(200, app.admin.get('/api/auth/sessions'));
    expect(sessions.items[0].address).toBe(client);
  });

  test('does not use up the rate limit of others', async () => {
    await send(150, '/nowhere', '{}');
    const statuses = await send(150, '/nowhere', `{ headers: { "x-forwarded-for": "${client}" } }`);
    expect(statuses.every((status) => status === '429')).toBe(true);
    for (const from of [app.anonymous(), app.anonymous().with({ 'x-forwarded-for': client })])
      expect(await refusal(from.get('/nowhere'))).toBe('404 RESOURCE_NOT_FOUND');
  });
});
