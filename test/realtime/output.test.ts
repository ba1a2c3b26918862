import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus } from '../support/client.js';
import { until } from '../support/until.js';
import { createProject, createTask, ended, execute } from './fixtures.js';
import { closeSockets, LiveSocket } from './live-socket.js';

const app = useSharedApp();
afterEach(closeSockets);

const follow = (commandId: string, fromOffset?: number) => ({
  type: 'subscribe',
  channel: 'command_output',
  command_id: commandId,
  ...(fromOffset === undefined ? {} : { from_offset: fromOffset }),
});

test('output is delivered live and again, from any offset', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(
    app.admin,
    project,
    "for i in 1 2 3; do printf 'line %s äöü€😀\\n' $i; sleep 0.2; done; printf 'to the side' >&2; exit 3",
  );
  const execution = await execute(app.admin, task);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  const { data } = await socket.ask(
    { ...follow(execution), command_id: undefined, task_id: task },
    'subscribed',
  );
  expect(data).toEqual({ channel: 'command_output', task_id: task, command_id: execution, from_offset: 0 });

  const { bytes, end } = await socket.output(execution);
  const whole = Buffer.from('line 1 äöü€😀\nline 2 äöü€😀\nline 3 äöü€😀\nto the side');
  expect(bytes.toString()).toBe(whole.toString());
  expect(end).toMatchObject({
    content: '',
    offset: whole.length,
    length: 0,
    end: true,
    total: whole.length,
    exit_code: 3,
  });
  const [first, ...others] = socket.messages.filter(({ type }) => type === 'command_output');
  expect(first?.data).toMatchObject({
    command_id: execution,
    stream: 'stdout',
    offset: 0,
    timestamp: expect.stringMatching(/Z$/),
  });
  expect(others.some(({ data }) => data.stream === 'stderr' && data.content === 'to the side')).toBe(true);

  for (let offset = 0; offset <= whole.length + 1; offset += 1) {
    const from = socket.messages.length;
    socket.send(follow(execution, offset));
    const again = await socket.output(execution, from);
    expect(again.bytes.equals(whole.subarray(offset))).toBe(true);
    expect(again.end.total).toBe(whole.length);
  }
});

test('a late reader immediately receives the output that slow storage has not stored yet', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'echo early; while :; do sleep 0.2; echo on; done');
  const store = new Client({ connectionString: app.databaseUrl });
  await store.connect();
  try {
    await store.query('BEGIN; LOCK TABLE output_segments IN SHARE MODE');
    const execution = await execute(app.admin, task);
    for (const _ of [1, 2]) {
      const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
      socket.send(follow(execution));
      await socket.next('command_output', ({ content, offset }) => offset === 0 && content === 'early\n');
      await socket.next('command_output', ({ content, offset }) => offset === 9 && content === 'on\n');
    }
    const { rows } = await store.query('SELECT 1 FROM output_segments WHERE execution_id = $1', [execution]);
    expect(rows).toEqual([]);
  } finally {
    await store.end();
  }
  await expectStatus(200, app.admin.post(`/api/tasks/${task}/cancel`, {}));
});

test('bytes that are not UTF-8 are sent as base64', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, "printf '\\377\\376\\000\\001'");
  const execution = await execute(app.admin, task);
  await ended(app.admin, task);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  socket.send(follow(execution));
  expect([...(await socket.output(execution)).bytes]).toEqual([255, 254, 0, 1]);
  expect(socket.messages.find(({ data }) => data?.length === 4)?.data.encoding).toBe('base64');
});

test('no output arrives after unsubscribing, and a new subscription continues from an offset', async () => {
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, 'for i in $(seq 1 20); do echo $i; sleep 0.1; done');
  const execution = await execute(app.admin, task);
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  socket.send(follow(execution));
  await socket.next('command_output');
  await socket.ask({ type: 'unsubscribe', channel: 'command_output', command_id: execution }, 'unsubscribed');
  const place = socket.messages.findIndex(({ type }) => type === 'unsubscribed');
  const before = socket.received(execution);
  await ended(app.admin, task);
  expect(socket.messages.slice(place).filter(({ type }) => type === 'command_output')).toEqual([]);
  const from = socket.messages.length;
  socket.send(follow(execution, before.length));
  const after = await socket.output(execution, from);
  expect(Buffer.concat([before, after.bytes]).toString()).toBe(
    Array.from({ length: 20 }, (_, i) => `${i + 1}\n`).join(''),
  );
});

test('a slow reader delays no other, takes bounded memory, and gets every byte', async () => {
  const total = 24_000_000;
  const project = await createProject(app.admin);
  const task = await createTask(app.admin, project, `sleep 1; seq 1 10000000 | head -c ${total}`);
  const execution = await execute(app.admin, task);
  const slow = await Promise.all(
    Array.from({ length: 20 }, () => LiveSocket.open(app.wsUrl, app.admin.token)),
  );
  for (const socket of slow) {
    await socket.ask(follow(execution), 'subscribed');
    socket.ws.pause();
  }
  const api = app.apis.at(-1)!;
  const fast = await LiveSocket.open(app.wsUrl, app.admin.token);
  fast.send(follow(execution));
  const before = await residentMemory(api.pid);
  const { bytes, end } = await until(() => fast.output(execution), { timeout: 25_000 });
  expect(end.total).toBe(total);
  expect(bytes.length).toBe(total);
  // the twenty would hold 540 MB between them; what each may have waiting is 7 MB
  expect((await residentMemory(api.pid)) - before).toBeLessThan(300_000_000);
  const late = slow[0]!;
  late.ws.resume();
  expect((await late.output(execution)).bytes.equals(bytes)).toBe(true);
}, 60_000);

async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
