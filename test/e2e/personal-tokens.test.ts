import { io } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { readEvents } from '../commands/steps.js';
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
  reached,
  refusal,
  refusedEverywhere,
  type Json,
} from './steps.js';

const app = useSharedApp();
afterEach(closeSockets);
const path = '/api/personal-access-tokens/';
const forbidden = '403 AUTH_INSUFFICIENT_PERMISSIONS';

const make = (client: Client, scopes: string[], fields: object = {}): Promise<Json> =>
  data(201, client.post(path, { label: 'A script', scopes, ...fields }));
/** A client that comes with a new token of another one's user. */
const script = async (client: Client, scopes: string[], fields: object = {}): Promise<Client> =>
  client.withToken((await make(client, scopes, fields)).token);

describe('a personal access token', () => {
  test('is created, shown once, listed and revoked', async () => {
    const user = await app.admin.createUser('developer');
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await make(user, ['tasks.read', 'tasks.read', 'execute'], { expires_at: expiresAt });
    const { token, ...view } = made;
    expect(token).toMatch(/^mlr_pat_[0-9A-Za-z]{38}$/);
    expect(view).toEqual({
      id: expect.any(String),
      user_id: user.user.id,
      label: 'A script',
      scopes: ['tasks.read', 'execute'],
      hint: `mlr_pat_…${token.slice(-4)}`,
      created_at: expect.any(String),
      expires_at: expiresAt,
      last_used_at: null,
    });
    expect((await data(200, user.get(path))).items).toEqual([view]);
    expect(await data(200, user.get(path + view.id))).toEqual(view);

    expect((await user.withToken(token).get('/api/tasks/')).status).toBe(200);
    await data(200, user.delete(path + view.id));
    await refusedEverywhere(app, user.withToken(token));
    expect(await refusal(user.withToken(token).get('/api/tasks/'))).toBe('401 AUTH_TOKEN_INVALID');
    expect((await data(200, user.get(path))).items).toEqual([]);
    expect(await refusal(user.delete(path + view.id))).toBe('404 RESOURCE_NOT_FOUND');

    const rows = await app.query('SELECT * FROM activity WHERE entity_id = $1 ORDER BY sequence', [view.id]);
    expect(rows.map(({ entity_type, action, actor_id }) => [entity_type, action, actor_id])).toEqual([
      ['token', 'created', user.user.id],
      ['token', 'revoked', user.user.id],
    ]);
    const kept = JSON.stringify(rows) + app.processes.map(({ stderr }) => stderr).join('');
    expect(kept).not.toContain(token);
  });

  test.each([
    [{}, 'label'],
    [{ label: '  ', scopes: ['execute'] }, 'label'],
    [{ label: 'x' }, 'scopes'],
    [{ label: 'x', scopes: [] }, 'scopes'],
    [{ label: 'x', scopes: ['everything'] }, 'scopes.0'],
    [{ label: 'x', scopes: ['execute'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ label: 'x', scopes: ['execute'], expires_at: 'tomorrow' }, 'expires_at'],
  ])('is refused for the invalid fields %j', async (body, field) => {
    const answer = await app.admin.post(path, body);
    expect([answer.status, answer.body.error.details.field]).toEqual([422, field]);
  });

  test('records the time of its last use, but not for every request', async () => {
    const made = await make(app.admin, ['tasks.read']);
    const client = app.admin.withToken(made.token);
    await data(200, client.get('/api/tasks/'));
    const used = async () => (await data(200, app.admin.get(path + made.id))).last_used_at;
    const first = await until(used, { what: 'the last use to be recorded' });
    expect(Math.abs(Date.parse(first) - Date.now())).toBeLessThan(60_000);
    for (let count = 0; count < 5; count += 1) await data(200, client.get('/api/tasks/'));
    expect(await used()).toBe(first);
  });

  test('belongs to its user: others do not see it, administrators may revoke it', async () => {
    const [user, other] = [await app.admin.createUser('viewer'), await app.admin.createUser('developer')];
    const { id } = await make(user, ['tasks.read']);
    for (const answer of [other.get(path + id), other.delete(path + id), user.get(path + nobody)])
      expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
    expect(await refusal(other.get(path, { query: { user_id: user.user.id } }))).toBe(forbidden);
    const seen = await data(200, app.admin.get(path, { query: { user_id: user.user.id } }));
    expect(seen.items.map((each: Json) => each.id)).toEqual([id]);
    await data(200, app.admin.delete(path + id));
    expect((await data(200, user.get(path))).total).toBe(0);
  });

  test('counts towards the limit of fifty', async () => {
    const user = await app.admin.createUser('viewer');
    await app.query(
      `INSERT INTO credentials (id, user_id, label, scopes, token_hash, hint)
       SELECT gen_random_uuid(), $1, 'x', '{tasks.read}', sha256(n::text::bytea), '' FROM generate_series(1, 48) n`,
      [user.user.id],
    );
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => user.post(path, { label: 'x', scopes: ['tasks.read'] })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    const refused = answers.find(({ status }) => status !== 201);
    expect([refused?.status, refused?.body.error.code]).toEqual([409, 'RESOURCE_LIMIT_EXCEEDED']);
  });
});

describe('the permissions of a token', () => {
  test('never exceed those of its user', async () => {
    const viewer = await app.admin.createUser('viewer');
    const answer = await viewer.post(path, { label: 'x', scopes: ['tasks.read', 'tasks.write', 'admin'] });
    expect([answer.status, answer.body.error.details.scopes]).toEqual([403, ['tasks.write', 'admin']]);

    const user = await app.admin.createUser('developer');
    const client = await script(user, ['projects.write', 'tasks.write']);
    const project = await makeProject(client);
    await data(200, app.admin.put(`/api/users/${user.user.id}`, { role: 'viewer' }));
    // the other processes are notified of the change a moment later
    const make = () => client.post('/api/projects/', { name: 'No more' });
    await until(async () => (await make()).status === 403 && (await make()).status === 403);
    expect(await refusal(make())).toBe(forbidden);
    expect((await client.get(`/api/projects/${project.id}`)).status).toBe(200);
    await data(200, app.admin.put(`/api/users/${user.user.id}`, { disabled: true }));
    const shown = () => client.get(`/api/projects/${project.id}`);
    await until(async () => (await shown()).status === 403);
    expect(await refusal(shown())).toBe('403 AUTH_ACCOUNT_DISABLED');
  });

  test('are those of its scopes, and an error names the missing scopes', async () => {
    const reader = await script(app.admin, ['tasks.read']);
    const answer = await reader.post('/api/tasks/', { title: 'x', project_id: nobody });
    expect([answer.status, answer.body.error.details]).toEqual([403, { required_scopes: ['tasks.write'] }]);
  });

  test('show only statistics of tasks without the scope tasks.read', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const title = 'A title that is nobody else’s business';
    await data(201, owner.post('/api/tasks/', { title, project_id: project.id }));
    const detail = async (scopes: string[]) =>
      data(200, (await script(owner, scopes)).get(`/api/projects/${project.id}`));
    const actions = ({ recent_activity }: Json) => recent_activity.map(({ action }: Json) => action);
    const narrow = await detail(['projects.read']);
    expect(actions(narrow)).toEqual(['project_created']);
    expect(JSON.stringify(narrow)).not.toContain(title);
    expect(narrow.statistics.total_tasks).toBe(1);
    const wide = await detail(['projects.read', 'tasks.read']);
    expect(actions(wide)).toEqual(['task_created', 'project_created']);
    expect(wide.recent_activity[0].task_title).toBe(title);
  });

  test('allow to clone tasks only with the scope tasks.write', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    await data(201, owner.post('/api/tasks/', { title: 'A task', project_id: project.id }));
    const copy = async (scopes: string[], include_tasks: boolean) =>
      (await script(owner, scopes)).post(`/api/projects/${project.id}/clone`, {
        name: 'Copy',
        include_tasks,
      });
    expect(await refusal(copy(['projects.write'], true))).toBe(forbidden);
    expect((await copy(['projects.write'], false)).status).toBe(201);
    expect((await data(201, copy(['projects.write', 'tasks.write'], true))).cloned_tasks).toBe(1);
  });

  test('do not include administration without the scope admin', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const narrow = await script(app.admin, ['projects.read', 'webhooks.manage']);
    expect(await refusal(narrow.get(`/api/projects/${project.id}`))).toBe('404 PROJECT_NOT_FOUND');
    const hook = { url: 'https://example.com/', events: ['*'] };
    expect(await refusal(narrow.post('/api/webhooks/', hook))).toBe(forbidden);
    const wide = await script(app.admin, ['projects.read', 'admin']);
    expect((await wide.get(`/api/projects/${project.id}`)).status).toBe(200);
  });

  test('include new tokens only with tokens.manage, and none with more permissions', async () => {
    const plain = await script(app.admin, ['tasks.read', 'admin']);
    const body = { label: 'x', scopes: ['tasks.read'] };
    expect(await refusal(plain.post(path, body))).toBe(forbidden);
    expect(await refusal(plain.post('/api/auth/refresh'))).toBe('401 AUTH_TOKEN_INVALID');

    const end = new Date(Date.now() + 3_600_000).toISOString();
    const maker = await script(app.admin, ['tokens.manage', 'tasks.read'], { expires_at: end });
    expect(await refusal(maker.post(path, { ...body, expires_at: end, scopes: ['execute'] }))).toBe(
      forbidden,
    );
    expect(await refusal(maker.post(path, body))).toBe(forbidden);
    await data(201, maker.post(path, { ...body, expires_at: end }));
  });

  test('end at its expiry', async () => {
    const made = await make(app.admin, ['tasks.read'], {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const client = app.admin.withToken(made.token);
    const soon = new Date(Date.now() + 1_500);
    await app.query('UPDATE credentials SET expires_at = $2 WHERE id = $1', [made.id, soon]);
    const socket = await LiveSocket.open(app.wsUrl, made.token);
    expect((await client.get('/api/tasks/')).status).toBe(200);
    await until(async () => (await client.get('/api/tasks/')).status === 401, {
      what: 'the end of the token',
    });
    expect((await until(() => socket.closed)).code).toBe(4419);
  });
});

describe('a token is accepted in place of a JWT by', () => {
  test('WebSocket, with its scopes, and the connection is closed when it is revoked', async () => {
    const made = await make(app.admin, ['tasks.read', 'execute']);
    const socket = await LiveSocket.open(app.wsUrl, made.token);
    await socket.ask({ type: 'subscribe', channel: 'task_updates' }, 'subscribed');
    expect(await socket.refusal({ type: 'subscribe', channel: 'project_updates', project_id: nobody })).toBe(
      'AUTH_INSUFFICIENT_PERMISSIONS',
    );
    expect(await socket.refusal({ type: 'execute_task', task_id: nobody })).toBe('TASK_NOT_FOUND');
    const reader = await LiveSocket.open(app.wsUrl, undefined, {
      headers: { authorization: `Bearer ${(await make(app.admin, ['tasks.read'])).token}` },
    });
    await reader.next('authenticated');
    expect(await reader.refusal({ type: 'execute_task', task_id: nobody })).toBe(
      'AUTH_INSUFFICIENT_PERMISSIONS',
    );
    await data(200, app.admin.delete(path + made.id));
    expect((await until(() => socket.closed)).code).toBe(4401);
    expect(reader.closed).toBeUndefined();
  });

  test('socket.io', async () => {
    const { token } = await make(app.admin, ['tasks.read']);
    const options = { auth: { token }, forceNew: true, reconnection: false };
    const socket = io(app.wsUrl.replace('ws', 'http'), options);
    try {
      await new Promise<void>((resolve, reject) =>
        socket.once('connect', resolve).once('connect_error', reject),
      );
      const answer = await socket.emitWithAck('subscribe', { channel: 'notifications' });
      expect(answer.type).toBe('subscribed');
    } finally {
      socket.disconnect();
    }
  });

  test('server-sent events, and for an execution from start to end', async () => {
    const project = await makeProject(app.admin);
    const task = await makeJob(app.admin, project, 'echo by token');
    await data(200, app.admin.put(`/api/projects/${project.id}`, { visibility: 'internal' }));
    const client = await script(app.admin, ['execute', 'admin']);
    await execute(client, task);
    await reached(client, task, 'completed');
    const response = await client.open('GET', `/api/tasks/${task.id}/output`, undefined, {
      headers: { accept: 'text/event-stream' },
    });
    const events = await readEvents(response);
    expect(events.map(({ data: frame }) => frame.content).join('')).toBe('by token\n');
  });
});
