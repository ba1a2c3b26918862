import { afterEach, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { LiveSocket, closeSockets } from '../realtime/live-socket.js';
import { until } from '../support/until.js';
import { Receiver } from './receiver.js';
import { data, delivered, deliveries, makeProject, makeWebhook, touch } from './steps.js';

const app = useApp();
afterEach(closeSockets);
const url = 'https://example.com/hook';
const nowhere = '01a20248-3e42-712e-94d4-ee21d5863641';

describe('a webhook', () => {
  test('counts towards the limit of fifty, also with concurrent creations', async () => {
    const project = await makeProject(app.admin);
    for (const projectId of [project.id, null]) {
      await app.query(
        `INSERT INTO webhooks (id, project_id, url, events, active, created_by)
         SELECT gen_random_uuid(), $1, $2, '{task.created}', false, $3 FROM generate_series(1, 48)`,
        [projectId, url, app.admin.user.id],
      );
      // a user has one turn in each process here, so that one user alone would not be fast enough
      const makers = [app.admin, ...(await Promise.all([1, 2, 3].map(() => app.admin.createUser('admin'))))];
      const made = await Promise.all(
        [...makers, ...makers].map((maker) =>
          maker.post('/api/webhooks/', { url, events: ['task.created'], project_id: projectId }),
        ),
      );
      expect(made.map(({ status }) => status).toSorted()).toEqual([201, 201, ...Array<number>(6).fill(409)]);
      await app.query('DELETE FROM webhooks WHERE project_id IS NOT DISTINCT FROM $1', [projectId]);
    }
  });

  test('is created, listed, shown, changed and deleted', async () => {
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
  ])('is refused for the invalid fields %j', async (body, field) => {
    const answer = await app.admin.post('/api/webhooks/', body);
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.field).toBe(field);
  });
});

describe('access', () => {
  test('to webhooks of a project is limited to its owners and administrators', async () => {
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
        await client.get(`${path}/deliveries/${nowhere}`),
        await client.post(`${path}/deliveries/${nowhere}/redeliver`),
        await client.post(`${path}/replay`, { from: '2026-01-01T00:00:00Z' }),
      ]) {
        expect([answer.status, answer.body.error.code]).toEqual([status, code]);
      }
      expect((await client.post('/api/webhooks/', body)).status).toBe(status);
      expect((await data(200, client.get('/api/webhooks/'))).items).toEqual([]);
    }
    expect((await data(200, owner.get('/api/webhooks/'))).total).toBe(1);
    expect((await app.admin.get(path)).status).toBe(200);
  });

  test('to webhooks of all projects is limited to administrators', async () => {
    const developer = await app.admin.createUser('developer');
    const { id } = await makeWebhook(app.admin, { url });
    const refused = await developer.post('/api/webhooks/', { url, events: ['*'] });
    expect([refused.status, refused.body.error.code]).toEqual([403, 'AUTH_INSUFFICIENT_PERMISSIONS']);
    expect((await developer.get(`/api/webhooks/${id}`)).status).toBe(404);
    expect((await developer.post(`/api/webhooks/${id}/rotate`)).status).toBe(404);
  });

  test('requires a token, and write permission for changes', async () => {
    expect((await app.anonymous().get('/api/webhooks/')).status).toBe(401);
    const viewer = await app.admin.createUser('viewer');
    expect((await data(200, viewer.get('/api/webhooks/'))).items).toEqual([]);
    expect((await viewer.post('/api/webhooks/', { url, events: ['*'] })).status).toBe(403);
  });

  test('ends with the deletion of the project', async () => {
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const { id } = await makeWebhook(owner, { url, project_id: project.id });
    await data(200, owner.delete(`/api/projects/${project.id}`));
    expect((await owner.get(`/api/webhooks/${id}`)).status).toBe(404);
    expect((await data(200, owner.get('/api/webhooks/'))).items).toEqual([]);
  });
});

describe('the delivery log', () => {
  test('contains the request of a delivery, and the response and duration of every attempt', async () => {
    const receiver = await Receiver.start((response, _, index) =>
      response.writeHead(index === 0 ? 503 : 200).end(index === 0 ? 'not yet '.repeat(100) : 'fine'),
    );
    const project = await makeProject(app.admin);
    const webhook = await makeWebhook(app.admin, { url: receiver.url, project_id: project.id });
    await touch(app.admin, project);
    const { id } = await delivered(app.admin, webhook);
    const path = `/api/webhooks/${webhook.id}/deliveries/${id}`;
    const shown = await data(200, app.admin.get(path));
    const [first, second] = receiver.received;
    expect(shown.request).toMatchObject({ method: 'POST', url: receiver.url, body: second?.raw });
    for (const [name, value] of Object.entries(shown.request.headers))
      expect([name, second?.headers[name.toLowerCase()]]).toEqual([name, value]);
    expect(Object.keys(shown.request.headers)).toContain('webhook-signature');
    const times = { at: expect.any(String), duration_ms: expect.any(Number) };
    expect(shown.tries).toEqual([
      {
        attempt: 1,
        ...times,
        response_status: 503,
        response_body: 'not yet '.repeat(100).slice(0, 500),
        error: 'The receiver answered 503',
      },
      { attempt: 2, ...times, response_status: 200, response_body: 'fine', error: null },
    ]);
    expect(Math.abs(Date.parse(shown.tries[0].at) - (first?.at ?? 0))).toBeLessThan(2_000);
    const [listed] = await deliveries(app.admin, webhook);
    expect(listed).not.toHaveProperty('tries');
    expect((await app.admin.get(path.replace(id, nowhere))).status).toBe(404);

    await app.query(
      `UPDATE webhook_deliveries SET tries = (SELECT jsonb_agg(jsonb_set($2, '{attempt}', to_jsonb(n)))
         FROM generate_series(1, 25) n) WHERE id = $1`,
      [id, shown.tries[1]],
    );
    await data(200, app.admin.post(`${path}/redeliver`));
    await receiver.next(3);
    await delivered(app.admin, webhook);
    const { tries } = await data(200, app.admin.get(path));
    expect(tries.map(({ attempt }: { attempt: number }) => attempt)).toEqual([
      ...Array.from({ length: 24 }, (_, index) => index + 2),
      3,
    ]);
  });

  test('allows to replay the deliveries of a time window', async () => {
    const receiver = await Receiver.start();
    const project = await makeProject(app.admin);
    const webhook = await makeWebhook(app.admin, { url: receiver.url, project_id: project.id });
    for (const text of ['one', 'two', 'three']) await touch(app.admin, project, text);
    await data(201, app.admin.post('/api/tasks/', { title: 'x', project_id: project.id }));
    await receiver.next(4);
    const rows = async () =>
      app.query('SELECT id, event, status FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY sequence', [
        webhook.id,
      ]);
    const allDelivered = () =>
      until(async () => (await rows()).every(({ status }) => status === 'delivered'), {
        what: 'all deliveries',
      });
    await allDelivered();
    const ids = (await rows()).map(({ id }) => id);
    // a day apart, so that windows can tell them from each other
    for (const [index, id] of ids.entries())
      await app.query(
        "UPDATE webhook_deliveries SET created_at = $2::timestamptz + $3 * interval '1 day' WHERE id = $1",
        [id, '2026-01-01T00:00:00Z', index],
      );
    const path = `/api/webhooks/${webhook.id}/replay`;
    const day = (number: number) => `2026-01-0${number}T00:00:00Z`;
    const replay = async (body: object) => {
      const seen = receiver.received.length;
      const answer = await data(200, app.admin.post(path, body));
      await receiver.next(seen + answer.replayed);
      await allDelivered();
      const again = receiver.received.slice(seen).map(({ body: told }) => ids.indexOf(told.delivery_id));
      return [answer, again.toSorted()];
    };
    expect(await replay({ from: day(2), to: day(4) })).toEqual([{ replayed: 2, next_from: null }, [1, 2]]);
    expect(await replay({ from: day(1), events: ['task.created'] })).toEqual([
      { replayed: 1, next_from: null },
      [3],
    ]);
    expect(await replay({ from: day(1), status: 'failed' })).toEqual([{ replayed: 0, next_from: null }, []]);
    expect(receiver.received).toHaveLength(7);

    for (const body of [{}, { from: day(2), to: day(2) }, { from: day(1), events: ['task.vanished'] }])
      expect((await app.admin.post(path, body)).status).toBe(422);
    await data(200, app.admin.put(`/api/webhooks/${webhook.id}`, { active: false }));
    const refused = await app.admin.post(path, { from: day(1) });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'RESOURCE_IN_USE']);
  });

  test('limits the deliveries of one replay', async () => {
    const webhook = await makeWebhook(app.admin, { url });
    await app.query(
      `INSERT INTO webhook_deliveries (id, webhook_id, event, data, status, created_at)
       SELECT gen_random_uuid(), $1, 'task.created', '{}', 'failed', $2::timestamptz + n * interval '1 second'
         FROM generate_series(0, 5001) n`,
      [webhook.id, '2026-01-01T00:00:00Z'],
    );
    const path = `/api/webhooks/${webhook.id}`;
    const first = await data(200, app.admin.post(`${path}/replay`, { from: '2026-01-01T00:00:00Z' }));
    expect(first).toEqual({ replayed: 5_000, next_from: '2026-01-01T01:23:20.000Z' });
    const rest = await data(200, app.admin.post(`${path}/replay`, { from: first.next_from }));
    expect(rest).toEqual({ replayed: 2, next_from: null });
    await data(200, app.admin.delete(path));
  });
});

describe('failures and system events', () => {
  test('a webhook that fails for days is deactivated; its owner and administrators are notified', async () => {
    let status = 500;
    const receiver = await Receiver.start((response) => response.writeHead(status).end());
    const alerts = await Receiver.start();
    const owner = await app.admin.createUser('developer');
    const project = await makeProject(owner);
    const webhook = await makeWebhook(owner, { url: receiver.url, project_id: project.id });
    await makeWebhook(app.admin, { url: alerts.url, events: ['system.alert'] });
    const path = `/api/webhooks/${webhook.id}`;
    const show = () => data(200, owner.get(path));
    const becomes = (fits: (shown: Record<string, unknown>) => boolean) =>
      until(async () => fits(await show()), { what: 'a change of the webhook' });
    const failing = ({ failing_since }: Record<string, unknown>) => failing_since !== null;

    await touch(owner, project);
    await becomes(failing);
    status = 200;
    await touch(owner, project, 'again');
    await becomes((shown) => !failing(shown));
    status = 500;
    await touch(owner, project, 'and again');
    await becomes(failing);
    expect(await show()).toMatchObject({ active: true, disabled_at: null });

    const socket = await LiveSocket.open(app.wsUrl, owner.token);
    await socket.ask({ type: 'subscribe', channel: 'notifications' }, 'subscribed');
    await app.query("UPDATE webhooks SET failing_since = now() - interval '6 days' WHERE id = $1", [
      webhook.id,
    ]);
    await touch(owner, project, 'and once more');
    await becomes(({ active }) => active === false);
    const reason = 'The receiver has taken no message for 5 days';
    expect(await show()).toMatchObject({ disabled_at: expect.any(String), disabled_reason: reason });
    const notice = await socket.next('notification', ({ title }) => title === 'Webhook switched off');
    expect(notice.data).toMatchObject({ level: 'warning', message: expect.stringContaining(reason) });
    expect((await alerts.next()).body.data).toMatchObject({
      kind: 'webhook_disabled',
      details: { webhook_id: webhook.id, project_id: project.id, reason },
    });

    status = 200;
    expect(await data(200, owner.put(path, { active: true }))).toMatchObject({
      active: true,
      failing_since: null,
      disabled_at: null,
      disabled_reason: null,
    });
  });

  test('a webhook of which only test deliveries fail is not marked as failing', async () => {
    const receiver = await Receiver.start((response) => response.writeHead(500).end());
    const webhook = await makeWebhook(app.admin, { url: receiver.url, events: ['task.failed'] });
    await data(200, app.admin.post(`/api/webhooks/${webhook.id}/test`));
    expect(await data(200, app.admin.get(`/api/webhooks/${webhook.id}`))).toMatchObject({
      failing_since: null,
    });
  });

  test('system events are delivered only to webhooks of administrators for all projects', async () => {
    const [wide, narrow, former] = await Promise.all([Receiver.start(), Receiver.start(), Receiver.start()]);
    const owner = await app.admin.createUser('developer');
    const demoted = await app.admin.createUser('admin');
    const project = await makeProject(owner);
    await makeWebhook(owner, { url: narrow.url, project_id: project.id });
    await makeWebhook(demoted, { url: former.url, events: ['system.*', 'task.failed'] });
    await makeWebhook(app.admin, { url: wide.url, events: ['system.*'] });
    await data(200, app.admin.put(`/api/users/${demoted.user.id}`, { role: 'developer' }));
    await app.admin.post('/api/system/maintenance', {
      starts_at: '2099-01-01T00:00:00Z',
      duration: '00:01:00',
      message: 'x',
    });
    expect((await wide.next()).body.event).toBe('system.maintenance');
    await touch(owner, project);
    expect((await narrow.next()).body.event).toBe('project.updated');
    expect(former.received).toEqual([]);
    await app.admin.delete('/api/system/maintenance');
  });
});
