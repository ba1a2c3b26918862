import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { startApp, twoOfEach, useApp } from '../support/app.js';
import { mode } from '../support/mode.js';
import {
  attempts,
  data,
  linesOf,
  makeProject,
  run,
  scratch,
  speaks,
  times,
  type Job,
  type Json,
} from './steps.js';

afterEach(closeSockets);

const app = useApp({ roles: twoOfEach, env: { LEASE_SECONDS: '3', WORKER_CONCURRENCY: '4' } });

const losses: [string, () => Promise<void>][] = [
  ['wiped', () => app.redis!.flush()],
  [
    'killed and started again, empty',
    async () => {
      await app.redis!.stop('SIGKILL');
      await delay(1_000);
      await app.redis!.start();
    },
  ],
];

test.each(losses)('Redis is %s and nothing is lost', { timeout: 90_000 }, async (_, lose) => {
  const folder = await scratch();
  const project = await makeProject(app.admin);
  const low = { queue_name: 'low_priority' };
  await data(200, app.admin.post('/api/queues/pause', low));
  const command = `echo $TASK_ID >> ${folder}/runs; echo it runs; sleep 0.3`;
  const paused = await times(5, () => run(app.admin, project, command, {}, { priority: 'low' }));
  const jobs: Job[] = await times(50, () => run(app.admin, project, command));
  await speaks(app, jobs[0]!.execution);

  await lose();

  for (const { task } of jobs) {
    const tries = await attempts(app.admin, task, 60_000);
    expect(tries.map(({ status, reason, error }: Json) => [status, reason, error])).toEqual([
      ['completed', null, null],
    ]);
  }
  expect((await linesOf(`${folder}/runs`)).toSorted()).toEqual(jobs.map(({ task }) => task).toSorted());
  for (const { execution } of paused)
    expect(await data(200, app.admin.get(`/api/executions/${execution}`))).toMatchObject({
      status: 'queued',
      why_waiting: 'queue_paused',
    });
  await data(200, app.admin.post('/api/queues/resume', low));
  for (const { task } of paused)
    expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
});

test(
  'without Redis requests are answered, output is read, and the lost are ended',
  { timeout: 90_000 },
  async () => {
    const project = await makeProject(app.admin);
    const long = await run(app.admin, project, 'echo hello; sleep 60');
    await speaks(app, long.execution);
    await app.redis!.stop('SIGKILL');
    try {
      const waiting = await run(app.admin, project, 'echo late');
      const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
      socket.send({ type: 'subscribe', channel: 'command_output', command_id: long.execution });
      await socket.next('command_output', ({ content }) => content === 'hello\n');
      // the bus cannot tell: the heartbeat does
      const answer = await app.admin.post(`/api/tasks/${long.task}/cancel`, {});
      expect([answer.status, answer.body.data.status]).toEqual([200, 'cancelled']);
      if (mode === 'cluster') await endsWhatIsLost(project);
      await app.redis!.start();
      expect((await attempts(app.admin, waiting.task)).at(-1)).toMatchObject({ status: 'completed' });
    } finally {
      await app.redis!.start().catch(() => undefined);
    }
  },
);

async function endsWhatIsLost(project: string): Promise<void> {
  await app.redis!.start();
  const job = await run(app.admin, project, 'echo on; sleep 60');
  await speaks(app, job.execution);
  await app.redis!.stop('SIGKILL');
  for (const worker of app.workers) await worker.kill();
  const [end] = await attempts(app.admin, job.task, 8_000);
  expect(end).toMatchObject({ status: 'failed', reason: 'WORKER_LOST' });
  for (const worker of app.workers) {
    worker.start();
    await app.ready(worker);
  }
}

test('processes end in good order while Redis is away', { timeout: 90_000 }, async () => {
  const roles = mode === 'cluster' ? (['api', 'worker'] as const) : (['all'] as const);
  const short = await startApp({ roles: [...roles], env: { GRACE_SECONDS: '2' } });
  try {
    await short.redis!.stop('SIGKILL');
    await delay(500);
    const exits = await Promise.all(short.processes.map((server) => server.stop()));
    expect(exits).toEqual(short.processes.map(() => ({ code: 0, signal: null })));
    // nor does a start wait for it
    for (const server of short.processes) server.start();
    await Promise.all(short.processes.map((server) => short.ready(server)));
    await short.redis!.start();
    const job = await run(short.admin, await makeProject(short.admin), 'true');
    expect((await attempts(short.admin, job.task)).at(-1)).toMatchObject({ status: 'completed' });
  } finally {
    await short.redis!.start();
    await short.stop();
  }
});
