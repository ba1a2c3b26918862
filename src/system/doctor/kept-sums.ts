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
  /** Common table expressions that `real` reads. */
  with?: string;
  /** Whether the counters are of the buckets of a histogram; the last key is `bucket`. */
  isHistogram?: true;
}

const list = (names: readonly string[]) => names.join(', ');
const sumsOf = (names: readonly string[]) => names.map((name) => `sum(${name}) AS ${name}`).join(', ');

/** Builds a query of the differences: the keys, and what must be added to each counter. */
export function differencesOf({ keys, counters, kept, real }: KeptSum): string {
  const negated = counters.map((name) => `-${name}`).join(', ');
  return `SELECT ${list(keys)}, ${sumsOf(counters)} FROM (
      SELECT ${list(keys)}, ${list(counters)} FROM (${real}) AS r UNION ALL SELECT ${list(keys)}, ${negated} FROM (${kept}) AS k) AS d
    GROUP BY ${list(keys)} HAVING ${counters.map((name) => `sum(${name}) <> 0`).join(' OR ')}`;
}

/** Builds the statement that adds up to `$1` differences to what is kept, and returns their number `n`. */
export function addDifferences(sum: KeptSum): string {
  const { table, keys, counters, shard } = sum;
  const found = `WITH ${sum.with === undefined ? '' : `${sum.with}, `}found AS MATERIALIZED (${differencesOf(sum)} ORDER BY ${list(keys)} LIMIT $1)`;
  const stored = shard ? [...keys, 'shard'] : keys;
  const adding = sum.isHistogram
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
          UNION ALL SELECT project_id, sum(size) FROM attachments WHERE size > 0 GROUP BY 1
          UNION ALL SELECT project_id, sum(bytes) FROM documents WHERE project_id IS NOT NULL AND task_id IS NULL GROUP BY 1`,
};

const day = (time: string) => `floor(date_part('epoch', ${time}) / 86400)::integer`;
const ended = `status IN ('completed', 'failed', 'cancelled') AND completed_at IS NOT NULL`;
const completed = `status = 'completed' AND completed_at IS NOT NULL`;
/** What the tasks would have logged in `task_deltas`, had they all been made just now; see the triggers of the migration Rollups. */
const figures = `figures AS MATERIALIZED (
  SELECT project_id, coalesce(assigned_to, created_by) AS user_id, ${day('created_at')} AS created_on,
         CASE WHEN ${ended} THEN ${day('completed_at')} END AS ended_on, status = 'completed' AS is_completed,
         CASE WHEN ${completed} THEN (1000 * date_part('epoch', completed_at - created_at))::bigint END AS completion_ms,
         CASE WHEN ${completed} THEN (1000 * actual_duration)::bigint END AS duration_ms,
         CASE WHEN ${completed} THEN actual_duration <= estimated_duration END AS on_time, created_by,
         CASE WHEN deleted_at IS NULL AND NOT is_draft THEN 1 ELSE 0 END AS tasks, 1 AS made FROM tasks)`;

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
  with: figures,
  kept: `SELECT project_id, day, ${list(ofDay)} FROM project_days UNION ALL SELECT project_id, day, ${list(ofDay)} FROM (${factsOf('task_deltas')}) AS f`,
  real: `SELECT project_id, day, ${list(ofDay)} FROM (${factsOf('figures')}) AS f`,
};

/** Blocks that begin later are complete: nothing of them was too old when it was added up, and none of them was pruned. */
const since = `(${day('now()')} - 364)`;
const start = 'day / b.days * b.days';
const blocks = `CROSS JOIN ${lengthList} AS b (days) WHERE ${start} >= ${since}`;

const ofMember = ['unfinished', 'ended', 'completed', 'timed', 'duration_ms'];
const memberRows = (deltas: string) => `
  SELECT project_id, b.days, ${start} AS start, user_id, ${list(ofMember)} FROM (
    SELECT project_id, user_id, day, ${sumsOf(ofMember)} FROM (${factsOf(deltas)}) AS f GROUP BY 1, 2, 3) AS g ${blocks}`;
const memberBlocks: KeptSum = {
  table: 'member_blocks',
  keys: ['project_id', 'days', 'start', 'user_id'],
  counters: ofMember,
  with: figures,
  kept: `SELECT project_id, days, start, user_id, ${list(ofMember)} FROM member_blocks WHERE start >= ${since} UNION ALL ${memberRows('task_deltas')}`,
  real: memberRows('figures'),
};

const durationRows = (deltas: string) => `
  SELECT project_id, b.days, ${start} AS start, bucket, n, ms FROM (
    SELECT project_id, day, histogram_bucket(duration) AS bucket, sum(timed) AS n, sum(duration_ms) AS ms
      FROM (${factsOf(deltas)}) AS f WHERE duration IS NOT NULL GROUP BY 1, 2, 3) AS g ${blocks}`;
const durationBlocks: KeptSum = {
  table: 'task_duration_blocks',
  keys: ['project_id', 'days', 'start', 'bucket'],
  counters: ['n', 'ms'],
  isHistogram: true,
  with: figures,
  kept: `SELECT project_id, days, start, ${bucketsOf('s')} FROM task_duration_blocks s WHERE start >= ${since} UNION ALL ${durationRows('task_deltas')}`,
  real: durationRows('figures'),
};
export const analytics = [projectDays, memberBlocks, durationBlocks];

const ofUser = ['created', 'completed'];
export const profileCounts: KeptSum = {
  table: 'user_task_counts',
  keys: ['user_id'],
  counters: ofUser,
  with: figures,
  kept: `SELECT user_id, ${list(ofUser)} FROM user_task_counts UNION ALL SELECT user_id, ${list(ofUser)} FROM (${userFactsOf('task_deltas')}) AS u`,
  real: `SELECT user_id, ${list(ofUser)} FROM (${userFactsOf('figures')}) AS u`,
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
const queueTimes: KeptSum = {
  table: 'queue_time_blocks',
  keys: ['queue', 'hours', 'start', 'measure', 'bucket'],
  counters: ['n', 'ms'],
  isHistogram: true,
  kept: `SELECT queue, hours, start, measure, ${bucketsOf('s')} FROM queue_time_blocks s WHERE start >= ${firstHour}`,
  real: `SELECT queue, b.hours, hour / b.hours * b.hours AS start, measure, bucket, n, ms FROM (${timesOf(addedUp)}) AS t
          CROSS JOIN ${lengthList} AS b (hours) WHERE hour / b.hours * b.hours >= ${firstHour}`,
};
export const queueMetrics = [queueHours, queueTimes];
