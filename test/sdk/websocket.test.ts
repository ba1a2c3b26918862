import type { AddressInfo } from 'node:net';
import { MillraceClient, verifyWebhook, WebhookVerificationError, type MessageMap } from '@millrace/sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { useSharedApp } from '../support/app.js';
import { until } from '../support/until.js';
import { Receiver } from '../webhooks/receiver.js';
import { FaultProxy } from './fault-proxy.js';

const app = useSharedApp();
let client: MillraceClient;
let projectId: string;
beforeAll(async () => {
  client = clientAt(app.url);
  projectId = (await client.projects.create({ name: 'Live' })).id;
});
const clientAt = (url: string) => new MillraceClient({ baseURL: `${url}/api`, token: app.admin.token });

describe('a live connection', () => {
  test('delivers subscribed events, also for subscriptions made before the connection was open', async () => {
    const { sessionId } = await client.sessions.create({ projectId });
    const ws = client.websocket.connect(sessionId);
    const updates: MessageMap['task_update'][] = [];
    ws.on('task_update', (data) => updates.push(data));
    const opened = ws.once('open');
    await ws.subscribe('task_updates', { projectId });
    expect(await opened).toMatchObject({ username: app.admin.user.username, sessionId });
    const completed = ws.once('task_completed');
    const task = await client.tasks.create({ title: 'Watched', projectId, command: 'true' });
    await ws.send('execute_task', { taskId: task.ref, priority: 'high' });
    expect(await completed).toMatchObject({ taskId: task.id, status: 'completed', exitCode: 0 });
    expect(updates.map(({ status }) => status)).toEqual(expect.arrayContaining(['queued', 'running']));
    const figures = ws.once('performance_data');
    await ws.send('get_metrics', { metrics: ['performance', 'queue_status'] });
    expect(await figures).toMatchObject({ activeConnections: expect.any(Number), queueSizes: { high: 0 } });
    ws.close();
    await expect(ws.once('task_update')).rejects.toThrow('The connection is closed');
  });

  test('reconnects and continues the output at its offset', async () => {
    const proxy = await FaultProxy.start(app.url);
    const ws = clientAt(proxy.url).websocket.connect('a-session');
    const command =
      'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line $i of many"; [ $((i % 1000)) -ne 0 ] || sleep 0.1; done';
    const { commandId } = await client.commands.run(command).started;
    let text = '';
    let next = 0;
    let opened = 0;
    ws.on('open', () => (opened += 1));
    ws.on('command_output', (frame) => {
      text += frame.text;
      if (text.length < next) return;
      next = text.length + 50_000;
      proxy.cut();
    });
    const end = ws.once('command_end');
    await ws.subscribe('command_output', { commandId });
    await ws.subscribe('task_updates', { projectId });
    expect(await end).toMatchObject({ commandId, exitCode: 0, total: text.length });
    expect(text).toBe(Array.from({ length: 20_000 }, (_, index) => `line ${index + 1} of many\n`).join(''));
    expect(opened).toBeGreaterThan(1);

    proxy.cut();
    await ws.once('open');
    let told: MessageMap['task_update'] | undefined;
    ws.on('task_update', (data) => (told ??= data));
    // a task may be made before the server has heard of the renewed subscription
    await until(async () => {
      await client.tasks.create({ title: 'After the break', projectId });
      return told;
    });
    expect(told).toMatchObject({ status: 'pending' });
    ws.close();
  });

  test('takes what is no message for a lost connection', async () => {
    const server = new WebSocketServer({ port: 0 });
    const garbage = ['{', 'null', '[]', '{"type":7}'];
    let connections = 0;
    server.on('connection', (socket) => socket.send(garbage[connections++ % garbage.length]!));
    const { port } = server.address() as AddressInfo;
    const ws = clientAt(`http://127.0.0.1:${port}`).websocket.connect('a-session');
    try {
      await until(() => connections > garbage.length);
    } finally {
      ws.close();
      server.close();
    }
  });

  test('reports refused messages, and closes with its token', async () => {
    const ws = client.websocket.connect('a-session');
    const fault = ws.once('error');
    await expect(ws.subscribe('task_updates', { projectId: 'NOWHERE' })).rejects.toMatchObject({
      code: 'PROJECT_NOT_FOUND',
    });
    expect(await fault).toMatchObject({ code: 'PROJECT_NOT_FOUND', request: 'subscribe' });
    ws.close();
    const stranger = new MillraceClient({ baseURL: `${app.url}/api`, token: 'no token' }).websocket.connect(
      'a-session',
    );
    await expect(stranger.once('open')).rejects.toThrow(/closed: The token is invalid/);
  });
});

test('webhooks are verified by both signature headers', async () => {
  const receiver = await Receiver.start();
  const webhook = await client.webhooks.create({ url: receiver.url, events: ['task.created'], projectId });
  const task = await client.tasks.create({ title: 'Told', projectId, metadata: { snake_name: 1 } });
  const { raw, headers } = await receiver.next();
  const { secret } = webhook;
  const event = await verifyWebhook(raw, headers, secret);
  expect(event).toMatchObject({
    event: 'task.created',
    webhookId: webhook.id,
    deliveryId: headers['webhook-id'],
  });
  expect(event.data).toMatchObject({ taskId: task.id, projectId, status: 'pending' });
  expect(
    await verifyWebhook(Buffer.from(raw), new Headers(headers as Record<string, string>), [
      'whsec_b3RoZXI=',
      secret,
    ]),
  ).toEqual(event);

  const later = Date.now() + 301_000;
  const { 'webhook-signature': standard, 'x-signature-256': ours, ...others } = headers;
  const refused: [string, Parameters<typeof verifyWebhook>][] = [
    ['another body', [`${raw} `, headers, secret]],
    ['another secret', [raw, headers, 'whsec_b3RoZXI=']],
    ['long ago', [raw, headers, secret, { now: later }]],
    ['another body and our own header', [`${raw} `, { ...others, 'x-signature-256': ours }, secret]],
    ['no signature', [raw, others, secret]],
    [
      'a signature of another version',
      [raw, { ...headers, 'webhook-signature': `v1a,${String(standard).slice(3)}` }, secret],
    ],
  ];
  for (const [what, given] of refused) {
    const error = await verifyWebhook(...given).catch((reason: unknown) => reason);
    expect([what, error]).toEqual([what, expect.any(WebhookVerificationError)]);
  }
  expect(await verifyWebhook(raw, { ...others, 'x-signature-256': ours }, secret)).toEqual(event);

  await client.webhooks.rotate(webhook.id, {});
  await client.tasks.create({ title: 'Told again', projectId });
  const again = await receiver.next(2);
  expect((await verifyWebhook(again.raw, again.headers, secret)).event).toBe('task.created');
  const { 'webhook-signature': _none, ...old } = again.headers;
  expect((await verifyWebhook(again.raw, old, secret)).event).toBe('task.created');
  await until(async () => (await client.webhooks.listDeliveries(webhook.id)).total === 2);
});
