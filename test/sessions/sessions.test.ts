import { Client as PgClient } from 'pg';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { expectStatus } from '../support/client.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';
import { data, fault, makeProject, makeSession, makeTask, within } from './steps.js';

// four turns for each user, so that requests at once are worked on at once
const app = useApp({ env: { DATABASE_POOL_SIZE: '16' } });
const nobody = '01890000-0000-7000-8000-000000000000';
const hours = (text: string) => new Date(text).getTime() / 3_600_000;

describe('a session', () => {
  test('is created as the contract specifies, by every role', async () => {
    const project = await makeProject(app.admin, { visibility: 'internal' });
    for (const role of ['viewer', 'developer', 'admin'] as const) {
      const person = await app.admin.createUser(role);
      const settings = { theme: 'dark', auto_save: true, notifications: true };
      const session = await makeSession(person, { project_id: project.key, settings });
      expect(session).toEqual({
        session_id: expect.any(String),
        project_id: project.id,
        project_name: 'Shop',
        user_id: person.user.id,
        status: 'active',
        created_at: expect.any(String),
        last_accessed: session.created_at,
        expires_at: expect.any(String),
        settings,
        version: 1,
      });
      expect(hours(session.expires_at) - hours(session.created_at)).toBeCloseTo(2, 5);
      expect(await data(200, person.get(`/api/sessions/${session.session_id}`))).toMatchObject({ settings });
    }
  });

  test('requires neither a project nor settings', async () => {
    expect(await makeSession(app.admin)).toMatchObject({
      project_id: null,
      project_name: null,
      settings: {},
    });
  });

  test('is refused for invalid fields', async () => {
    const { admin } = app;
    const stranger = await admin.createUser('developer');
    const hidden = await makeProject(admin);
    expect(await fault(404, stranger.post('/api/sessions/', { project_id: hidden.id }))).toBe(
      'PROJECT_NOT_FOUND',
    );
    expect(await fault(422, admin.post('/api/sessions/', { settings: 'dark' }))).toBe(
      'VALIDATION_INVALID_FORMAT settings',
    );
    const large = { settings: { text: 'x'.repeat(20_000) } };
    expect(await fault(422, admin.post('/api/sessions/', large))).toBe('VALIDATION_ERROR settings');
    expect(await fault(422, admin.get('/api/sessions/1'))).toBe('VALIDATION_INVALID_FORMAT session_id');
    expect(await fault(404, admin.get(`/api/sessions/${nobody}`))).toBe('RESOURCE_NOT_FOUND');
    await expectStatus(401, admin.anonymous().get('/api/sessions/'));
  });

  test('merges settings, and refuses a stale version', async () => {
    const session = await makeSession(app.admin, { settings: { theme: 'dark', auto_save: true } });
    const path = `/api/sessions/${session.session_id}`;
    const changed = await data(200, app.admin.put(path, { settings: { theme: 'light' }, version: 1 }));
    expect(changed).toMatchObject({ settings: { theme: 'light', auto_save: true }, version: 2 });
    expect(await fault(409, app.admin.put(path, { settings: {}, version: 1 }))).toBe('VERSION_CONFLICT');
    const stale = { headers: { 'if-match': '"1"' } };
    expect(await fault(409, app.admin.put(path, { settings: {} }, stale))).toBe('VERSION_CONFLICT');
    expect(await fault(422, app.admin.put(path, {}))).toBe('VALIDATION_REQUIRED_FIELD settings');
    const half = { settings: { a: 'x'.repeat(2_500) } };
    await expectStatus(200, app.admin.put(path, half));
    const more = { settings: { b: 'x'.repeat(2_500) } };
    expect(await fault(422, app.admin.put(path, more))).toBe('VALIDATION_VALUE_TOO_LONG settings');
  });

  test('is private to its user; administrators may read it', async () => {
    const [owner, other] = [await app.admin.createUser('developer'), await app.admin.createUser('developer')];
    const session = await makeSession(owner);
    const path = `/api/sessions/${session.session_id}`;
    expect(await data(200, app.admin.get(path))).toMatchObject({ user_id: owner.user.id });
    expect(await data(200, app.admin.get(`${path}/history`))).toMatchObject({ total: 1 });
    expect(await fault(403, app.admin.put(path, { settings: {} }))).toBe('AUTH_INSUFFICIENT_PERMISSIONS');
    expect(await fault(403, app.admin.delete(path))).toBe('AUTH_INSUFFICIENT_PERMISSIONS');
    const restore = { restore_point: session.created_at };
    expect(await fault(403, app.admin.post(`${path}/restore`, restore))).toBe(
      'AUTH_INSUFFICIENT_PERMISSIONS',
    );
    for (const answer of [
      other.get(path),
      other.put(path, { settings: {} }),
      other.delete(path),
      other.get(`${path}/history`),
      other.post(`${path}/restore`, restore),
    ]) {
      expect(await fault(404, answer)).toBe('RESOURCE_NOT_FOUND');
    }
  });

  test('ends by deletion', async () => {
    const session = await makeSession(app.admin);
    const path = `/api/sessions/${session.session_id}`;
    expect(await data(200, app.admin.delete(path))).toEqual({
      message: expect.any(String),
      deleted_at: expect.any(String),
    });
    for (const answer of [
      app.admin.get(path),
      app.admin.delete(path),
      app.admin.put(path, { settings: {} }),
    ]) {
      expect(await fault(404, answer)).toBe('RESOURCE_NOT_FOUND');
    }
  });
});

describe('the list of sessions', () => {
  test('contains those of the user, filtered by status and project, with pagination', async () => {
    const person = await app.admin.createUser('developer');
    const project = await makeProject(person);
    const [a, b, c, d] = [
      await makeSession(person, { project_id: project.id }),
      await makeSession(person),
      await makeSession(person),
      await makeSession(person),
    ];
    await expectStatus(200, person.delete(`/api/sessions/${c.session_id}`));
    await app.query(`UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = $1`, [d.session_id]);
    const ids = async (query: Record<string, string | number>) =>
      (await data(200, person.get('/api/sessions/', { query }))).sessions.map(
        (session: { session_id: string }) => session.session_id,
      );
    expect(await ids({})).toEqual([d.session_id, b.session_id, a.session_id]);
    expect(await ids({ status: 'active', order: 'asc' })).toEqual([a.session_id, b.session_id]);
    expect(await ids({ status: 'expired' })).toEqual([d.session_id]);
    expect(await ids({ status: 'ended' })).toEqual([c.session_id]);
    expect(await ids({ project_id: project.id, status: 'active' })).toEqual([a.session_id]);
    const second = await data(200, person.get('/api/sessions/', { query: { page: 2, page_size: 2 } }));
    expect(second).toMatchObject({
      total: 3,
      page: 2,
      pages: 2,
      has_next: false,
      sessions: [{ session_id: a.session_id, project_name: 'Shop', status: 'active' }],
    });
    expect(await data(200, person.get('/api/sessions/', { query: { page: 9 } }))).toMatchObject({
      total: 3,
      sessions: [],
    });
    expect(await fault(422, person.get('/api/sessions/', { query: { status: 'asleep' } }))).toBe(
      'VALIDATION_ERROR status',
    );
  });

  test('contains those of another user for administrators', async () => {
    const [person, other] = [await app.admin.createUser('viewer'), await app.admin.createUser('viewer')];
    await makeSession(person);
    const query = { user_id: person.user.id };
    expect(await data(200, app.admin.get('/api/sessions/', { query }))).toMatchObject({ total: 1 });
    expect(await fault(403, other.get('/api/sessions/', { query }))).toBe('AUTH_INSUFFICIENT_PERMISSIONS');
  });
});

describe('the expiry of a session', () => {
  const age = (id: string, minutes: number) =>
    app.query(
      `UPDATE sessions SET last_accessed = now() - make_interval(mins => $2), expires_at = now() + make_interval(mins => 120 - $2) WHERE id = $1`,
      [id, minutes],
    );
  const left = async (id: string) => {
    const [row] = await app.query<{ minutes: number }>(
      'SELECT extract(epoch FROM expires_at - now())::float8 / 60 AS minutes FROM sessions WHERE id = $1',
      [id],
    );
    return row?.minutes ?? 0;
  };

  test('is extended by any request of the owner that names the session', async () => {
    const owner = await app.admin.createUser('viewer');
    const session = await makeSession(owner);
    await age(session.session_id, 100);
    await expectStatus(200, within(owner, session).get('/api/projects/'));
    expect(await until(async () => (await left(session.session_id)) > 119)).toBe(true);
  });

  test('is not extended by other users or after the end, and their requests succeed', async () => {
    const [owner, other] = [await app.admin.createUser('viewer'), await app.admin.createUser('viewer')];
    const [session, expired, witness] = [
      await makeSession(owner),
      await makeSession(owner),
      await makeSession(owner),
    ];
    await age(session.session_id, 100);
    await age(expired.session_id, 121);
    await age(witness.session_id, 100);
    await expectStatus(200, within(other, session).get('/api/projects/'));
    await expectStatus(200, within(owner, expired).get('/api/projects/'));
    await expectStatus(200, other.with({ 'x-session-id': 'no session at all' }).get('/api/projects/'));
    await expectStatus(200, within(owner, witness).get('/api/projects/'));
    await until(async () => (await left(witness.session_id)) > 119);
    expect(await left(session.session_id)).toBeLessThan(21);
    expect(await data(200, owner.get(`/api/sessions/${expired.session_id}`))).toMatchObject({
      status: 'expired',
    });
  });
});

test('the history lists the actions of the owner in the session, newest first, with the commands', async () => {
  const [owner, other] = [await app.admin.createUser('developer'), await app.admin.createUser('developer')];
  const project = await makeProject(owner, { visibility: 'internal' });
  const session = await makeSession(owner, { project_id: project.id });
  const working = within(owner, session);
  const task = await makeTask(working, project, { command: 'exit 3' });
  await expectStatus(200, working.put(`/api/tasks/${task.id}`, { title: 'Renamed' }));
  const run = await data(202, working.post(`/api/tasks/${task.id}/execute`));
  await makeTask(owner, project, { title: 'outside of the session' });
  await makeProject(within(other, session), { name: 'by somebody else' });
  const path = `/api/sessions/${session.session_id}/history`;
  const history = await until(async () => {
    const page = await data(200, owner.get(path));
    return page.items[0].command?.status === 'failed' ? page : undefined;
  });
  expect(history).toMatchObject({ session_id: session.session_id, total: 4, page: 1, has_next: false });
  expect(
    history.items.map(({ entity_type, action }: Record<string, string>) => `${entity_type} ${action}`),
  ).toEqual(['task status_changed', 'task updated', 'task created', 'session created']);
  const [queued, updated] = history.items;
  expect(queued.command).toEqual({
    execution_id: run.execution_id,
    command: 'exit 3',
    command_truncated: false,
    status: 'failed',
    exit_code: 3,
  });
  expect(updated).toEqual({
    id: expect.any(String),
    timestamp: expect.any(String),
    action: 'updated',
    entity_type: 'task',
    entity_id: task.id,
    project_id: project.id,
    old_value: { title: 'A task' },
    new_value: { title: 'Renamed' },
    command: null,
  });
  const oldest = await data(200, owner.get(path, { query: { page_size: 1, order: 'asc' } }));
  expect(oldest).toMatchObject({ total: 4, items: [{ entity_type: 'session', action: 'created' }] });
});

test('concurrently created sessions do not exceed the limit', async () => {
  const user = await app.admin.createUser('viewer');
  await app.query(
    `INSERT INTO sessions (id, user_id, expires_at)
     SELECT gen_random_uuid(), $1, now() + interval '1 hour' FROM generate_series(1, 48)`,
    [user.user.id],
  );
  const database = new PgClient(app.databaseUrl);
  await database.connect();
  try {
    // they are worked on at once for certain: none can end before four have begun
    await database.query('BEGIN');
    await database.query('LOCK TABLE activity IN SHARE MODE');
    const opening = Array.from({ length: 8 }, () => user.post('/api/sessions/', {}));
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until(async () => (await app.query(waiting)).length >= 4);
    await database.query('ROLLBACK');
    const statuses = (await Promise.all(opening)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([201, 201, ...Array<number>(6).fill(409)]);
  } finally {
    await database.end();
  }
});

test('a user is limited to 50 active sessions, and a session to 1000 changes', async () => {
  const user = await app.admin.createUser('viewer');
  await app.query(
    `INSERT INTO sessions (id, user_id, expires_at, version)
     SELECT gen_random_uuid(), $1, now() + interval '1 hour', 1000 FROM generate_series(1, 49)`,
    [user.user.id],
  );
  const { session_id } = await makeSession(user);
  expect(await fault(409, user.post('/api/sessions/', {}))).toMatch(/^RESOURCE_LIMIT_EXCEEDED/);
  await data(200, user.put(`/api/sessions/${session_id}`, { settings: {} }));
  const { sessions } = await data(200, user.get('/api/sessions/', { query: { page_size: 100 } }));
  const full = sessions.find((session: Json) => session.session_id !== session_id);
  expect(await fault(409, user.put(`/api/sessions/${full.session_id}`, { settings: {} }))).toMatch(
    /^RESOURCE_LIMIT_EXCEEDED/,
  );
  await data(200, user.delete(`/api/sessions/${full.session_id}`));
  await data(201, user.post('/api/sessions/', {}));
});
