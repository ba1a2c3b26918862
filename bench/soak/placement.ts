import type { Counters } from './counters.js';
import type { Random } from './random.js';
import type { Round, Task } from './round-checks.js';
import type { TestCluster } from './test-cluster.js';

/** The labels of the workers of a cluster, in turn; each also has all labels of its host. */
export const workerLabels = ['left', 'right'] as const;

/** Which runs share a group and where a run may go. */
export interface Placement {
  group: string | undefined;
  limit: number;
  runs_on: string[];
}

const groupLimits = [1, 1, 2, 3];

/** Gives a third of the runs a group of a few, and a quarter of them a label. */
export function makePlacement(random: Random, round: number, mode: string): Placement {
  const group = random.chance(0.35) ? random.between(0, groupLimits.length - 1) : undefined;
  // one worker has all labels
  const label = mode === 'cluster' ? random.pick(workerLabels) : random.pick(['left', 'os:linux']);
  return {
    group: group === undefined ? undefined : `soak-${round}-${group}`,
    limit: groupLimits[group ?? 0]!,
    runs_on: random.chance(0.25) ? [label] : [],
  };
}

/** The fields of a task with a placement. */
export const fieldsOf = ({ group, limit, runs_on }: Placement) => ({
  runs_on,
  ...(group === undefined ? {} : { concurrency: { group, limit } }),
});

/** Makes the database remember the labels of every worker that there was. One that was frozen enters itself a second time. */
export async function rememberWorkers(cluster: TestCluster): Promise<void> {
  await cluster.query('CREATE TABLE soak_workers (id uuid PRIMARY KEY, labels text[])');
  await cluster.query('INSERT INTO soak_workers SELECT id, labels FROM workers');
  await cluster.query(
    `CREATE FUNCTION remember_worker() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO soak_workers VALUES (NEW.id, NEW.labels) ON CONFLICT DO NOTHING; RETURN NEW; END $$`,
  );
  await cluster.query(
    'CREATE TRIGGER remember_worker AFTER INSERT ON workers FOR EACH ROW EXECUTE FUNCTION remember_worker()',
  );
}

interface Placed extends Record<string, unknown> {
  id: string;
  task_id: string;
  attempt: number;
  queue: number;
  boosted: boolean;
  concurrency_group: string | null;
  runs_on: string[];
  started_at: Date;
  finished_at: Date;
  labels: string[] | null;
}

/** Checks that no group had more runs than its limit, that its runs kept their order, and that labelled runs went nowhere else. */
export async function checkPlacement(cluster: TestCluster, round: Round, counters: Counters): Promise<void> {
  const rows = await cluster.query<Placed>(
    `SELECT e.id, e.task_id, e.attempt, e.queue, e.boosted, e.concurrency_group, e.runs_on, e.started_at, e.finished_at, w.labels
       FROM executions e LEFT JOIN soak_workers w ON w.id = e.worker_id
      WHERE e.task_id = ANY($1) AND e.started_at IS NOT NULL ORDER BY e.id`,
    [round.tasks.map(({ id }) => id)],
  );
  for (const { id, runs_on, labels } of rows)
    if (runs_on.length > 0)
      counters.check(
        'a labelled run goes where its labels are',
        labels !== null && runs_on.every((label) => labels.includes(label)),
        () => `${id} for ${runs_on.join()} ran on ${labels?.join()}`,
      );
  const tasks = new Map(round.tasks.map((task) => [task.id, task]));
  for (const [group, runs] of groupsOf(rows)) {
    const { limit } = tasks.get(runs[0]!.task_id)!.placement;
    const most = mostAtOnce(runs);
    counters.check('the limit of a group', most <= limit, () => `${group}: ${most} of ${limit} at once`);
    if (limit === 1) checkOrder(group, runs, tasks, counters);
  }
}

function groupsOf(rows: readonly Placed[]): Map<string, Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const row of rows) {
    if (row.concurrency_group === null) continue;
    groups.set(row.concurrency_group, [...(groups.get(row.concurrency_group) ?? []), row]);
  }
  return groups;
}

function mostAtOnce(runs: readonly Placed[]): number {
  const changes = runs
    .flatMap(({ started_at, finished_at }) => [
      [started_at.getTime(), 1],
      [finished_at.getTime(), -1],
    ])
    // an end in the same millisecond as a start is sorted first, since it made the start possible
    .toSorted(([a = 0, x = 0], [b = 0, y = 0]) => a - b || x - y);
  let now = 0;
  return changes.reduce((max, [, change = 0]) => Math.max(max, (now += change)), 0);
}

/**
 * Checks the first attempts of a group that nothing but the group kept waiting: those of the project without a limit that would be felt,
 * whose priority was never changed.
 */
function checkOrder(
  group: string,
  runs: readonly Placed[],
  tasks: ReadonlyMap<string, Task>,
  counters: Counters,
): void {
  const inLine = runs.filter(({ task_id, attempt, boosted }) => {
    const task = tasks.get(task_id)!;
    return attempt === 1 && !boosted && !task.moved && !task.cancelled && task.limit >= 100;
  });
  for (const [n, run] of inLine.entries()) {
    const before = inLine[n - 1];
    if (before)
      counters.check(
        'a group keeps its order',
        before.started_at <= run.started_at,
        () => `${group}: ${run.id} started before ${before.id}`,
      );
  }
}
