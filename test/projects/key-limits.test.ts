import { expect, test } from 'vitest';
import { execute as executeCommand } from '../commands/steps.js';
import { data, holding, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor, whileLocked } from '../support/locked-table.js';
import { until } from '../support/until.js';

const app = useSharedApp();

const keyOf = async (maker: Client, project: Json): Promise<Client> => {
  const { token } = await data(201, maker.post(`/api/projects/${project.id}/keys`, { label: 'A bot' }));
  return app.anonymous().withToken(token);
};
const status = (client: Client, { command_id }: Json): Promise<Json> =>
  data(200, client.get(`/api/commands/${command_id}/status`));
const follow = (client: Client, signal: AbortSignal) =>
  client.open('GET', '/api/events', undefined, { signal });

test('keys run their commands in the slots of who has made them', async () => {
  const maker = await app.admin.createUser('developer');
  await data(200, app.admin.put(`/api/users/${maker.user.id}`, { max_running: 2 }));
  const projects = [await makeProject(maker), await makeProject(maker)];
  const clients = [
    maker,
    await keyOf(maker, projects[0]!),
    await keyOf(maker, projects[0]!),
    await keyOf(maker, projects[1]!),
  ];
  const places = [projects[0]!, projects[0]!, projects[0]!, projects[1]!];
  const runs: Json[] = [];
  for (const [i, client] of clients.entries())
    runs.push(await executeCommand(client, holding(`gate${i}`), { project_id: places[i]!.id }));
  const states = () => Promise.all(runs.map((run) => status(maker, run)));
  await until(async () => (await states()).filter((run) => run.status === 'running').length === 2);
  expect((await states()).map((run) => run.why_waiting)).toEqual([null, null, 'user_limit', 'user_limit']);
  // the slot of one key serves the next, in another project too
  for (const [i, run] of runs.entries()) {
    await until(async () => (await status(maker, run)).status === 'running');
    await executeCommand(app.admin, `touch gate${i}`, { project_id: places[i]!.id });
    await until(async () => (await status(maker, run)).status === 'completed');
  }
});

test('keys read, and follow, within the bounds of who has made them', async () => {
  const maker = await app.admin.createUser('developer');
  const project = await makeProject(maker);
  const keys = await Promise.all(Array.from({ length: 6 }, () => keyOf(maker, project)));
  await whileLocked(app, 'activity', async () => {
    const pages = keys.map((key) => key.get('/api/activity').catch(() => undefined));
    await until(async () => (await waitingFor(app, 'activity')) > 0);
    await data(200, app.admin.get('/api/projects/'));
    expect(await waitingFor(app, 'activity')).toBe(1);
    void Promise.all(pages);
  });
  const controller = new AbortController();
  // a response that nothing refers to is collected, and its connection closed with it
  const feeds: Response[] = [];
  for (let i = 0; i < 50; i += 1) feeds.push(await follow([maker, ...keys][i % 7]!, controller.signal));
  for (const client of [maker, ...keys]) expect((await follow(client, controller.signal)).status).toBe(429);
  expect(new Set(feeds.map(({ status }) => status))).toEqual(new Set([200]));
  controller.abort();
});

test('a key opens nothing, and runs nothing, while who has made it is disabled', async () => {
  const maker = await app.admin.createUser('developer');
  const project = await makeProject(maker);
  const key = await keyOf(maker, project);
  const run = await executeCommand(key, 'sleep 60');
  await until(async () => (await status(key, run)).status === 'running');
  const controller = new AbortController();
  const feed = (await follow(key, controller.signal)).body!.getReader();
  const disable = (disabled: boolean) =>
    data(200, app.admin.put(`/api/users/${maker.user.id}`, { disabled }));
  await disable(true);
  let text = '';
  for (let last = await feed.read(); !last.done; last = await feed.read())
    text += Buffer.from(last.value).toString();
  expect(text).toContain('AUTH_ACCOUNT_DISABLED');
  expect(await refusal(key.get('/api/tasks/'))).toBe('403 AUTH_ACCOUNT_DISABLED');
  await until(async () => (await status(app.admin, run)).status === 'cancelled');
  await disable(false);
  await makeTask(key, project);
});
