import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { twoWorkers, useApp } from '../support/app.js';
import { mode } from '../support/mode.js';
import type { Exit, ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
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

const app = useApp({ roles: twoWorkers, env: { LEASE_SECONDS: '3', WORKER_CONCURRENCY: '4' } });

const losses: [string, () => Promise<void>][] = [
  ['wiped', () => app.redis!.flush()],
  [
    'killed and started again, empty',
    async () => {
      await app.redis!.stop('SIGKILL');
      await notices(app.apis[0]!);
      await app.redis!.start();
    },
  ],
];

/** Waits until a process says that Redis is away. */
async function notices({ url }: ServerProcess): Promise<void> {
  await until(
    async () => {
      const { data: readiness } = (await (await fetch(`${url}/api/health/ready`)).json()) as Json;
      return readiness.reasons.includes('redis');
    },
    { what: 'the loss of Redis to be noticed' },
  );
}

test.each(losses)('Redis is %s, and no execution is lost', { timeout: 90_000 }, async (_, lose) => {
  const folder = await scratch();
  const project = await makeProject(app.admin);
  const low = { queue_name: 'low_priority' };
  await data(200, app.admin.post('/api/queues/pause', low));
  const command = `echo $TASK_ID >> ${folder}/runs; echo it runs; until [ -e ${folder}/go ]; do sleep 0.1; done`;
  const paused = await times(3, () => run(app.admin, project, command, {}, { priority: 'low' }));
  // some of them run, and twice as many wait
  const jobs: Job[] = await times(24, () => run(app.admin, project, command));
  await speaks(app, jobs[0]!.execution);

  await lose();

  await writeFile(join(folder, 'go'), '');
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
  'without Redis, requests and output work, lost executions are ended, and processes stop and start',
  { timeout: 120_000 },
  async () => {
    const project = await makeProject(app.admin);
    const [long, lost] = await Promise.all([
      run(app.admin, project, 'echo hello; sleep 60'),
      run(app.admin, project, 'echo hello; sleep 60'),
    ]);
    for (const { execution } of [long, lost]) await speaks(app, execution);
    await app.redis!.stop('SIGKILL');
    try {
      const waiting = await run(app.admin, project, 'echo late');
      const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
      socket.send({ type: 'subscribe', channel: 'command_output', command_id: long.execution });
      await socket.next('command_output', ({ content }) => content === 'hello\n');
      // the bus cannot tell: the heartbeat does
      const answer = await app.admin.post(`/api/tasks/${long.task}/cancel`, {});
      expect([answer.status, answer.body.data.status]).toEqual([200, 'cancelled']);

      const exits: Exit[] = [];
      if (mode === 'cluster') {
        const [row] = await app.query<{ pid: number }>(
          'SELECT w.pid FROM executions e JOIN workers w ON w.id = e.worker_id WHERE e.id = $1',
          [lost.execution],
        );
        const victim = app.workers.find(({ pid }) => pid === row!.pid)!;
        const other = app.workers.find((server) => server !== victim)!;
        // so that only a process that runs nothing is there to end what is lost
        exits.push(await other.stop());
        await victim.kill();
        const [end] = await attempts(app.admin, lost.task);
        expect(end).toMatchObject({ status: 'failed', reason: 'WORKER_LOST' });
      }
      const running = app.processes.filter(({ isRunning }) => isRunning);
      exits.push(...(await Promise.all(running.map((server) => server.stop()))));
      expect(exits).toEqual(exits.map(() => ({ code: 0, signal: null })));
      // nor does a start wait for it
      for (const server of app.processes) server.start();
      await Promise.all(app.processes.map((server) => app.ready(server)));
      await app.redis!.start();
      const later = await run(app.admin, project, 'true');
      for (const { task } of [waiting, later])
        expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
    } finally {
      await app.redis!.start().catch(() => undefined);
    }
  },
);
