import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';
import { Receiver } from './receiver.js';
import { delivered, makeProject, makeWebhook, touch } from './steps.js';

const app = useApp();

/** Starts the first process again, which sends all that is left. */
async function start(): Promise<void> {
  const [server] = app.processes;
  server!.start();
  await app.ready(server!);
}

async function pending(webhook: Json): Promise<number> {
  const still = "SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND status = 'pending'";
  return (await app.query(still, [webhook.id])).length;
}

test('receivers that hang do not delay others', { timeout: 60_000 }, async () => {
  let givenUp = 0;
  const hanging = await Receiver.start((response) => response.on('close', () => (givenUp += 1)));
  const healthy = await Receiver.start();
  const project = await makeProject(app.admin);
  for (let count = 0; count < 12; count += 1)
    await makeWebhook(app.admin, { url: hanging.url, project_id: project.id });
  const webhook = await makeWebhook(app.admin, { url: healthy.url, project_id: project.id });
  for (let count = 1; count <= 4; count += 1) {
    await touch(app.admin, project, `touched ${count}`);
    await healthy.next(count);
  }
  // so it was not their end that it waited for
  expect(givenUp).toBe(0);
  expect((await delivered(app.admin, webhook)).attempts).toBe(1);
  // each webhook has at most a few under way in a process
  expect(hanging.received.length).toBeLessThanOrEqual(12 * 4 * app.processes.length);
});

test(
  'thousands of hanging receivers of one user do not delay the first delivery of another',
  { timeout: 60_000 },
  async () => {
    let givenUp = 0;
    const hanging = await Receiver.start((response) => response.on('close', () => (givenUp += 1)));
    const healthy = await Receiver.start();
    const user = await app.admin.createUser('developer');
    const theirs = await makeProject(user);
    const own = await makeProject(app.admin);
    await makeWebhook(app.admin, { url: healthy.url, project_id: own.id });
    // more than a project may have by now, as many projects have together
    await app.query(
      `INSERT INTO webhooks (id, project_id, url, events, secret, created_by)
       SELECT gen_random_uuid(), $1, $2, '{*}', 'a secret', $3 FROM generate_series(1, 2000)`,
      [theirs.id, hanging.url, user.user.id],
    );
    await touch(user, theirs);
    // every place that they get is taken, and many wait for one
    await hanging.next(32 * app.processes.length);
    await touch(app.admin, own);
    await healthy.next();
    expect(givenUp).toBe(0);
  },
);

test(
  'a shutdown waits for requests in progress and releases the other deliveries',
  { timeout: 90_000 },
  async () => {
    let isStopping = false;
    // a receiver that has not responded yet gets one request at a time, and one that responds quickly four
    const quick = 4;
    const receiver = await Receiver.start((response, _, index) => {
      if (index < quick || isStopping) response.end();
      // a moment later, or a shutdown that does not wait would get the answers too
      else
        void until(() => isStopping, { timeout: 60_000 }).then(() => setTimeout(() => response.end(), 500));
    });
    const project = await makeProject(app.admin);
    const webhook = await makeWebhook(app.admin, { url: receiver.url, project_id: project.id });
    for (let count = 0; count < 20; count += 1) await touch(app.admin, project, `touched ${count}`);
    await receiver.next(quick + 2);
    const stopping = Promise.all(app.processes.map((server) => server.stop()));
    for (const server of app.processes)
      await until(() => server.stderr.includes('"msg":"draining"'), { what: 'the begin of the shutdown' });
    isStopping = true;
    await stopping;
    await start();
    await receiver.next(20, 30_000);
    expect(new Set(receiver.received.map(({ body }) => body.delivery_id)).size).toBe(20);
    // each of them was marked as delivered, so none is sent again
    await until(async () => (await pending(webhook)) === 0, { what: 'the end of all deliveries' });
    expect(receiver.received).toHaveLength(20);
  },
);

test(
  'a delivery is sent again after its sender was killed before it stored the result',
  { timeout: 90_000 },
  async () => {
    const receiver = await Receiver.start((response, _, index) => {
      if (index > 0) response.end();
    });
    const project = await makeProject(app.admin);
    const webhook = await makeWebhook(app.admin, { url: receiver.url, project_id: project.id });
    await touch(app.admin, project);
    const first = await receiver.next();
    await Promise.all(app.processes.map((server) => server.stop('SIGKILL')));
    await start();
    const second = await receiver.next(2, 40_000);
    expect(second.raw).toBe(first.raw);
    expect(await delivered(app.admin, webhook)).toMatchObject({ id: first.body.delivery_id, attempts: 2 });
  },
);
