import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digest, outputOf, type Work } from './command.js';
import { leaseSeconds } from './faults.js';
import { checkPlacement, type Placement } from './placement.js';
import type { Random } from './random.js';
import type { TestCluster } from './test-cluster.js';
import type { Counters } from './counters.js';

export interface Task {
  id: string;
  work: Work;
  limit: number;
  /** Whether the soak has cancelled the task. */
  cancelled: boolean;
  /** Whether the soak has changed its priority. */
  moved: boolean;
  placement: Placement;
}

/** An injected fault, from its start until all processes serve again. */
export interface Outage {
  name: string;
  from: number;
  to: number;
}

export interface Round {
  folder: string;
  tasks: Task[];
  outages: Outage[];
}

interface Attempt {
  id: string;
  task_id: string;
  project_id: string;
  status: string;
  reason: string | null;
  generation: number;
  retries_left: number;
  output_bytes: string;
  started_at: Date | null;
  finished_at: Date;
  is_current: boolean;
  task_status: string;
}

const boundMs = (leaseSeconds + 5) * 1000;

/** Checks the results of a round: rows, stored output, the log of the commands, and processes. */
export async function checkRound(
  cluster: TestCluster,
  round: Round,
  random: Random,
  counters: Counters,
): Promise<void> {
  const attempts = await cluster.query<Attempt & Record<string, unknown>>(
    `SELECT e.id, e.task_id, e.project_id, e.status, e.reason, e.generation, e.retries_left, e.output_bytes,
            e.started_at, e.finished_at, t.execution_id = e.id AS is_current, t.status AS task_status
       FROM executions e JOIN tasks t ON t.id = e.task_id WHERE e.task_id = ANY($1) ORDER BY e.id`,
    [round.tasks.map(({ id }) => id)],
  );
  const log = (await readFile(join(round.folder, 'log'), 'utf8')).split('\n').filter(Boolean);
  for (const fault of ['overlap', 'limit'] as const) {
    const found = log.filter((line) => line.startsWith(`! ${fault}`));
    const name = fault === 'overlap' ? 'one attempt alive at most' : 'max_concurrent_tasks (processes)';
    counters.check(name, found.length === 0, () => found.slice(0, 3).join('; '));
  }
  const noted = countNotes(log);
  const stored = await storedOutput(cluster, attempts);
  for (const task of round.tasks) {
    const own = attempts.filter(({ task_id }) => task_id === task.id);
    checkEnds(task, own, counters);
    const whole = outputOf(task.work);
    for (const attempt of own) {
      checkAttempt(attempt, noted.get(attempt.id) ?? [0, 0], round.outages, counters);
      checkOutput(attempt, whole, stored.get(attempt.id) ?? Buffer.alloc(0), counters);
    }
  }
  checkLimits(round, attempts, counters);
  await checkPlacement(cluster, round, counters);
  await checkDownloads(cluster, round, attempts, random, counters);
  const alive = await livingRuns(attempts.map(({ id }) => id));
  counters.check('no process of an ended run is alive', alive.length === 0, alive.join(', '));
}

function countNotes(log: readonly string[]): Map<string, [starts: number, ends: number]> {
  const notes = new Map<string, [number, number]>();
  for (const line of log) {
    const [sign, id = ''] = line.split(' ');
    const note = notes.get(id) ?? [0, 0];
    notes.set(id, note);
    if (sign === '+') note[0] += 1;
    if (sign === '-') note[1] += 1;
  }
  return notes;
}

function checkEnds(task: Task, attempts: readonly Attempt[], counters: Counters): void {
  const last = attempts.at(-1);
  const detail = () => JSON.stringify(attempts.map(({ id, status, reason }) => [id, status, reason]));
  counters.count('attempts', attempts.length);
  counters.check(
    'a task says what its last attempt says',
    last?.is_current === true && last.task_status === last.status,
    detail,
  );
  const completed = attempts.filter(({ status }) => status === 'completed');
  counters.check(
    'completed once at most, and nothing after it',
    completed.length === 0 || (completed.length === 1 && completed[0] === last),
    detail,
  );
  const wanted =
    last?.status === 'completed' ||
    task.cancelled ||
    (last?.reason === 'WORKER_LOST' && last.retries_left === 0);
  counters.check('lost runs are tried again', wanted, detail);
}

function checkAttempt(
  attempt: Attempt,
  [starts, ends]: [number, number],
  outages: readonly Outage[],
  counters: Counters,
): void {
  const { id, status, reason } = attempt;
  const detail = () => `${JSON.stringify(attempt)} ${starts} starts, ${ends} ends`;
  counters.check('run once', starts <= 1 && ends <= starts && attempt.generation <= 1, detail);
  if (status === 'completed') counters.check('completed means done', starts === 1 && ends === 1, detail);
  if (status === 'failed') counters.check('failed only for a lost worker', reason === 'WORKER_LOST', detail);
  if (reason !== 'WORKER_LOST') return;
  counters.count('attempts lost');
  const recovered = Math.max(
    0,
    ...outages.filter(({ from }) => from < attempt.finished_at.getTime()).map(({ to }) => to),
  );
  const late = attempt.finished_at.getTime() - recovered;
  counters.check(
    'lost attempts end within lease + 5 s',
    late <= boundMs,
    () => `${id} ${late} ms after the recovery`,
  );
}

function checkOutput(attempt: Attempt, whole: Buffer, stored: Buffer, counters: Counters): void {
  const detail = () =>
    `${attempt.id} ${attempt.status}: ${stored.length} of ${whole.length} bytes, ${attempt.output_bytes} noted`;
  counters.check(
    'stored output is a prefix of the true one',
    whole.subarray(0, stored.length).equals(stored),
    detail,
  );
  counters.check('its length is noted', Number(attempt.output_bytes) === stored.length, detail);
  if (attempt.status === 'completed')
    counters.check('output of completed runs is whole', stored.equals(whole), detail);
}

/** Checks that a project never had more running executions than its limit allows. */
function checkLimits(round: Round, attempts: readonly Attempt[], counters: Counters): void {
  const limitOf = new Map(round.tasks.map(({ id, limit }) => [id, limit]));
  for (const project of new Set(attempts.map(({ project_id }) => project_id))) {
    const ran = attempts.filter((attempt) => attempt.project_id === project && attempt.started_at !== null);
    const limit = limitOf.get(ran[0]?.task_id ?? '') ?? 0;
    const changes = ran
      .flatMap(({ started_at, finished_at }) => [
        [started_at!.getTime(), 1],
        [finished_at.getTime(), -1],
      ])
      // an end in the same millisecond as a start is sorted first, since it made the start possible
      .toSorted(([a = 0, x = 0], [b = 0, y = 0]) => a - b || x - y);
    let now = 0;
    const most = changes.reduce((max, [, change = 0]) => Math.max(max, (now += change)), 0);
    counters.check('max_concurrent_tasks (rows)', most <= limit, `${most} of ${limit} at once`);
  }
}

/** Returns the stored output of each attempt from its beginning to the first gap. */
async function storedOutput(
  cluster: TestCluster,
  attempts: readonly Attempt[],
): Promise<Map<string, Buffer>> {
  const stored = new Map<string, Buffer>();
  for (let from = 0; from < attempts.length; from += 50) {
    const rows = await cluster.query<{ execution_id: string; offset: string; content: Buffer }>(
      'SELECT execution_id, "offset", content FROM output_segments WHERE execution_id = ANY($1) ORDER BY execution_id, "offset"',
      [attempts.slice(from, from + 50).map(({ id }) => id)],
    );
    for (const { execution_id, offset, content } of rows) {
      const before = stored.get(execution_id) ?? Buffer.alloc(0);
      if (before.length === Number(offset)) stored.set(execution_id, Buffer.concat([before, content]));
    }
  }
  return stored;
}

async function checkDownloads(
  cluster: TestCluster,
  round: Round,
  attempts: readonly Attempt[],
  random: Random,
  counters: Counters,
): Promise<void> {
  for (let count = 0; count < 10; count += 1) {
    const task = random.pick(round.tasks);
    const last = attempts.findLast(({ task_id }) => task_id === task.id);
    if (last?.status !== 'completed') continue;
    const { bytes } = await cluster.admin.get(`/api/tasks/${task.id}/output`);
    counters.check('a download is whole', digest(bytes) === digest(outputOf(task.work)), task.id);
  }
}

/** Finds the processes with the id of one of these executions in their environment. */
export async function livingRuns(executions: readonly string[]): Promise<string[]> {
  const ids = new Set(executions);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const id = /(?:^|\0)MILLRACE_EXECUTION_ID=([^\0]*)/.exec(environment)?.[1];
      return id !== undefined && ids.has(id) ? `${pid} of ${id}` : '';
    }),
  );
  return found.filter(Boolean);
}
