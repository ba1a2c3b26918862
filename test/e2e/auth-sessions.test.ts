import { Client as PgClient } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  makeJob,
  makeProject,
  nobody,
  refusal,
  refusedEverywhere,
  type Json,
} from './steps.js';

const app = useSharedApp();
afterEach(closeSockets);

const path = '/api/auth/sessions';
const refreshWith = (token: string | undefined) =>
  app.anonymous().post('/api/auth/refresh', { refresh_token: token });
const again = (user: Client) => user.as(user.credentials!);
const listed = async (user: Client): Promise<Json[]> => (await data(200, user.get(path))).items;
const idOf = async (user: Client): Promise<string> => (await listed(user)).find(({ current }) => current).id;

describe('sessions', () => {
  test('are limited to 100: a new login ends the least recently used ones', async () => {
    const user = await app.admin.createUser('viewer');
    const socket = await LiveSocket.open(app.wsUrl, user.token);
    const own = await idOf(user);
    await app.query(
      `INSERT INTO auth_sessions (id, user_id, epoch, expires_at, last_used_at)
       SELECT gen_random_uuid(), u.id, u.token_epoch, now() + interval '1 hour', now() - n * interval '1 second'
         FROM users u, generate_series(1, 98) n WHERE u.id = $1`,
      [user.user.id],
    );
    await app.query("UPDATE auth_sessions SET last_used_at = now() - interval '1 day' WHERE id = $1", [own]);
    const made = await Promise.all(Array.from({ length: 6 }, () => again(user)));
    await refusedEverywhere(app, user);
    await until(() => socket.closed);
    const open = await app.query<{ id: string }>(
      'SELECT id FROM auth_sessions WHERE user_id = $1 AND revoked_at IS NULL',
      [user.user.id],
    );
    expect(open).toHaveLength(100);
    for (const each of made) expect((await data(200, each.get(path))).total).toBe(100);
    const noted = await app.query<{ ended: number }>(
      `SELECT coalesce(sum((old_value->>'count')::int), 0)::int AS ended FROM activity WHERE entity_id = $1 AND action = 'login'`,
      [user.user.id],
    );
    expect(noted).toEqual([{ ended: 5 }]);
  });

  test('are listed to their user, with the current one marked', async () => {
    const first = await app.admin.createUser('viewer');
    const { username, password } = first.credentials!;
    const login = await data(
      200,
      app.anonymous().with({ 'user-agent': 'a test/1.0' }).post('/api/auth/login', { username, password }),
    );
    const second = first.withToken(login.access_token);
    const sessions = await listed(second);
    expect(sessions[0]).toEqual({
      id: expect.any(String),
      user_id: first.user.id,
      created_at: expect.any(String),
      last_used_at: expect.any(String),
      expires_at: expect.any(String),
      address: '127.0.0.1',
      user_agent: 'a test/1.0',
      current: true,
    });
    expect(sessions.map(({ current }) => current)).toEqual([true, false]);
    expect((await listed(first)).map(({ current }) => current)).toEqual([false, true]);
    expect((await data(200, first.get(path, { query: { page_size: 1 } }))).total).toBe(2);
  });

  test('that are ended invalidate their tokens in every process, and close sockets and streams of these only', async () => {
    const [ended, kept] = await app.admin
      .createUser('developer')
      .then(async (user) => [user, await again(user)]);
    const project = await makeProject(ended!);
    const task = await makeJob(ended!, project, 'while :; do echo on; sleep 0.1; done');
    await execute(ended!, task);
    const socket = await LiveSocket.open(app.wsUrl, ended!.token);
    const other = await LiveSocket.open(app.wsUrl, kept!.token);
    const stream = await ended!.open('GET', `/api/tasks/${task.id}/output`, undefined, {
      headers: { accept: 'text/event-stream' },
    });
    const streamed = stream.text().catch(() => 'cut');

    await data(200, kept!.delete(`${path}/${await idOf(ended!)}`));
    await refusedEverywhere(app, ended!);
    expect((await until(() => socket.closed)).code).toBe(4401);
    await streamed;
    expect(await refusal(refreshWith(ended!.refreshToken))).toBe('401 AUTH_TOKEN_INVALID');
    expect(await refusal(ended!.post('/api/auth/refresh'))).toBe('401 AUTH_TOKEN_INVALID');
    await other.ask({ type: 'ping' }, 'pong');
    expect(await listed(kept!)).toHaveLength(1);
    await data(200, kept!.post(`/api/tasks/${task.id}/cancel`));
  });

  test('can be ended except for the current one', async () => {
    const user = await app.admin.createUser('viewer');
    const others = [await again(user), await again(user)];
    expect(await data(200, user.delete(path))).toEqual({ message: 'Sessions ended', ended: 2 });
    for (const other of others) await refusedEverywhere(app, other);
    expect(await listed(user)).toHaveLength(1);
    const rows = await app.query(
      'SELECT action, old_value FROM activity WHERE entity_id = $1 AND action = $2',
      [user.user.id, 'auth_sessions_ended'],
    );
    expect(rows).toEqual([
      { action: 'auth_sessions_ended', old_value: expect.objectContaining({ count: 2 }) },
    ]);
  });

  test('are visible to their user only; administrators may list and end them', async () => {
    const [user, other] = [await app.admin.createUser('viewer'), await app.admin.createUser('developer')];
    const id = await idOf(user);
    for (const answer of [other.delete(`${path}/${id}`), user.delete(`${path}/${nobody}`)])
      expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
    const query = { user_id: user.user.id };
    for (const answer of [other.get(path, { query }), other.delete(path, undefined, { query })])
      expect(await refusal(answer)).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
    expect((await data(200, app.admin.get(path, { query }))).items).toEqual([
      expect.objectContaining({ id, current: false }),
    ]);
    expect((await data(200, app.admin.delete(path, undefined, { query }))).ended).toBe(1);
    await refusedEverywhere(app, user);
    expect(await refusal(app.admin.delete(`${path}/${id}`))).toBe('404 RESOURCE_NOT_FOUND');
    const second = await again(user);
    await data(200, app.admin.delete(`${path}/${await idOf(second)}`));
    await refusedEverywhere(app, second);
  });
});

describe('logout', () => {
  const logout = (user: Client, body?: object) => user.post('/api/auth/logout', body);

  test('by access token, refresh token or both ends the session, and is idempotent', async () => {
    const user = await app.admin.createUser('viewer');
    const [byBearer, byRefresh, byBoth] = [await again(user), await again(user), await again(user)];
    await data(200, logout(byBearer));
    await data(200, logout(user.anonymous(), { refresh_token: byRefresh.refreshToken }));
    // the access token may have expired before the logout
    const expired = user.withToken('an.expired.token');
    await data(200, logout(expired, { refresh_token: byBoth.refreshToken }));
    for (const left of [byBearer, byRefresh, byBoth]) {
      await refusedEverywhere(app, left);
      expect(await refusal(refreshWith(left.refreshToken))).toBe('401 AUTH_TOKEN_INVALID');
    }
    await data(200, logout(byBearer));
    expect(await listed(user)).toHaveLength(1);
    const rows = await app.query('SELECT 1 FROM activity WHERE entity_id = $1 AND action = $2', [
      user.user.id,
      'logout',
    ]);
    expect(rows).toHaveLength(3);
  });

  test('accepts no token of another kind', async () => {
    expect(await refusal(logout(app.anonymous()))).toBe('401 AUTH_TOKEN_MISSING');
    expect(await refusal(logout(app.anonymous(), { refresh_token: 'rubbish' }))).toBe(
      '401 AUTH_TOKEN_INVALID',
    );
    expect(await refusal(logout(app.anonymous().withToken('rubbish')))).toBe('401 AUTH_TOKEN_INVALID');
    const made = await data(
      201,
      app.admin.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
    );
    expect(await refusal(logout(app.admin.withToken(made.token)))).toBe('401 AUTH_TOKEN_INVALID');
  });
});

describe('a password change prevails over a concurrent', () => {
  /** A connection of the test, to hold what the product waits for. */
  async function connect(): Promise<PgClient> {
    const client = new PgClient({ connectionString: app.databaseUrl });
    await client.connect();
    return client;
  }

  async function waiting(): Promise<number> {
    const rows = await app.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length;
  }

  test.each([
    ['a login', (user: Client) => app.anonymous().post('/api/auth/login', user.credentials)],
    ['a rotation', (user: Client) => refreshWith(user.refreshToken)],
  ])('%s', async (_, send) => {
    const user = await app.admin.createUser('viewer');
    const holder = await connect();
    await holder.query(`SELECT pg_advisory_lock(1);
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
      CREATE TRIGGER held BEFORE INSERT ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION hold()`);
    try {
      // the token is being stored while the password changes, which may or may not wait for it
      const made = send(user);
      await until(async () => (await waiting()) === 1);
      let isChanged = false;
      const password = 'an entirely new password';
      const change = data(200, app.admin.put(`/api/users/${user.user.id}`, { password })).then(
        () => (isChanged = true),
      );
      await until(async () => isChanged || (await waiting()) === 2);
      await holder.query('SELECT pg_advisory_unlock(1)');
      await change;
      const tokens = (await made).body.data;
      if (tokens) {
        expect((await app.anonymous().withToken(tokens.access_token).get('/api/projects/')).status).toBe(401);
        expect(await refusal(refreshWith(tokens.refresh_token))).toBe('401 AUTH_TOKEN_INVALID');
      }
      expect(await refusal(refreshWith(user.refreshToken))).toBe('401 AUTH_TOKEN_INVALID');
    } finally {
      await holder.query('DROP FUNCTION hold CASCADE');
      await holder.end();
    }
  });

  test.each([
    [
      'a personal token',
      (user: Client) => user.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
    ],
    [
      'another change of the password',
      (user: Client) =>
        user.put('/api/users/password', {
          current_password: user.credentials!.password,
          new_password: 'what a thief would choose',
        }),
    ],
    ['a profile', (user: Client) => user.put('/api/users/profile', { email: 'thief@example.org' })],
  ])('%s', async (_, send) => {
    const user = await app.admin.createUser('developer');
    const holder = await connect();
    await holder.query('BEGIN');
    await holder.query('UPDATE users SET token_epoch = token_epoch + 1 WHERE id = $1', [user.user.id]);
    const answer = send(user);
    await until(async () => (await waiting()) === 1);
    await holder.query('COMMIT');
    await holder.end();
    expect(await refusal(answer)).toBe('401 AUTH_TOKEN_INVALID');
  });
});
