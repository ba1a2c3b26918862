import { createHmac } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { MillraceClient, verifyWebhook, type OutputFrame } from '@millrace/sdk';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { useApp } from '../support/app.js';
import { mode } from '../support/mode.js';
import { until } from '../support/until.js';
import { Receiver } from '../webhooks/receiver.js';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  runJob,
  show,
  type Json,
} from './steps.js';

const app = useApp();

test('a new user logs in, runs a command, watches its output live and is notified of its end', async () => {
  const me = new MillraceClient({ baseURL: `${app.url}/api`, websocketURL: `${app.wsUrl}/ws` });
  const { user } = await me.login(app.admin.credentials!);
  expect(user.username).toBe('admin');
  const { id: projectId } = await me.projects.create({ name: 'First steps' });
  const receiver = await Receiver.start();
  const { secret, id: webhookId } = await me.webhooks.create({
    url: receiver.url,
    events: ['task.completed'],
    projectId,
  });
  // each line waits for us to have seen the one before it, so what comes cannot have been held back
  const command =
    'for n in 1 2 3; do echo "line $n"; while [ ! -e "seen-$n" ]; do sleep 0.02; done; done; echo "all done" >&2';
  const task = await me.tasks.create({ title: 'Say it', projectId, command });

  const ws = me.websocket.connect('a-session');
  onTestFinished(() => ws.close());
  expect(await ws.once('open')).toMatchObject({ username: 'admin', permissions: user.permissions });
  const frames: OutputFrame[] = [];
  ws.on('command_output', (frame) => frames.push(frame));
  const [ended, completed] = [ws.once('command_end'), ws.once('task_completed')];
  await ws.subscribe('task_updates', { projectId });
  const { executionId } = await me.tasks.execute(task.id);
  await ws.subscribe('command_output', { commandId: executionId });

  for (const n of [1, 2, 3]) {
    const line = await until(() => frames.find(({ text }) => text.includes(`line ${n}\n`)), {
      what: `line ${n}`,
    });
    expect(line).toMatchObject({ commandId: executionId, stream: 'stdout', timestamp: expect.any(String) });
    expect((await me.commands.run(`touch seen-${n}`, { projectId }).result()).exitCode).toBe(0);
  }
  expect(await ended).toEqual({ commandId: executionId, exitCode: 0, total: 30 });
  expect(frames.map(({ text }) => text).join('')).toBe('line 1\nline 2\nline 3\nall done\n');
  expect(frames.filter(({ stream }) => stream === 'stderr').map(({ text }) => text)).toEqual(['all done\n']);
  expect(await completed).toMatchObject({
    taskId: task.id,
    status: 'completed',
    exitCode: 0,
    duration: expect.stringMatching(/^00:0\d:\d\d$/),
  });
  expect(await me.tasks.get(task.id)).toMatchObject({ status: 'completed', progressPercentage: 100 });

  const { raw, headers } = await receiver.next();
  const signature = createHmac('sha256', secret).update(raw).digest('hex');
  const event = await verifyWebhook(raw, headers, secret);
  expect(event).toMatchObject({
    event: 'task.completed',
    webhookId,
    data: { taskId: task.id, status: 'completed' },
  });
  expect(headers).toMatchObject({
    'x-signature-256': `sha256=${signature}`,
    'x-event-type': 'task.completed',
    'x-delivery-id': event.deliveryId,
  });
});

test('each event of the contract reaches its subscribers', async () => {
  const receiver = await Receiver.start();
  await data(201, app.admin.post('/api/webhooks/', { url: receiver.url, events: ['*'] }));
  const heard = async (event: string, fits: (told: Json) => boolean) => {
    const look = () => receiver.received.find(({ body }) => body.event === event && fits(body.data));
    const { body, headers } = await until(look, { what: `${event} at the receiver` });
    expect([headers['x-event-type'], body.delivery_id]).toEqual([event, headers['x-delivery-id']]);
    return body.data;
  };
  const project = await makeProject(app.admin, { name: 'Heard of' });
  const ofProject = ({ project_id }: Json) => project_id === project.id;
  expect(await heard('project.created', ofProject)).toMatchObject({ name: 'Heard of', status: 'active' });
  await data(200, app.admin.put(`/api/projects/${project.id}`, { name: 'Renamed' }));
  expect(await heard('project.updated', ofProject)).toMatchObject({ name: 'Renamed' });

  const good = await makeJob(app.admin, project, 'true');
  const ofGood = ({ task_id }: Json) => task_id === good.id;
  expect(await heard('task.created', ofGood)).toMatchObject({ project_id: project.id, status: 'pending' });
  await data(200, app.admin.put(`/api/tasks/${good.id}`, { title: 'Changed' }));
  expect(await heard('task.updated', ofGood)).toMatchObject({ title: 'Changed', status: 'pending' });
  await execute(app.admin, good);
  expect(await heard('task.completed', ofGood)).toMatchObject({
    project_id: project.id,
    status: 'completed',
    duration: expect.stringMatching(/^00:00:\d\d$/),
  });
  const bad = await runJob(app.admin, project, 'exit 9', 'failed');
  expect(await heard('task.failed', ({ task_id }) => task_id === bad.task_id)).toMatchObject({
    status: 'failed',
    exit_code: 9,
    reason: 'TASK_EXECUTION_FAILED',
  });

  const starts_at = new Date(Date.now() + 3_600_000).toISOString();
  await data(
    200,
    app.admin.post('/api/system/maintenance', { starts_at, duration: '00:10:00', message: 'Soon' }),
  );
  const ofWindow = ({ message }: Json) => message === 'Soon';
  expect(await heard('system.maintenance', ofWindow)).toMatchObject({ status: 'scheduled', starts_at });
  await data(200, app.admin.delete('/api/system/maintenance'));

  // its worker is gone, as far as Postgres knows
  const lost = await makeJob(app.admin, project, 'sleep 60');
  const { execution_id } = await execute(app.admin, lost);
  await reached(app.admin, lost, 'running');
  await app.query(
    "UPDATE executions SET worker_id = gen_random_uuid(), lease_expires_at = now() - interval '1 second' WHERE id = $1",
    [execution_id],
  );
  expect(await heard('system.alert', () => true)).toMatchObject({ message: expect.any(String) });
  await reached(app.admin, lost, 'failed');
  expect(await lastExecution(app.admin, lost)).toMatchObject({ reason: 'WORKER_LOST' });
});

describe('a command', () => {
  let project: Json;
  beforeAll(async () => {
    project = await makeProject(app.admin);
  });
  const run = async (command: string): Promise<[Json, string]> => {
    const task = await makeJob(app.admin, project, command);
    await execute(app.admin, task);
    for (let status = 'queued'; ['queued', 'running'].includes(status);)
      ({ status } = await show(app.admin, task));
    const execution = await lastExecution(app.admin, task);
    return [execution, await outputOf(app, execution.execution_id)];
  };

  test('keeps the order of stdout and stderr, also by way of /dev/stderr and /dev/stdout', async () => {
    const [execution, output] = await run(
      'echo 1; echo 2 >&2; echo 3 > /dev/stderr; echo 4 > /dev/stdout; echo 5 >> /dev/stderr',
    );
    expect(output.split('\n').toSorted()).toEqual(['', '1', '2', '3', '4', '5']);
    expect(execution).toMatchObject({ status: 'completed', exit_code: 0 });
    // one after the other, so that the order in which they are read is the order in which they were written
    const [, spaced] = await run(
      'for n in 1 2 3; do echo "out $n"; sleep 0.1; echo "err $n" > /dev/stderr; sleep 0.1; done',
    );
    expect(spaced).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n');
  });

  // what a command does with its host is the same in every mode
  if (mode === 'single') {
    test('can create and clone a git repository', async () => {
      const [execution, output] = await run(
        `set -e
       git init -q origin && cd origin
       git config user.name Me && git config user.email me@example.org
       echo hello > README && git add . && git commit -q -m 'first commit'
       cd .. && git clone -q origin copy && git -C copy log --format=%s && cat copy/README`,
      );
      expect(output).toBe('first commit\nhello\n');
      expect(execution.exit_code).toBe(0);
    });

    test('can run the tests of a package, with their exit code', async () => {
      const pack = (code: string) =>
        `mkdir -p pack && cd pack && echo '{"name":"pack","version":"1.0.0","scripts":{"test":"node test.mjs"}}' > package.json
       echo "console.log('checked'); process.exitCode = ${code}" > test.mjs && npm test`;
      const [good, output] = await run(pack('0'));
      expect(output).toMatch(/> node test\.mjs\n\nchecked\n/);
      expect(good).toMatchObject({ status: 'completed', exit_code: 0 });
      const [bad] = await run(pack('3'));
      expect(bad).toMatchObject({ status: 'failed', exit_code: 3 });
    });

    test('can list the file system from its root', async () => {
      const [execution, output] = await run(
        'find / -xdev -maxdepth 3 2>/dev/null | sort 2>/dev/null | head -n 20',
      );
      const paths = output.split('\n').slice(0, -1);
      expect(paths).toHaveLength(20);
      expect(paths[0]).toBe('/');
      const present = await Promise.all(paths.map((path) => stat(path).then(Boolean, () => path)));
      expect(present.filter((path) => path !== true)).toEqual([]);
      expect(execution).toMatchObject({
        status: 'completed',
        exit_code: 0,
        output_bytes: Buffer.byteLength(output),
      });
      const task = await makeJob(
        app.admin,
        project,
        'find /nothing-like-this 2>/dev/null; find /nothing-like-this',
      );
      await execute(app.admin, task);
      await reached(app.admin, task, 'failed');
      expect((await lastExecution(app.admin, task)).exit_code).toBe(1);
    });
  }
});
