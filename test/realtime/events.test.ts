import { afterEach, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import { createProject, createTask, ended, execute } from './fixtures.js';
import { closeSockets, LiveSocket, type LiveMessage } from './live-socket.js';

const app = useSharedApp();
afterEach(closeSockets);

const nobody = '01890000-0000-7000-8000-000000000000';
const idOf = (client: Client): string => client.user.id ?? client.user.user_id;

test('subscribers of a task receive its events from the queue to the end', async () => {
  const project = await createProject(app.admin);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  const subscribed = await socket.ask(
    { type: 'subscribe', channel: 'task_updates', project_id: project },
    'subscribed',
  );
  expect(subscribed.data).toEqual({ channel: 'task_updates', project_id: project });
  const task = await createTask(app.admin, project, 'echo hello');
  const execution = await execute(app.admin, task);
  const completed = await socket.next('task_completed');
  expect(completed.data).toEqual({
    task_id: task,
    project_id: project,
    execution_id: execution,
    status: 'completed',
    completed_at: expect.stringMatching(/Z$/),
    duration: expect.stringMatching(/^00:00:0\d$/),
    exit_code: 0,
  });
  const updates = socket.messages.filter(({ type }) => type === 'task_update').map(({ data }) => data.status);
  expect(updates).toEqual(['pending', 'queued', 'running', 'completed']);
  expect(socket.messages.find(({ type }) => type === 'task_update')?.data).toMatchObject({
    task_id: task,
    progress_percentage: 0,
  });
});

test('a failed task is published as an error', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'exit 127');
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  await socket.ask({ type: 'subscribe', channel: 'task_updates', task_id: task }, 'subscribed');
  await execute(app.admin, task);
  const { data } = await socket.next('error');
  expect(data).toMatchObject({
    code: 'TASK_EXECUTION_FAILED',
    task_id: task,
    details: { exit_code: 127, error: expect.any(String) },
  });
});

test('a timeout is published as TASK_TIMEOUT', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'sleep 30');
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  await socket.ask({ type: 'subscribe', channel: 'project_updates', project_id: project }, 'subscribed');
  await app.admin.post(`/api/tasks/${task}/execute`, { options: { timeout: 1 } });
  expect((await socket.next('error')).data).toMatchObject({ code: 'TASK_TIMEOUT', task_id: task });
});

test('project_updates publishes the events of the project and its tasks, once each', async () => {
  const project = await createProject(app.admin);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (const request of [{ channel: 'project_updates', project_id: project }, { channel: 'task_updates' }]) {
    await socket.ask({ type: 'subscribe', ...request }, 'subscribed');
  }
  await app.admin.put(`/api/projects/${project}`, { name: 'Renamed' });
  const { data } = await socket.next('project_update');
  expect(data).toMatchObject({ project_id: project, entity_type: 'project', action: 'updated' });
  const task = await createTask(app.admin, project);
  await socket.next('task_update', ({ task_id }) => task_id === task);
  await app.admin.put(`/api/tasks/${task}`, { title: 'Another title' });
  await app.admin.put(`/api/projects/${project}`, { description: 'The last word' });
  await socket.next(
    'project_update',
    undefined,
    socket.messages.findIndex(({ type }) => type === 'project_update') + 1,
  );
  expect(
    socket.messages.filter(({ type, data }) => type === 'task_update' && data.task_id === task),
  ).toHaveLength(2);
});

test('a personal access token receives events of tasks when its scopes permit reading them', async () => {
  const project = await createProject(app.admin);
  const open = async (scope: string) => {
    const token = await expectStatus(
      201,
      app.admin.post('/api/personal-access-tokens/', { label: scope, scopes: ['projects.read', scope] }),
    );
    const socket = await LiveSocket.open(app.wsUrl, token.body.data.token as string);
    for (const topic of [{ channel: 'notifications' }, { channel: 'project_updates', project_id: project }])
      await socket.ask({ type: 'subscribe', ...topic }, 'subscribed');
    return socket;
  };
  const [reader, without, webhooks] = await Promise.all(
    ['tasks.read', 'profile.write', 'webhooks.manage'].map(open),
  );
  for (const command of ['true', 'exit 3']) {
    const task = await createTask(app.admin, project, command);
    await execute(app.admin, task);
    await ended(app.admin, task);
  }
  await expectStatus(
    201,
    app.admin.post('/api/webhooks/', {
      url: 'https://example.com/hook',
      events: ['task.completed'],
      project_id: project,
    }),
  );
  await app.admin.put(`/api/projects/${project}`, { name: 'Renamed' });
  const renamed = ({ entity_type, action }: LiveMessage['data']) =>
    entity_type === 'project' && action === 'updated';
  for (const socket of [reader, without, webhooks]) await socket!.next('project_update', renamed);
  const heard = (socket?: LiveSocket) => {
    const types = socket!.messages.map(({ type, data }) =>
      type === 'project_update' ? `${data.entity_type} ${data.action}` : type,
    );
    return [...new Set(types)].toSorted();
  };
  const always = ['authenticated', 'project updated', 'subscribed'];
  const ofTasks = ['error', 'notification', 'task_completed', 'task_update'];
  await until(() => heard(reader).length === always.length + ofTasks.length, { what: 'the news of tasks' });
  await until(() => heard(webhooks).length > always.length, { what: 'the news of the webhook' });
  expect(heard(reader)).toEqual([...always, ...ofTasks].toSorted());
  expect(heard(webhooks)).toEqual([...always, 'webhook created']);
  expect(heard(without)).toEqual(always);
});

test('a resource that does not exist or is not visible is not found', async () => {
  const user = await app.admin.createUser('developer');
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'true');
  const execution = await execute(app.admin, task);
  const socket = await LiveSocket.open(app.wsUrl, user.token);
  const refusals = {
    PROJECT_NOT_FOUND: [
      { channel: 'task_updates', project_id: project },
      { channel: 'project_updates', project_id: nobody },
      { channel: 'project_updates', project_id: project },
    ],
    TASK_NOT_FOUND: [
      { channel: 'task_updates', task_id: task },
      { channel: 'command_output', task_id: task },
      { channel: 'command_output', task_id: nobody },
    ],
    RESOURCE_NOT_FOUND: [
      { channel: 'command_output', command_id: execution },
      { channel: 'command_output', command_id: nobody },
    ],
    VALIDATION_REQUIRED_FIELD: [{ channel: 'project_updates' }, { channel: 'command_output' }],
    VALIDATION_ERROR: [{ channel: 'command_output', command_id: execution, from_offset: -1 }],
    VALIDATION_INVALID_FORMAT: [
      { channel: 'project_updates', project_id: 'not-an-id' },
      { channel: 'command_output', command_id: 'x' },
      { channel: 'command_output', command_id: execution, from_offset: 1.5 },
      { channel: 'command_output', command_id: execution, from_offset: '1' },
    ],
  };
  for (const [code, requests] of Object.entries(refusals)) {
    for (const request of requests) {
      expect([request, await socket.refusal({ type: 'subscribe', ...request })]).toEqual([request, code]);
    }
  }
  await ended(app.admin, task);
});

test('only users who can see a project receive its events, and changes of access apply immediately', async () => {
  const [member, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  const project = await createProject(app.admin);
  const theirs = await LiveSocket.open(app.wsUrl, member.token);
  const strangers = await LiveSocket.open(app.wsUrl, stranger.token);
  const owners = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (const socket of [theirs, strangers, owners])
    await socket.ask({ type: 'subscribe', channel: 'task_updates' }, 'subscribed');
  const unseen = await createTask(app.admin, project);
  // an event is checked against the permissions at the time of its delivery
  await owners.next('task_update', ({ task_id }) => task_id === unseen);

  await app.admin.put(`/api/projects/${project}/members/${idOf(member)}`, { role: 'viewer' });
  const seen = await createTask(app.admin, project);
  await theirs.next('task_update', ({ task_id }) => task_id === seen);
  expect(theirs.messages.filter(({ type }) => type === 'task_update')).toHaveLength(1);
  await theirs.ask({ type: 'subscribe', channel: 'project_updates', project_id: project }, 'subscribed');

  await app.admin.delete(`/api/projects/${project}/members/${idOf(member)}`);
  const { data } = await theirs.next('error');
  expect(data).toMatchObject({ code: 'PROJECT_NOT_FOUND', channel: 'project_updates', project_id: project });
  await createTask(app.admin, project);
  await app.admin.put(`/api/projects/${project}`, { visibility: 'internal' });
  const open = await createTask(app.admin, project);
  for (const socket of [theirs, strangers])
    await socket.next('task_update', ({ task_id }) => task_id === open);
  expect(theirs.messages.filter(({ type }) => type === 'task_update')).toHaveLength(2);
  expect(strangers.messages.filter(({ type }) => type === 'task_update')).toHaveLength(1);
});

test('execute_task executes a task for users with the permission', async () => {
  const project = await createProject(app.admin, { visibility: 'internal' });
  const task = await createTask(app.admin, project, 'echo by socket');
  const viewer = await app.admin.createUser('viewer');
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  const other = await LiveSocket.open(app.wsUrl, viewer.token);
  expect(await other.refusal({ type: 'execute_task', task_id: task })).toBe('AUTH_INSUFFICIENT_PERMISSIONS');
  expect(await socket.refusal({ type: 'execute_task', task_id: nobody })).toBe('TASK_NOT_FOUND');
  expect(await socket.refusal({ type: 'execute_task', task_id: task, priority: 'urgent' })).toBe(
    'VALIDATION_ERROR',
  );
  const answer = await socket.ask({ type: 'execute_task', task_id: task, priority: 'high' }, 'task_update');
  expect(answer.data).toMatchObject({ task_id: task, status: 'queued', execution_id: expect.any(String) });
  await ended(app.admin, task);
});

test('metrics are sent on request and as a channel', async () => {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  await socket.ask({ type: 'subscribe', channel: 'performance' }, 'subscribed');
  const { data } = await socket.next('performance_data');
  expect(data).toEqual({
    cpu_usage: expect.any(Number),
    memory_usage: expect.any(Number),
    active_connections: 1,
    tasks_per_minute: expect.any(Number),
    queue_sizes: { high: 0, normal: 0, low: 0 },
  });
  const asked = await socket.ask({ type: 'get_metrics', metrics: ['system_health'] }, 'performance_data');
  expect(Object.keys(asked.data)).toEqual(['system_health']);
  const seen = socket.messages.length;
  expect(
    (await socket.next('performance_data', ({ cpu_usage }) => cpu_usage > 0, seen)).data.memory_usage,
  ).toBeGreaterThan(0);
});

test('a connection is limited to 100 subscriptions', async () => {
  const project = await createProject(app.admin);
  const tasks = await Promise.all(Array.from({ length: 101 }, () => createTask(app.admin, project)));
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (const task of tasks) socket.send({ type: 'subscribe', channel: 'task_updates', task_id: task });
  expect((await socket.next('error')).data).toMatchObject({
    code: 'RESOURCE_LIMIT_EXCEEDED',
    request: 'subscribe',
  });
  expect(socket.messages.filter(({ type }) => type === 'subscribed')).toHaveLength(100);
  await socket.ask({ type: 'unsubscribe', channel: 'task_updates', task_id: tasks[0] }, 'unsubscribed');
  await socket.ask({ type: 'subscribe', channel: 'task_updates', task_id: tasks[100] }, 'subscribed');
});

test('no events arrive after unsubscribing', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  const topic = { channel: 'task_updates', task_id: task };
  await socket.ask({ type: 'subscribe', ...topic }, 'subscribed');
  await app.admin.put(`/api/tasks/${task}`, { title: 'One' });
  await socket.next('task_update');
  expect((await socket.ask({ type: 'unsubscribe', ...topic }, 'unsubscribed')).data).toEqual(topic);
  await socket.ask({ type: 'subscribe', channel: 'project_updates', project_id: project }, 'subscribed');
  await socket.ask({ type: 'unsubscribe', channel: 'project_updates', project_id: project }, 'unsubscribed');
  await app.admin.put(`/api/tasks/${task}`, { title: 'Two' });
  await socket.ask({ type: 'execute_task', task_id: nobody }, 'error');
  expect(socket.messages.filter(({ type }) => type === 'task_update')).toHaveLength(1);
});
