import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { data, makeProject, makeWebhook } from './steps.js';

const app = useApp();
const url = 'https://example.com/hook';
const nowhere = '01a20248-3e42-712e-94d4-ee21d5863641';

describe('a webhook', () => {
  test('is made, listed, shown, changed and deleted', async () => {
    const project = await makeProject(app.admin);
    const made = await makeWebhook(app.admin, {
      url,
      events: ['task.*', 'task.*', 'project.updated'],
      project_id: project.key,
    });
    expect(made).toMatchObject({
      url,
      events: ['task.*', 'project.updated'],
      project_id: project.id,
      active: true,
      version: 1,
    });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);

    const path = `/api/webhooks/${made.id}`;
    const listed = await data(200, app.admin.get('/api/webhooks/', { query: { project_id: project.id } }));
    expect(listed.items.map(({ id }: { id: string }) => id)).toEqual([made.id]);
    expect(listed.pagination).toMatchObject({ total: 1, page: 1 });

    const changed = await data(
      200,
      app.admin.put(path, { url: `${url}2`, active: false, description: 'new' }),
    );
    expect(changed).toMatchObject({
      url: `${url}2`,
      active: false,
      description: 'new',
      version: 2,
      events: made.events,
    });
    expect(await data(200, app.admin.get(path))).toEqual(changed);

    expect(await data(200, app.admin.delete(path))).toHaveProperty('deleted_at');
    expect((await app.admin.get(path)).status).toBe(404);
    expect((await app.admin.delete(path)).status).toBe(404);
    expect(
      (await data(200, app.admin.get('/api/webhooks/', { query: { project_id: project.id } }))).items,
    ).toEqual([]);
  });

  test('shows its secret once and stores it in no activity', async () => {
    const secret = 'a secret given by its user';
    const made = await makeWebhook(app.admin, { url, secret });
    expect(made.secret).toBe(secret);
    const rotated = await data(200, app.admin.post(`/api/webhooks/${made.id}/rotate`));
    expect(rotated.secret).not.toBe(secret);
    expect(Date.parse(rotated.previous_secret_expires_at) - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
    const answers = [
      await app.admin.get(`/api/webhooks/${made.id}`),
      await app.admin.get('/api/webhooks/'),
      await app.admin.put(`/api/webhooks/${made.id}`, { description: 'x', secret: 'another secret' }),
      await app.admin.get(`/api/webhooks/${made.id}/deliveries`),
      await app.admin.post('/api/webhooks/', { url: 'nonsense', events: ['*'], secret }),
    ];
    const rows = await app.query('SELECT * FROM activity WHERE entity_id = $1', [made.id]);
    expect(rows.map(({ action }) => action)).toEqual(['created', 'secret_rotated', 'updated']);
    const shown =
      JSON.stringify([answers.map(({ body }) => body), rows]) +
      app.processes.map((server) => server.stderr).join('');
    for (const hidden of [secret, rotated.secret, 'another secret']) expect(shown).not.toContain(hidden);
  });

  test('refuses a stale version', async () => {
    const { id } = await makeWebhook(app.admin, { url });
    const path = `/api/webhooks/${id}`;
    await data(200, app.admin.put(path, { description: 'one', version: 1 }));
    for (const answer of [
      await app.admin.put(path, { description: 'two', version: 1 }),
      await app.admin.put(path, { description: 'two' }, { headers: { 'if-match': '"1"' } }),
      await app.admin.post(`${path}/rotate`, {}, { headers: { 'if-match': '"1"' } }),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.body.error).toMatchObject({ code: 'VERSION_CONFLICT', details: { current_version: 2 } });
    }
  });

  test.each([
    [{}, 'url'],
    [{ url: 'ftp://example.com/', events: ['*'] }, 'url'],
    [{ url: 'https://user:pass@example.com/', events: ['*'] }, 'url'],
    [{ url }, 'events'],
    [{ url, events: [] }, 'events'],
    [{ url, events: ['task.vanished'] }, 'events.0'],
    [{ url, events: ['*'], secret: 'short' }, 'secret'],
    [{ url, events: ['*'], secret: 'x'.repeat(257) }, 'secret'],
    [{ url, events: ['*'], secret: 'whsec_not-base64!' }, 'secret'],
    [{ url, events: ['*'], project_id: 'no project' }, 'project_id'],
  ])('is refused when made from %j', async (body, field) => {
    const answer = await app.admin.post('/api/webhooks/', body);
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.field).toBe(field);
  });
});

describe('access', () => {
  test('to webhooks of a project is for its owners', async () => {
    const owner = await app.admin.createUser('developer');
    const member = await app.admin.createUser('developer');
    const stranger = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    await data(
      200,
      owner.put(`/api/projects/${project.id}/members/${member.user.id}`, { role: 'developer' }),
    );
    const { id } = await makeWebhook(owner, { url, project_id: project.id });
    const path = `/api/webhooks/${id}`;
    const body = { url, events: ['*'], project_id: project.id };

    for (const [client, status, code] of [
      [member, 403, 'PROJECT_ACCESS_DENIED'],
      [stranger, 404, 'RESOURCE_NOT_FOUND'],
    ] as const) {
      for (const answer of [
        await client.get(path),
        await client.put(path, { active: false }),
        await client.delete(path),
        await client.post(`${path}/rotate`),
        await client.post(`${path}/test`),
        await client.get(`${path}/deliveries`),
        await client.post(`${path}/deliveries/${nowhere}/redeliver`),
      ]) {
        expect([answer.status, answer.body.error.code]).toEqual([status, code]);
      }
      expect((await client.post('/api/webhooks/', body)).status).toBe(status);
      expect((await data(200, client.get('/api/webhooks/'))).items).toEqual([]);
    }
    expect((await data(200, owner.get('/api/webhooks/'))).total).toBe(1);
    expect((await app.admin.get(path)).status).toBe(200);
  });

  test('to webhooks that hear of everything is for administrators', async () => {
    const developer = await app.admin.createUser('developer');
    const { id } = await makeWebhook(app.admin, { url });
    const refused = await developer.post('/api/webhooks/', { url, events: ['*'] });
    expect([refused.status, refused.body.error.code]).toEqual([403, 'AUTH_INSUFFICIENT_PERMISSIONS']);
    expect((await developer.get(`/api/webhooks/${id}`)).status).toBe(404);
    expect((await developer.post(`/api/webhooks/${id}/rotate`)).status).toBe(404);
  });

  test('takes a token, and the write permission to change anything', async () => {
    expect((await app.anonymous().get('/api/webhooks/')).status).toBe(401);
    const viewer = await app.admin.createUser('viewer');
    expect((await data(200, viewer.get('/api/webhooks/'))).items).toEqual([]);
    expect((await viewer.post('/api/webhooks/', { url, events: ['*'] })).status).toBe(403);
  });

  test('ends with the project', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const { id } = await makeWebhook(owner, { url, project_id: project.id });
    await data(200, owner.delete(`/api/projects/${project.id}`));
    expect((await owner.get(`/api/webhooks/${id}`)).status).toBe(404);
    expect((await data(200, owner.get('/api/webhooks/'))).items).toEqual([]);
  });
});
