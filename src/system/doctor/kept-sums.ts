import { countedBytes } from '../../executions/artifacts/artifacts.queries.js';
import { bucketsOf, addHistograms } from '../../infra/rollups/histogram.js';
import { lengthList } from '../../infra/rollups/blocks.js';
import { countsOf, rolledUpUntil, timesOf } from '../../infra/rollups/queue-rollup.queries.js';
import { factsOf, userFactsOf } from '../../infra/rollups/task-rollup.queries.js';

/**
 * Sums that are kept in a table beside the rows that they are sums of. Every change of those rows changes the sums in its transaction (or
 * logs a change that is added later), so what is real less what is kept is the same in every snapshot: where it is not zero, adding it
 * is right whatever others write meanwhile.
 */
export interface KeptSum {
  table: string;
  keys: readonly string[];
  counters: readonly string[];
  /** A query of keys and counters, as they are kept. */
  kept: string;
  /** A query of keys and counters, as they are. */
  real: string;
  /** The column of the backend process by which the rows are sharded, so that writers do not wait for each other. */
  shard?: true;
  /**
   * Present for a histogram, whose last key is `bucket`: the same without buckets. A check compares these, which are a hundredth as many,
   * and a mend adds what differs in each bucket.
   */
  totals?: Pick<KeptSum, 'keys' | 'counters' | 'kept' | 'real'>;
}

const list = (names: readonly string[]) => names.join(', ');
const sumsOf = (names: readonly string[]) => names.map((name) => `sum(${name}) AS ${name}`).join(', ');

/** Builds a query of the differences: the keys, and what must be added to each counter. */
export function differencesOf({ keys, counters, kept, real }: NonNullable<KeptSum['totals']>): string {
  const negated = counters.map((name) => `-${name}`).join(', ');
  return `SELECT ${list(keys)}, ${sumsOf(counters)} FROM (
      SELECT ${list(keys)}, ${list(counters)} FROM (${real}) AS r UNION ALL SELECT ${list(keys)}, ${negated} FROM (${kept}) AS k) AS d
    GROUP BY ${list(keys)} HAVING ${counters.map((name) => `sum(${name}) <> 0`).join(' OR ')}`;
}

/** Builds the statement that adds up to `$1` differences to what is kept, and returns their number `n`. */
export function addDifferences(sum: KeptSum): string {
  const { table, keys, counters, shard } = sum;
  const found = `WITH found AS MATERIALIZED (${differencesOf(sum)} ORDER BY ${list(keys)} LIMIT $1)`;
  const stored = shard ? [...keys, 'shard'] : keys;
  const adding = sum.totals
    ? addHistograms(table, list(keys.slice(0, -1)), `SELECT ${list(keys)}, n, ms FROM found`)
    : `INSERT INTO ${table} AS s (${list(stored)}, ${list(counters)})
       SELECT ${list(keys)}, ${shard ? 'pg_backend_pid(), ' : ''}${list(counters)} FROM found ORDER BY ${list(keys)}
           ON CONFLICT (${list(stored)}) DO UPDATE SET ${counters.map((name) => `${name} = s.${name} + excluded.${name}`).join(', ')}`;
  return `${found}, added AS (${adding}) SELECT count(*)::int AS n FROM found`;
}

const streams = ['project_id', 'status', 'is_archived', 'is_draft', 'planned'];
export const taskCounts: KeptSum = {
  table: 'task_counts',
  keys: streams,
  counters: ['n', 'bytes'],
  shard: true,
  kept: `SELECT ${list(streams)}, n, bytes FROM task_counts`,
  real: `SELECT project_id, status, is_archived, is_draft, planned AND status = 'pending' AS planned,
                count(*) FILTER (WHERE deleted_at IS NULL) AS n, sum(coalesce(bytes, 0)) AS bytes FROM tasks GROUP BY 1, 2, 3, 4, 5`,
};

export const storedBytes: KeptSum = {
  table: 'output_usage',
  keys: ['owner'],
  counters: ['bytes'],
  shard: true,
  kept: 'SELECT owner, bytes FROM output_usage',
  real: `SELECT coalesce(project_id, requested_by) AS owner, sum(output_bytes) AS bytes FROM executions
          WHERE output_pruned_at IS NULL AND output_bytes > 0 GROUP BY 1
          UNION ALL SELECT owner, sum(${countedBytes('artifacts')}) FROM artifacts WHERE is_complete GROUP BY 1
          UNION ALL SELECT project_id, sum(size) FROM attachments WHERE size > 0 GROUP BY 1
          UNION ALL SELECT project_id, sum(size) FROM run_payloads GROUP BY 1
          UNION ALL SELECT project_id, sum(bytes) FROM documents WHERE project_id IS NOT NULL AND task_id IS NULL GROUP BY 1`,
};

const day = (time: string) => `floor(date_part('epoch', ${time}) / 86400)::integer`;
const ended = `status IN ('completed', 'failed', 'cancelled') AND completed_at IS NOT NULL`;
const completed = `status = 'completed' AND completed_at IS NOT NULL`;
/** The day on which a task counts for who does it: that of its end, or else of its creation. */
const countedOn = day(`CASE WHEN ${ended} THEN completed_at ELSE created_at END`);
const isLiving = 'deleted_at IS NULL AND NOT is_draft';
const duration = '(1000 * actual_duration)::bigint';
const doer = 'coalesce(assigned_to, created_by)';
/** The sums of tasks that are alike to the triggers of the migration Rollups, which log them in `task_deltas`. */
const unfinished = `count(*) FILTER (WHERE (${ended}) IS NOT TRUE)`;
const ofEnd = `count(*) FILTER (WHERE ${ended}) AS ended, count(*) FILTER (WHERE ${completed}) AS completed`;
const ofTime = `count(actual_duration) FILTER (WHERE ${completed}) AS timed, coalesce(sum(${duration}) FILTER (WHERE ${completed}), 0) AS duration_ms`;

const ofDay = [
  'created',
  'unfinished',
  'ended',
  'completed',
  'completion_ms',
  'timed',
  'duration_ms',
  'on_time',
  'estimated',
];
const projectDays: KeptSum = {
  table: 'project_days',
  keys: ['project_id', 'day'],
  counters: ofDay,
  kept: `SELECT project_id, day, ${list(ofDay)} FROM project_days UNION ALL SELECT project_id, day, ${list(ofDay)} FROM (${factsOf('task_deltas')}) AS f`,
  real: `SELECT project_id, ${countedOn} AS day, 0 AS created, ${unfinished} AS unfinished, ${ofEnd},
                coalesce(sum((1000 * date_part('epoch', completed_at - created_at))::bigint) FILTER (WHERE ${completed}), 0) AS completion_ms, ${ofTime},
                count(*) FILTER (WHERE ${completed} AND actual_duration <= estimated_duration) AS on_time,
                count(*) FILTER (WHERE ${completed} AND actual_duration IS NOT NULL AND estimated_duration IS NOT NULL) AS estimated
           FROM tasks WHERE ${isLiving} GROUP BY 1, 2
          UNION ALL SELECT project_id, ${day('created_at')}, count(*), 0, 0, 0, 0, 0, 0, 0, 0 FROM tasks WHERE ${isLiving} GROUP BY 1, 2`,
};

/** Blocks that begin later are complete: nothing of them was too old when it was added up, and none of them was pruned. */
const since = `(${day('now()')} - 364)`;
const start = 'day / b.days * b.days';
const blocks = `CROSS JOIN ${lengthList} AS b (days) WHERE ${start} >= ${since}`;

const ofMember = ['unfinished', 'ended', 'completed', 'timed', 'duration_ms'];
/** @param sums a query of `project_id`, `user_id`, `day` and the sums */
const memberRows = (sums: string) =>
  `SELECT project_id, b.days, ${start} AS start, user_id, ${list(ofMember)} FROM (${sums}) AS g ${blocks}`;
const memberBlocks: KeptSum = {
  table: 'member_blocks',
  keys: ['project_id', 'days', 'start', 'user_id'],
  counters: ofMember,
  kept: `SELECT project_id, days, start, user_id, ${list(ofMember)} FROM member_blocks WHERE start >= ${since}
          UNION ALL ${memberRows(factsOf('task_deltas'))}`,
  real: memberRows(
    `SELECT project_id, ${doer} AS user_id, ${countedOn} AS day, ${unfinished} AS unfinished, ${ofEnd}, ${ofTime}
       FROM tasks WHERE ${isLiving} GROUP BY 1, 2, 3`,
  ),
};

const durationRows = (sums: string, columns: string) =>
  `SELECT project_id, b.days, ${start} AS start, ${columns}n, ms FROM (${sums}) AS g ${blocks}`;
const durationsOf = (bucket: string) => ({
  logged: `SELECT project_id, day, ${bucket && 'histogram_bucket(duration) AS bucket, '}timed AS n, duration_ms AS ms FROM (${factsOf('task_deltas')}) AS f WHERE duration IS NOT NULL`,
  real: `SELECT project_id, ${day('completed_at')} AS day, ${bucket && `histogram_bucket(${duration}) AS bucket, `}count(*) AS n, sum(${duration}) AS ms
           FROM tasks WHERE ${isLiving} AND ${completed} AND actual_duration IS NOT NULL GROUP BY 1, 2${bucket && ', 3'}`,
});
const [inAll, inBuckets] = [durationsOf(''), durationsOf('bucket')];
const ofBlock = ['project_id', 'days', 'start'];
const histogramSums = ['n', 'ms'];
/** The sums over all buckets of stored histograms, for which their arrays are not joined. */
const arraySums = `(SELECT sum(x) FROM unnest(s.n) AS x) AS n, (SELECT sum(x) FROM unnest(s.ms) AS x) AS ms`;
const durationBlocks: KeptSum = {
  table: 'task_duration_blocks',
  keys: [...ofBlock, 'bucket'],
  counters: histogramSums,
  kept: `SELECT ${list(ofBlock)}, ${bucketsOf('s')} FROM task_duration_blocks s WHERE start >= ${since} UNION ALL ${durationRows(inBuckets.logged, 'bucket, ')}`,
  real: durationRows(inBuckets.real, 'bucket, '),
  totals: {
    keys: ofBlock,
    counters: histogramSums,
    kept: `SELECT ${list(ofBlock)}, ${arraySums} FROM task_duration_blocks s WHERE start >= ${since} UNION ALL ${durationRows(inAll.logged, '')}`,
    real: durationRows(inAll.real, ''),
  },
};
export const analytics = [projectDays, memberBlocks, durationBlocks];

const ofUser = ['created', 'completed'];
export const profileCounts: KeptSum = {
  table: 'user_task_counts',
  keys: ['user_id'],
  counters: ofUser,
  kept: `SELECT user_id, ${list(ofUser)} FROM user_task_counts UNION ALL SELECT user_id, ${list(ofUser)} FROM (${userFactsOf('task_deltas')}) AS u`,
  real: `SELECT created_by AS user_id, count(*) AS created, 0 AS completed FROM tasks GROUP BY 1
          UNION ALL SELECT ${doer}, 0, count(*) FROM tasks WHERE ${isLiving} AND status = 'completed' GROUP BY 1`,
};

/** The first hour of which everything was added up, whenever the installation began: no sum reaches back further than 31 days. */
const firstHour = `(floor(date_part('epoch', now()) / 3600)::integer - 742)`;
const addedUp = (time: string) =>
  `${time} >= to_timestamp(${firstHour} * 3600) AND ${time} < ${rolledUpUntil}`;
const ofHour = ['enqueued', 'completed', 'failed', 'cancelled', 'ran', 'run_ms', 'failed_runs'];
const queueHours: KeptSum = {
  table: 'queue_hours',
  keys: ['queue', 'hour'],
  counters: ofHour,
  kept: `SELECT queue, hour, ${list(ofHour)} FROM queue_hours WHERE hour >= ${firstHour}`,
  real: countsOf(addedUp),
};

const ofQueue = ['queue', 'hours', 'start', 'measure'];
const hourStart = 'hour / b.hours * b.hours';
/** @param times a query of `queue`, `hour`, `measure`, the columns and the sums */
const timeRows = (times: string, columns: string) =>
  `SELECT queue, b.hours, ${hourStart} AS start, measure, ${columns}n, ms FROM (${times}) AS t
    CROSS JOIN ${lengthList} AS b (hours) WHERE ${hourStart} >= ${firstHour}`;
const queueTimes: KeptSum = {
  table: 'queue_time_blocks',
  keys: [...ofQueue, 'bucket'],
  counters: histogramSums,
  kept: `SELECT ${list(ofQueue)}, ${bucketsOf('s')} FROM queue_time_blocks s WHERE start >= ${firstHour}`,
  real: timeRows(timesOf(addedUp), 'bucket, '),
  totals: {
    keys: ofQueue,
    counters: histogramSums,
    kept: `SELECT ${list(ofQueue)}, ${arraySums} FROM queue_time_blocks s WHERE start >= ${firstHour}`,
    real: timeRows(
      `SELECT queue, hour, measure, sum(n) AS n, sum(ms) AS ms FROM (${timesOf(addedUp)}) AS u GROUP BY 1, 2, 3`,
      '',
    ),
  },
};
export const queueMetrics = [queueHours, queueTimes];
