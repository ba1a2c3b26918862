import { createHmac } from 'node:crypto';
import { verify } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { Receiver, type Received } from './receiver.js';
import { data, delivered, deliveries, makeProject, makeWebhook, touch } from './steps.js';

const app = useSharedApp();

const hmac = (secret: string, raw: string) =>
  `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
const judge = ({ raw, headers }: Received, secret: string) =>
  new StandardWebhook(secret).verify(raw, headers as Record<string, string>);

/** As receivers of GitHub's webhooks check: its own package is the judge. */
const judgeLikeGitHub = ({ raw, headers }: Received, secret: string, header = 'x-signature-256') =>
  verify(secret, raw, String(headers[header]));

async function subscribe(receiver: Receiver, fields: Record<string, unknown> = {}) {
  const project = await makeProject(app.admin);
  const webhook = await makeWebhook(app.admin, { url: receiver.url, project_id: project.id, ...fields });
  return { project, webhook };
}

test('a new task is published with the payload and the signatures of the contract', async () => {
  const receiver = await Receiver.start();
  const { project, webhook } = await subscribe(receiver, { events: ['task.created'] });
  await touch(app.admin, project);
  const task = await data(201, app.admin.post('/api/tasks/', { title: 'Größe', project_id: project.id }));
  const got = await receiver.next();

  const { event, timestamp, data: told, webhook_id, delivery_id } = got.body;
  expect({ event, webhook_id }).toEqual({ event: 'task.created', webhook_id: webhook.id });
  expect(told).toMatchObject({ task_id: task.id, project_id: project.id, status: 'pending' });
  expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(10_000);
  expect(Object.keys(got.body)).toEqual([
    'event',
    'timestamp',
    'data',
    'webhook_id',
    'delivery_id',
    'sequence',
  ]);
  expect(got.path).toBe('/hook?a=1');
  expect(got.headers).toMatchObject({
    'content-type': 'application/json',
    'x-signature-256': hmac(webhook.secret, got.raw),
    'x-delivery-id': delivery_id,
    'x-event-type': 'task.created',
    'webhook-id': delivery_id,
  });
  expect(got.headers['user-agent']).toMatch(/^Millrace\/\d/);
  expect(judge(got, webhook.secret)).toEqual(got.body);
  expect(await judgeLikeGitHub(got, webhook.secret)).toBe(true);
  expect(await judgeLikeGitHub({ ...got, raw: `${got.raw} ` }, webhook.secret)).toBe(false);

  expect(await delivered(app.admin, webhook)).toMatchObject({
    id: delivery_id,
    attempts: 1,
    response_status: 204,
    error: null,
  });
  expect(receiver.received).toHaveLength(1);
});

test('a failed attempt is retried with the same id and the same bytes', async () => {
  const receiver = await Receiver.start((response, _, index) => {
    response
      .writeHead(index === 0 ? 500 : 200, { 'content-type': 'text/plain' })
      .end(index === 0 ? 'bad \0 day' : 'fine');
  });
  const { project, webhook } = await subscribe(receiver);
  await touch(app.admin, project);
  await receiver.next();
  const [first] = await deliveries(app.admin, webhook);
  const second = await receiver.next(2);
  expect(second.raw).toBe(receiver.received[0]?.raw);
  expect(second.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
  expect(second.at - (receiver.received[0]?.at ?? 0)).toBeGreaterThan(1_400);
  expect(judge(second, webhook.secret)).toEqual(second.body);
  expect(await delivered(app.admin, webhook)).toMatchObject({
    id: first?.id,
    attempts: 2,
    response_status: 200,
    response_body: 'fine',
  });
});

test('Retry-After is respected', async () => {
  const receiver = await Receiver.start((response, _, index) => {
    response.writeHead(index === 0 ? 429 : 200, index === 0 ? { 'retry-after': '4' } : {}).end();
  });
  const { project } = await subscribe(receiver);
  await touch(app.admin, project);
  const first = await receiver.next();
  expect((await receiver.next(2)).at - first.at).toBeGreaterThanOrEqual(3_950);
});

test('interim responses of a receiver are ignored', async () => {
  const informational = [
    'HTTP/1.1 100 Continue',
    'HTTP/1.1 102 Processing',
    'HTTP/1.1 103 Early Hints\r\nLink: </x>',
  ];
  const receiver = await Receiver.start((response) => {
    for (const lines of informational) response.socket?.write(`${lines}\r\n\r\n`);
    response.writeHead(202).end('taken');
  });
  const { project, webhook } = await subscribe(receiver, { events: ['project.updated'] });
  await touch(app.admin, project);
  expect(await delivered(app.admin, webhook)).toMatchObject({
    attempts: 1,
    response_status: 202,
    response_body: 'taken',
  });
  expect(receiver.received).toHaveLength(1);
});

test('101 Switching Protocols is a response, and releases the connection', async () => {
  const receiver = await Receiver.start((response) => {
    response.socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n',
    );
  });
  const { project, webhook } = await subscribe(receiver, { events: ['project.updated'] });
  await touch(app.admin, project);
  await expect
    .poll(async () => (await deliveries(app.admin, webhook))[0], { timeout: 15_000 })
    .toMatchObject({ attempts: 1, response_status: 101 });
});

test('a 410 response disables the webhook', async () => {
  const receiver = await Receiver.start((response) => response.writeHead(410).end());
  const { project, webhook } = await subscribe(receiver);
  await touch(app.admin, project);
  expect(await delivered(app.admin, webhook, 'failed')).toMatchObject({ attempts: 1, response_status: 410 });
  await expect
    .poll(async () => (await data(200, app.admin.get(`/api/webhooks/${webhook.id}`))).active)
    .toBe(false);
  await touch(app.admin, project);
  expect(await deliveries(app.admin, webhook)).toHaveLength(1);
  const again = await app.admin.post(
    `/api/webhooks/${webhook.id}/deliveries/${receiver.received[0]?.body.delivery_id}/redeliver`,
  );
  expect([again.status, again.body.error.code]).toEqual([409, 'RESOURCE_IN_USE']);
});

test('a redirect is a failure and is not followed', async () => {
  const target = await Receiver.start();
  const receiver = await Receiver.start((response) =>
    response.writeHead(307, { location: target.url }).end(),
  );
  const { webhook } = await subscribe(receiver);
  expect(await data(200, app.admin.post(`/api/webhooks/${webhook.id}/test`))).toMatchObject({
    status: 'failed',
    response_status: 307,
  });
  expect(target.received).toEqual([]);
});

test('a test delivery returns its result', async () => {
  const receiver = await Receiver.start((response) => response.end(`${'ä'.repeat(40_000)}`));
  const { webhook } = await subscribe(receiver, { events: ['task.failed'], active: false });
  const result = await data(200, app.admin.post(`/api/webhooks/${webhook.id}/test`));
  expect(result).toMatchObject({ event: 'ping', status: 'delivered', attempts: 1, response_status: 200 });
  expect(result.response_body).toBe('ä'.repeat(2_048));
  expect(judge(await receiver.next(), webhook.secret)).toMatchObject({
    event: 'ping',
    delivery_id: result.id,
  });
});

test('a test delivery to a slow receiver returns 202 first', async () => {
  const receiver = await Receiver.start((response) => setTimeout(() => response.end(), 6_500));
  const { webhook } = await subscribe(receiver);
  const answer = await app.admin.post(`/api/webhooks/${webhook.id}/test`);
  expect([answer.status, answer.body.data.status]).toEqual([202, 'pending']);
  expect(await delivered(app.admin, webhook)).toMatchObject({ id: answer.body.data.id });
});

test('a redelivery on request is identical', async () => {
  const receiver = await Receiver.start();
  const { project, webhook } = await subscribe(receiver);
  await touch(app.admin, project);
  const { id } = await delivered(app.admin, webhook);
  await data(200, app.admin.post(`/api/webhooks/${webhook.id}/deliveries/${id}/redeliver`));
  expect((await receiver.next(2)).raw).toBe(receiver.received[0]?.raw);
  expect(await delivered(app.admin, webhook)).toMatchObject({ id, attempts: 2 });
  const other = await subscribe(receiver);
  expect((await app.admin.post(`/api/webhooks/${other.webhook.id}/deliveries/${id}/redeliver`)).status).toBe(
    404,
  );
});

test('after a rotation both secrets sign deliveries', async () => {
  const receiver = await Receiver.start();
  const { project, webhook } = await subscribe(receiver);
  const fresh = await data(200, app.admin.post(`/api/webhooks/${webhook.id}/rotate`));
  await touch(app.admin, project);
  const got = await receiver.next();
  for (const { secret } of [webhook, fresh]) expect(judge(got, secret)).toEqual(got.body);
  expect(got.headers['x-signature-256']).toBe(hmac(fresh.secret, got.raw));
  expect(got.headers['x-signature-256-previous']).toBe(hmac(webhook.secret, got.raw));
  expect(await judgeLikeGitHub(got, fresh.secret)).toBe(true);
  expect(await judgeLikeGitHub(got, webhook.secret, 'x-signature-256-previous')).toBe(true);

  await app.query(
    "UPDATE webhooks SET previous_secret_expires_at = now() - interval '1 second' WHERE id = $1",
    [webhook.id],
  );
  await touch(app.admin, project, 'later');
  const later = await receiver.next(2);
  expect(judge(later, fresh.secret)).toEqual(later.body);
  expect(() => judge(later, webhook.secret)).toThrow('No matching signature');
  expect(later.headers).not.toHaveProperty('x-signature-256-previous');
});

test('pending deliveries of a deactivated webhook are not sent', async () => {
  const receiver = await Receiver.start((response) => response.writeHead(500).end());
  const { project, webhook } = await subscribe(receiver);
  await touch(app.admin, project);
  await receiver.next();
  await data(200, app.admin.put(`/api/webhooks/${webhook.id}`, { active: false }));
  expect(await delivered(app.admin, webhook, 'failed')).toMatchObject({ error: 'The webhook is not active' });
  expect(receiver.received).toHaveLength(1);
});

test('a project is limited to 50 webhooks', async () => {
  const project = await makeProject(app.admin);
  const other = await makeProject(app.admin);
  const create = (home: { id: string }) =>
    app.admin.post('/api/webhooks/', { url: 'http://127.0.0.1:9/', events: ['*'], project_id: home.id });
  const made = await Promise.all(Array.from({ length: 50 }, () => create(project)));
  expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
  const refused = await create(project);
  expect([refused.status, refused.body.error.details]).toEqual([409, { limit: 50, resource: 'webhooks' }]);
  expect((await create(other)).status).toBe(201);
  await data(200, app.admin.delete(`/api/webhooks/${made[0]?.body.data.id}`));
  expect((await create(project)).status).toBe(201);
});
