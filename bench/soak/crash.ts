import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '../../test/support/server-process.js';
import { until } from '../../test/support/until.js';
import { commandOf, makeWork, type SoakProject } from './command.js';
import { faultsOf, leaseSeconds, type Fault } from './faults.js';
import { concurrently } from './concurrently.js';
import { fieldsOf, makePlacement, rememberWorkers } from './placement.js';
import { PausedLine } from './paused-line.js';
import { Random } from './random.js';
import { Receiver } from './receiver.js';
import { checkRound, type Outage, type Round, type Task } from './round-checks.js';
import { TestCluster, type Mode } from './test-cluster.js';
import { data, makeProject, startTask } from './steps.js';
import type { Counters } from './counters.js';
import { checkDeliveries } from './webhook-checks.js';

/** The number of runs in a round, of which 8 run at the same time. */
const tasksInRound = 208;
/** The limits of a project with room for all of its runs, and of ten that are at their limit. */
const limits = [100, 1, 2, 3, 1, 2, 1, 2, 3, 1, 2];
const endTimeoutMs = 150_000;

const crashEnv = (mode: Mode) => ({
  LEASE_SECONDS: String(leaseSeconds),
  WORKER_CONCURRENCY: mode === 'cluster' ? '4' : '8',
  CANCEL_GRACE_SECONDS: '1',
  GRACE_SECONDS: '2',
});

/** Plays rounds of 208 runs with injected faults until the time is over, but at least one, beside a long line in a paused queue. */
export async function crash(
  options: { mode: Mode; embedded: boolean; until: number; seed: number; faults: RegExp },
  counters: Counters,
): Promise<void> {
  const random = new Random(options.seed);
  const { mode, embedded } = options;
  const cluster = await TestCluster.start({ mode, embedded, env: crashEnv(mode) });
  const receiver = await Receiver.start(new Random(options.seed + 1), counters);
  try {
    const projects = await Promise.all(
      limits.map(async (limit, index) => ({
        id: await makeProject(cluster, limit),
        name: `project${index}`,
        limit,
      })),
    );
    const line = await PausedLine.create(cluster);
    const hook = { url: receiver.url, events: ['task.*'] };
    receiver.secret = (await data(201, cluster.admin.post('/api/webhooks/', hook))).secret as string;
    await rememberWorkers(cluster);
    const all: string[] = [];
    let rounds = 0;
    do {
      counters.count('rounds');
      const faults = faultsOf(cluster, options.faults);
      const round = await runRound(cluster, random, counters, projects, faults, (rounds += 1));
      all.push(...round.tasks.map(({ id }) => id));
      const stuck = !(await allEnded(cluster, round, counters));
      if (stuck) break;
      await checkRound(cluster, round, random, counters);
      await line.check(counters);
      await rm(round.folder, { recursive: true, force: true });
    } while (Date.now() < options.until);
    await checkDeliveries(cluster, receiver, all, counters);
  } finally {
    for (const server of cluster.processes) {
      const errors = loggedErrors(server);
      counters.count('errors logged', errors.length);
      for (const line of errors.slice(0, 5)) console.error(`LOGGED ${line.slice(0, 600)}`);
    }
    receiver.stop();
    const faults = await cluster.stop();
    counters.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

async function runRound(
  cluster: TestCluster,
  random: Random,
  counters: Counters,
  projects: readonly SoakProject[],
  faults: readonly Fault[],
  number: number,
): Promise<Round> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-soak-round-'));
  await chmod(folder, 0o777);
  for (const name of ['tasks', 'running']) {
    await mkdir(join(folder, name));
    await chmod(join(folder, name), 0o777);
  }
  const queue = { queue_name: 'normal_priority' };
  await data(200, cluster.admin.post('/api/queues/pause', queue));
  const plans = Array.from({ length: tasksInRound }, (_, index) => {
    const project = projects[index % 2 === 0 ? 0 : 1 + (((index - 1) / 2) % 10)]!;
    const placement = makePlacement(random, number, cluster.options.mode);
    const retries = random.chance(0.7) ? 5 : 0;
    return { project, work: makeWork(random, `task-${index}`), retries, placement };
  });
  const tasks: Task[] = await concurrently(8, plans, async ({ project, work, retries, placement }) => {
    const { task } = await startTask(cluster, project.id, commandOf(work, folder, project), {
      environment: { SOAK_PROJECT: project.name },
      retry_attempts: retries,
      ...fieldsOf(placement),
    });
    counters.count('runs');
    return { id: task, work, limit: project.limit, cancelled: false, moved: false, placement };
  });
  await data(200, cluster.admin.post('/api/queues/resume', queue));
  const meddling = Promise.all([
    cancelSome(cluster, new Random(random.between(0, 1e9)), tasks, counters),
    changePriorities(cluster, new Random(random.between(0, 1e9)), tasks, counters),
  ]);
  const outages: Outage[] = [];
  for (let left = random.between(1, 3); left > 0; left -= 1) {
    await delay(random.between(200, 4_500));
    const fault = random.pick(faults);
    counters.count('faults');
    counters.count(`  ${fault.name}`);
    counters.place = `[round with ${[...outages.map(({ name }) => name), fault.name].join(', ')}]`;
    const from = Date.now();
    await fault.inflict(cluster, random);
    await cluster.ready();
    outages.push({ name: fault.name, from, to: Date.now() });
  }
  await meddling;
  return { folder, tasks, outages };
}

/** Cancels some runs while they wait, run or end, each by two concurrent requests. */
async function cancelSome(
  cluster: TestCluster,
  random: Random,
  tasks: Task[],
  counters: Counters,
): Promise<void> {
  for (let count = 0; count < 8; count += 1) {
    await delay(random.between(100, 900));
    const task = random.pick(tasks);
    task.cancelled = true;
    const cancel = () => cluster.admin.post(`/api/tasks/${task.id}/cancel`, {}).catch(() => undefined);
    for (const answer of await Promise.all([cancel(), cancel()])) {
      if (!answer) continue;
      counters.check(
        'cancel is answered cleanly',
        [200, 202, 409, 503].includes(answer.status),
        () => `${answer.status} ${JSON.stringify(answer.body)}`,
      );
    }
  }
}

/** Changes the priority of runs that wait, start or have ended, ten at a time. */
async function changePriorities(
  cluster: TestCluster,
  random: Random,
  tasks: Task[],
  counters: Counters,
): Promise<void> {
  for (let count = 0; count < 8; count += 1) {
    await delay(random.between(100, 900));
    const picked = new Set(Array.from({ length: 10 }, () => random.pick(tasks)));
    for (const task of picked) task.moved = true;
    const task_ids = [...picked].map(({ id }) => id);
    const priority = random.pick(['high', 'normal']);
    const answer = await cluster.admin
      .post('/api/queues/priority', { task_ids, priority })
      .catch(() => undefined);
    if (answer?.status === 200)
      counters.count('priorities changed', answer.body.data.affected_count as number);
    counters.check(
      'a change of priorities is answered cleanly',
      answer === undefined || [200, 503].includes(answer.status),
      () => `${answer?.status} ${JSON.stringify(answer?.body)}`,
    );
  }
}

/** Waits until every run of a round has ended. @returns false, with a violation, when some do not */
async function allEnded(cluster: TestCluster, round: Round, counters: Counters): Promise<boolean> {
  const ids = round.tasks.map(({ id }) => id);
  const recovered = round.outages.at(-1)?.to ?? 0;
  const open = () =>
    cluster.query<{ id: string; status: string; overdue: boolean }>(
      `SELECT id, status, status = 'running' AND lease_expires_at < now() - interval '5 s' AS overdue
         FROM executions WHERE task_id = ANY($1) AND status IN ('queued', 'running')`,
      [ids],
    );
  const none = async (): Promise<boolean> => {
    const rows = await open();
    if (Date.now() > recovered + (leaseSeconds + 5) * 1000) {
      const overdue = rows.filter((row) => row.overdue);
      counters.check('nothing runs past its lease + 5 s', overdue.length === 0, () =>
        JSON.stringify(overdue),
      );
    }
    return rows.length === 0;
  };
  try {
    await until(none, { timeout: endTimeoutMs, what: 'the end of every run' });
    counters.check('every run ends', true);
    return true;
  } catch {
    const rows = await open();
    counters.check('every run ends', false, () => JSON.stringify(rows.slice(0, 5)));
    for (const server of cluster.processes) console.error(server.logTail(20));
    return false;
  }
}

/** Returns the errors in the log of a process, without those of requests during an outage of Postgres. */
function loggedErrors({ stderr }: ServerProcess): string[] {
  const lines = stderr.split('\n').filter((line) => /"level":(50|60)/.test(line));
  return lines.filter((line) => !line.includes('"code":"DATABASE_ERROR"'));
}
