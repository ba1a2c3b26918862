import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as Postgres } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { twoWorkers, useApp } from '../support/app.js';
import { mode } from '../support/mode.js';
import { isAlive } from '../support/process-table.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import {
  attempts,
  data,
  linesOf,
  living,
  makeProject,
  run,
  scratch,
  speaks,
  stored,
  times,
  token,
  type Json,
} from './steps.js';

const leaseSeconds = 3;
const app = useApp({
  roles: twoWorkers,
  env: { LEASE_SECONDS: String(leaseSeconds), WORKER_CONCURRENCY: '3' },
});

/**
 * A command that counts at its first attempt, until a file `go` is in the folder, and says `again` at every other. It leaves its process
 * id in a file named after its task.
 */
const counting = (folder: string, word: string) =>
  `trap "" PIPE; echo $$ >> ${folder}/$TASK_ID
   [ $(wc -l < ${folder}/$TASK_ID) -gt 1 ] && { echo again; exit; }
   i=0; while i=$((i+1)); echo line $i; [ ! -e ${folder}/go ]; do sleep 0.1; done; echo the end; : ${word}`;

/** What the command puts out when it counts as far as some output does, without its end. */
function counted(output: string): string {
  const count = output.match(/line/g)?.length ?? 0;
  return Array.from({ length: count + 1 }, (_, index) => `line ${index + 1}\n`).join('');
}

async function workerOf(execution: string): Promise<ServerProcess> {
  const [row] = await app.query<{ pid: number }>(
    'SELECT w.pid FROM executions e JOIN workers w ON w.id = e.worker_id WHERE e.id = $1',
    [execution],
  );
  const server = app.workers.find(({ pid }) => pid === row?.pid);
  if (!server) throw new Error(`nobody runs ${execution}`);
  return server;
}

test(
  'a killed worker gives back the place of a group, and its limit holds',
  { timeout: 60_000 },
  async () => {
    const folder = await scratch();
    const project = await makeProject(app.admin);
    const concurrency = { group: 'killed', limit: 1 };
    const held = await run(app.admin, project, counting(folder, token()), { concurrency, retry_attempts: 1 });
    await until(
      async () =>
        (await app.query("SELECT 1 FROM executions WHERE id = $1 AND status = 'running'", [held.execution]))
          .length > 0,
    );
    const waiting = await times(3, () => run(app.admin, project, 'true', { concurrency }));
    const victim = await workerOf(held.execution);
    await victim.kill();
    victim.start();
    await app.ready(victim);
    for (const job of waiting)
      expect((await attempts(app.admin, job.task, 30_000)).at(-1)).toMatchObject({ status: 'completed' });
    // what waited while it was lost came first
    expect((await attempts(app.admin, held.task, 30_000)).map(({ status }: Json) => status)).toEqual([
      'failed',
      'completed',
    ]);
    const order = await app.query<{ id: string; is_free: boolean }>(
      `SELECT id, admitted_at >= lag(finished_at, 1, '-infinity') OVER (ORDER BY admitted_at) AS is_free
       FROM executions WHERE concurrency_group = 'killed' ORDER BY admitted_at`,
    );
    expect(order.map(({ is_free }) => is_free)).toEqual([true, true, true, true, true]);
    expect(order.slice(0, 4).map(({ id }) => id)).toEqual(
      [held, ...waiting].map(({ execution }) => execution).toSorted(),
    );
  },
);

test('every task of a killed worker ends', { timeout: 90_000 }, async () => {
  const folder = await scratch();
  const word = token();
  const project = await makeProject(app.admin);
  const slots = 3 * app.workers.length;
  const jobs = await times(slots + 2, (index) =>
    run(app.admin, project, counting(folder, word), { retry_attempts: index % 2 }),
  );
  type Running = { id: string; task_id: string; pid: number };
  const running = await until(async () => {
    const rows = await app.query<Running>(
      `SELECT e.id, e.task_id, w.pid FROM executions e JOIN workers w ON w.id = e.worker_id
        WHERE e.project_id = $1 AND e.status = 'running'
          AND EXISTS (SELECT FROM output_segments s WHERE s.execution_id = e.id)`,
      [project],
    );
    return rows.length === slots ? rows : undefined;
  });
  const victim = await workerOf(running[0]!.id);
  const mine = running.filter(({ pid }) => pid === victim.pid);
  expect(mine).toHaveLength(3);
  const pids = (await Promise.all(mine.map(({ task_id }) => linesOf(`${folder}/${task_id}`)))).flat();
  // as a process does that freezes while it writes the end of a run
  const holder = new Postgres(app.databaseUrl);
  await holder.connect();
  onTestFinished(() => holder.end());
  await victim.kill();
  // the one that is held would come first
  await holder.query(
    "UPDATE executions SET lease_expires_at = lease_expires_at - interval '1 second' WHERE id = $1",
    [mine[0]!.id],
  );
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [mine[0]!.id]);
  await until(
    async () => (await Promise.all(pids.map((pid) => isAlive(Number(pid))))).every((alive) => !alive),
    { what: 'the commands of the killed worker to be gone' },
  );
  await writeFile(join(folder, 'go'), '');
  if (mode !== 'cluster') {
    victim.start();
    await app.ready(victim);
  }
  /** Waits for the end of lost executions: long before any limit of time frees the row that is held. */
  const ended = (lost: Running[]) =>
    until(
      async () => {
        const still = "SELECT 1 FROM executions WHERE id = ANY($1) AND status = 'running'";
        return (await app.query(still, [lost.map(({ id }) => id)])).length === 0;
      },
      { timeout: 25_000, what: 'the lost executions to be ended' },
    );
  await ended(mine.slice(1));
  await holder.end();
  await ended(mine);

  const lost = new Set(mine.map(({ id }) => id));
  for (const [index, job] of jobs.entries()) {
    const tries = await attempts(app.admin, job.task, 60_000);
    const output = await stored(app, job.execution);
    if (lost.has(job.execution)) {
      expect(tries[0]).toMatchObject({ status: 'failed', reason: 'WORKER_LOST', exit_code: null });
      expect(tries.slice(1).map(({ status }: Json) => status)).toEqual(index % 2 === 1 ? ['completed'] : []);
      expect(counted(output).startsWith(output)).toBe(true);
    } else {
      expect(tries.map(({ status }: Json) => status)).toEqual(['completed']);
      const [whole, ...more] = output.split('the end\n');
      expect(more).toEqual(['']);
      expect(counted(whole!).startsWith(whole!)).toBe(true);
    }
    const [row] = await app.query<{ output_bytes: string; generation: number }>(
      'SELECT output_bytes, generation FROM executions WHERE id = $1',
      [job.execution],
    );
    expect(row).toEqual({ output_bytes: String(output.length), generation: 1 });
    expect(await linesOf(`${folder}/${job.task}`)).toHaveLength(tries.length);
  }
  expect(await living(word)).toEqual([]);
  if (mode === 'cluster') {
    victim.start();
    await app.ready(victim);
  }
});

describe('a worker that is suspended for longer than its lease', () => {
  const freezing = (folder: string, word: string) =>
    // deaf for SIGPIPE, or the end of its worker would be its own; who has ended may stay a zombie until init looks
    `trap '' PIPE; echo $$ >> ${folder}/pids
     [ $(wc -l < ${folder}/pids) -gt 1 ] && { grep -qs "^State:.[^ZX]" /proc/$(head -n 1 ${folder}/pids)/status && echo both; echo again; exit; }
     while sleep 0.05; do echo tick; [ -e ${folder}/enough ] && exit; done; : ${word}`;

  async function freeze() {
    const folder = await scratch();
    const word = token();
    const project = await makeProject(app.admin);
    const job = await run(app.admin, project, freezing(folder, word), { retry_attempts: 1 });
    await speaks(app, job.execution);
    const worker = await workerOf(job.execution);
    process.kill(worker.pid, 'SIGSTOP');
    return { folder, word, job, worker };
  }

  if (mode === 'cluster') {
    test('cannot write over its successor, and its command is terminated', { timeout: 60_000 }, async () => {
      const { word, job, worker } = await freeze();
      try {
        const tries = await attempts(app.admin, job.task);
        expect(tries.map(({ status, reason }: Json) => [status, reason])).toEqual([
          ['failed', 'WORKER_LOST'],
          ['completed', null],
        ]);
        // when the second attempt began, the first had ended, although its worker is still suspended
        expect(await stored(app, tries[1].execution_id)).toBe('again\n');
        expect(await living(word)).toEqual([]);
      } finally {
        process.kill(worker.pid, 'SIGCONT');
      }
      const before = await app.query('SELECT * FROM executions ORDER BY id');
      await delay(1_000);
      expect(await app.query('SELECT * FROM executions ORDER BY id')).toEqual(before);
      const [row] = await app.query<{ output_bytes: string }>(
        'SELECT output_bytes FROM executions WHERE id = $1',
        [job.execution],
      );
      expect((await stored(app, job.execution)).length).toBe(Number(row?.output_bytes));
      expect(await living(word)).toEqual([]);
      expect(worker.isRunning).toBe(true);
    });
    test('leaves no process behind when its launcher is killed too', { timeout: 60_000 }, async () => {
      const { job, worker } = await freeze();
      process.kill((await worker.launcherPid())!, 'SIGKILL');
      await worker.kill();
      const tries = await attempts(app.admin, job.task);
      expect(await stored(app, tries[1].execution_id)).toBe('again\n');
      worker.start();
      await app.ready(worker);
    });
  } else if (mode === 'redis') {
    test('loses its executions, and they are retried', { timeout: 60_000 }, async () => {
      const { word, job, worker } = await freeze();
      await until(async () => (await living(word)).length === 0, { what: 'the command to be ended' });
      process.kill(worker.pid, 'SIGCONT');
      const tries = await attempts(app.admin, job.task);
      expect(tries.map(({ status, reason }: Json) => [status, reason])).toEqual([
        ['failed', 'WORKER_LOST'],
        ['completed', null],
      ]);
    });
  } else {
    test('continues its executions if no other worker has taken them over', { timeout: 60_000 }, async () => {
      const { folder, job, worker } = await freeze();
      await delay(leaseSeconds * 1000 + 1_000);
      process.kill(worker.pid, 'SIGCONT');
      await delay(leaseSeconds * 1000);
      await data(200, app.admin.get(`/api/executions/${job.execution}`));
      await run(app.admin, await makeProject(app.admin), `touch ${folder}/enough`);
      const tries = await attempts(app.admin, job.task);
      expect(tries.map(({ status, reason }: Json) => [status, reason])).toEqual([['completed', null]]);
    });
  }
});
