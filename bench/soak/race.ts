import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { offerJobs } from '../../test/support/offer-jobs.js';
import { until } from '../../test/support/until.js';
import { concurrently } from './concurrently.js';
import { Random } from './random.js';
import { livingRuns } from './round-checks.js';
import { TestCluster, type Mode } from './test-cluster.js';
import { data, execute, makeProject, makeTask } from './steps.js';
import type { Counters } from './counters.js';

const contested = 100;

/**
 * Lets many workers race for many executions, each of which the queue delivers again and again. Then it sends pairs of concurrent execute
 * requests, and pairs of cancel requests at the time of the end. In single mode the workers are slots of the one process.
 */
export async function race(
  options: { mode: Mode; seed: number; workers: number; executions: number },
  counters: Counters,
): Promise<void> {
  const { mode, workers } = options;
  counters.place = '[race]';
  const several = mode !== 'single';
  const cluster = await TestCluster.start({
    mode,
    roles: several ? ['api', ...Array.from({ length: workers }, () => 'worker' as const)] : ['all'],
    env: { WORKER_CONCURRENCY: several ? '1' : String(workers), DATABASE_POOL_SIZE: several ? '3' : '16' },
    postgres: { max_connections: String(100 + 4 * workers) },
  });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-soak-race-'));
  await chmod(folder, 0o777);
  try {
    const project = await makeProject(cluster, 1_000);
    await manyWorkers(cluster, project, folder, options.executions, counters);
    await twoExecutes(cluster, project, counters);
    await twoCancels(cluster, project, new Random(options.seed), counters);
  } finally {
    await rm(folder, { recursive: true, force: true });
    const faults = await cluster.stop();
    counters.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

async function manyWorkers(
  cluster: TestCluster,
  project: string,
  folder: string,
  executions: number,
  counters: Counters,
): Promise<void> {
  const queue = { queue_name: 'normal_priority' };
  await data(200, cluster.admin.post('/api/queues/pause', queue));
  const command = `echo "+ $MILLRACE_EXECUTION_ID" >> ${folder}/log; sleep 0.02; echo "- $MILLRACE_EXECUTION_ID" >> ${folder}/log`;
  const ids = await concurrently(8, Array.from({ length: executions }), async () => {
    const answer = await data(202, execute(cluster, await makeTask(cluster, project, command)));
    return answer.execution_id as string;
  });
  await data(200, cluster.admin.post('/api/queues/resume', queue));
  const open = async () =>
    cluster.query<{ id: string }>(
      "SELECT id FROM executions WHERE status IN ('queued', 'running') AND id = ANY($1)",
      [ids],
    );
  const offerUntilDone = async (offer?: (id: string) => Promise<void>): Promise<void> => {
    for (let left = await open(); left.length > 0; left = await open()) {
      counters.count('jobs offered again', offer ? Math.min(100, left.length) : 0);
      if (offer) await concurrently(8, left.slice(0, 100), ({ id }) => offer(id));
      await delay(100);
    }
  };
  // in single mode the queue is in the only process, which nobody else can offer anything to
  await (cluster.redis ? offerJobs(cluster.redis, offerUntilDone) : offerUntilDone());
  const log = (await readFile(`${folder}/log`, 'utf8')).split('\n').filter(Boolean);
  const seen = new Map<string, number>();
  for (const line of log) seen.set(line, (seen.get(line) ?? 0) + 1);
  for (const id of ids)
    counters.check(
      'done once among racing workers',
      seen.get(`+ ${id}`) === 1 && seen.get(`- ${id}`) === 1,
      id,
    );
  const rows = await cluster.query<{ workers: number; completed: number; twice: number }>(
    `SELECT count(DISTINCT worker_id)::int AS workers, count(*) FILTER (WHERE status = 'completed')::int AS completed,
            count(*) FILTER (WHERE generation <> 1)::int AS twice FROM executions WHERE id = ANY($1)`,
    [ids],
  );
  const { workers = 0, completed = 0, twice = 0 } = rows[0] ?? {};
  counters.figure('race', `${ids.length} executions, ${workers} worker processes had some`);
  counters.check(
    'all are completed by their first claim',
    completed === ids.length && twice === 0,
    `${completed}, ${twice}`,
  );
}

/** Sends two concurrent execute requests: one must succeed, the other must get 409. */
async function twoExecutes(cluster: TestCluster, project: string, counters: Counters): Promise<void> {
  const numbers = Array.from({ length: contested });
  await concurrently(4, numbers, async () => {
    const task = await makeTask(cluster, project, 'sleep 0.2');
    const answers = await Promise.all([execute(cluster, task), execute(cluster, task)]);
    const statuses = answers.map(({ status }) => String(status)).toSorted();
    counters.check('execute twice: one 202, one 409', statuses.join() === '202,409', statuses.join());
  });
}

/** Sends two cancel requests near the end of a run: in every order, row, task and responses must agree, and no process may remain. */
async function twoCancels(
  cluster: TestCluster,
  project: string,
  random: Random,
  counters: Counters,
): Promise<void> {
  const numbers = Array.from({ length: contested });
  const executions: string[] = [];
  await concurrently(4, numbers, async () => {
    const task = await makeTask(cluster, project, 'sleep 0.1');
    const { execution_id } = await data(202, execute(cluster, task));
    executions.push(execution_id as string);
    await delay(random.between(0, 200));
    const cancel = () => cluster.admin.post(`/api/tasks/${task}/cancel`, {});
    const answers = await Promise.all([cancel(), cancel()]);
    const row = async () =>
      (
        await cluster.query<{ execution: string; task: string }>(
          `SELECT e.status AS execution, t.status AS task FROM tasks t JOIN executions e ON e.id = t.execution_id
            WHERE t.id = $1 AND e.status NOT IN ('queued', 'running')`,
          [task],
        )
      )[0];
    const end = await until(row, { timeout: 30_000, what: 'the end' });
    const said = answers.map(({ status, body }) =>
      status === 200 ? (body.data.status as string) : String(status),
    );
    const clean = said.every((text) => text === '409' || text === '202' || text === end.execution);
    counters.check(
      'two cancels and an end agree',
      clean && end.execution === end.task,
      `${said.join()} but ${JSON.stringify(end)}`,
    );
  });
  const alive = await livingRuns(executions);
  counters.check('no process of an ended run is alive', alive.length === 0, alive.join(', '));
}
