import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { offerJobs } from '../../test/support/offer-jobs.js';
import { until } from '../../test/support/until.js';
import { lanes } from './lanes.js';
import { Random } from './random.js';
import { livingRuns } from './round-checks.js';
import { Stand, type Mode } from './stand.js';
import { data, execute, makeProject, makeTask } from './steps.js';
import type { Tally } from './tally.js';

const contested = 100;

/**
 * Many workers race for many executions, each of which the queue offers again and again; then two ask to execute at once, and two
 * cancel at the moment of the end. In single mode the workers are slots of the one process.
 */
export async function race(
  options: { mode: Mode; seed: number; workers: number; executions: number },
  tally: Tally,
): Promise<void> {
  const { mode, workers } = options;
  tally.place = '[race]';
  const several = mode !== 'single';
  const stand = await Stand.start({
    mode,
    roles: several ? ['api', ...Array.from({ length: workers }, () => 'worker' as const)] : ['all'],
    env: { WORKER_CONCURRENCY: several ? '1' : String(workers), DATABASE_POOL_SIZE: several ? '3' : '16' },
    postgres: { max_connections: String(100 + 4 * workers) },
  });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-soak-race-'));
  await chmod(folder, 0o777);
  try {
    const project = await makeProject(stand, 1_000);
    await manyWorkers(stand, project, folder, options.executions, tally);
    await twoExecutes(stand, project, tally);
    await twoCancels(stand, project, new Random(options.seed), tally);
  } finally {
    await rm(folder, { recursive: true, force: true });
    const faults = await stand.stop();
    tally.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

async function manyWorkers(
  stand: Stand,
  project: string,
  folder: string,
  executions: number,
  tally: Tally,
): Promise<void> {
  const queue = { queue_name: 'normal_priority' };
  await data(200, stand.admin.post('/api/queues/pause', queue));
  const command = `echo "+ $MILLRACE_EXECUTION_ID" >> ${folder}/log; sleep 0.02; echo "- $MILLRACE_EXECUTION_ID" >> ${folder}/log`;
  const ids = await lanes(8, Array.from({ length: executions }), async () => {
    const answer = await data(202, execute(stand, await makeTask(stand, project, command)));
    return answer.execution_id as string;
  });
  await data(200, stand.admin.post('/api/queues/resume', queue));
  const open = async () =>
    stand.query<{ id: string }>(
      "SELECT id FROM executions WHERE status IN ('queued', 'running') AND id = ANY($1)",
      [ids],
    );
  await offerJobs({ redis: stand.redis, url: stand.postgres?.url ?? '' }, async (offer) => {
    for (let left = await open(); left.length > 0; left = await open()) {
      tally.count('jobs offered again', Math.min(100, left.length));
      await lanes(8, left.slice(0, 100), ({ id }) => offer(id));
      await delay(100);
    }
  });
  const log = (await readFile(`${folder}/log`, 'utf8')).split('\n').filter(Boolean);
  const seen = new Map<string, number>();
  for (const line of log) seen.set(line, (seen.get(line) ?? 0) + 1);
  for (const id of ids)
    tally.check('done once among racing workers', seen.get(`+ ${id}`) === 1 && seen.get(`- ${id}`) === 1, id);
  const rows = await stand.query<{ workers: number; completed: number; twice: number }>(
    `SELECT count(DISTINCT worker_id)::int AS workers, count(*) FILTER (WHERE status = 'completed')::int AS completed,
            count(*) FILTER (WHERE generation <> 1)::int AS twice FROM executions WHERE id = ANY($1)`,
    [ids],
  );
  const { workers = 0, completed = 0, twice = 0 } = rows[0] ?? {};
  tally.figure('race', `${ids.length} executions, ${workers} worker processes had some`);
  tally.check(
    'all are completed by their first claim',
    completed === ids.length && twice === 0,
    `${completed}, ${twice}`,
  );
}

/** Execute twice at once: one wins, the other is told so. */
async function twoExecutes(stand: Stand, project: string, tally: Tally): Promise<void> {
  const numbers = Array.from({ length: contested });
  await lanes(4, numbers, async () => {
    const task = await makeTask(stand, project, 'sleep 0.2');
    const answers = await Promise.all([execute(stand, task), execute(stand, task)]);
    const statuses = answers.map(({ status }) => String(status)).toSorted();
    tally.check('execute twice: one 202, one 409', statuses.join() === '202,409', statuses.join());
  });
}

/** Two cancels and the end at once: whatever comes first, row, task and answers agree, and nothing is left alive. */
async function twoCancels(stand: Stand, project: string, random: Random, tally: Tally): Promise<void> {
  const numbers = Array.from({ length: contested });
  const executions: string[] = [];
  await lanes(4, numbers, async () => {
    const task = await makeTask(stand, project, 'sleep 0.1');
    const { execution_id } = await data(202, execute(stand, task));
    executions.push(execution_id as string);
    await delay(random.between(0, 200));
    const cancel = () => stand.admin.post(`/api/tasks/${task}/cancel`, {});
    const answers = await Promise.all([cancel(), cancel()]);
    const row = async () =>
      (
        await stand.query<{ execution: string; task: string }>(
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
    tally.check(
      'two cancels and an end agree',
      clean && end.execution === end.task,
      `${said.join()} but ${JSON.stringify(end)}`,
    );
  });
  const alive = await livingRuns(executions);
  tally.check('no process of an ended run is alive', alive.length === 0, alive.join(', '));
}
