import type { Queryable } from '../infra/database.js';
import { blocksSince, inBlocks } from '../infra/rollups/blocks.js';
import { bucketsOf, quantile, ranked } from '../infra/rollups/histogram.js';
import { dayOf, factsOf } from '../infra/rollups/task-rollup.queries.js';

export interface Summary {
  total: number;
  completed: number;
  ended: number;
  /** In seconds, like all durations below. */
  completion_time: number | null;
  average_duration: number | null;
  median_duration: number | null;
  on_time: number;
  estimated: number;
}

export interface MemberFigures {
  user_id: string;
  user_name: string;
  total: number;
  completed: number;
  average_duration: number | null;
}

export interface Figures {
  summary: Summary;
  created_per_day: number[];
  completed_per_day: number[];
  team: MemberFigures[];
}

/** The changes of the project's tasks that are not added up yet. */
const facts = `
  facts AS MATERIALIZED (
    WITH d AS MATERIALIZED (SELECT * FROM task_deltas WHERE project_id = $1) ${factsOf('d')})`;

const mean = (sum: string, n: string) => `(sum(${sum}) / nullif(sum(${n}), 0))::float8 / 1000`;

// a task that was created and has ended in the period counts once, by its end
const summary = `
  SELECT coalesce(sum(ended + unfinished), 0)::int AS total, coalesce(sum(completed), 0)::int AS completed,
         coalesce(sum(ended), 0)::int AS ended, ${mean('completion_ms', 'completed')} AS completion_time,
         ${mean('duration_ms', 'timed')} AS average_duration,
         (SELECT ${quantile(0.5)} / 1000 FROM (${ranked('project_id', 'durations')}) AS r) AS median_duration,
         coalesce(sum(on_time), 0)::int AS on_time, coalesce(sum(estimated), 0)::int AS estimated
    FROM days`;

/** Returns an expression for an array with one count per day. */
const perDay = (days: number, counter: string) => `
  SELECT array_agg(coalesce(d.n, 0) ORDER BY number)
    FROM generate_series($2, $2 + ${days - 1}) AS number
    LEFT JOIN (SELECT day AS number, sum(${counter})::int AS n FROM days GROUP BY 1) AS d USING (number)`;

const team = `
  SELECT f.*, coalesce(u.full_name, u.username) AS user_name
    FROM (SELECT user_id, sum(ended + unfinished)::int AS total, sum(completed)::int AS completed,
                 ${mean('duration_ms', 'timed')} AS average_duration
            FROM members GROUP BY user_id HAVING sum(ended + unfinished) > 0) AS f
    JOIN users u ON u.id = f.user_id
   ORDER BY f.completed DESC, user_name LIMIT 100`;

const ofDay =
  'day, created, unfinished, ended, completed, completion_ms, timed, duration_ms, on_time, estimated';
const ofMember = 'user_id, unfinished, ended, completed, timed, duration_ms';

/** Reads all figures of a project over the last days. */
export async function figuresOf(db: Queryable, projectId: string, days: number): Promise<Figures> {
  const since = dayOf(Date.now()) - days + 1;
  const [row] = await db.query<Figures & Record<string, unknown>>(
    `WITH ${facts},
          days AS MATERIALIZED (
            SELECT ${ofDay} FROM project_days WHERE project_id = $1 AND day >= $2
             UNION ALL
            SELECT ${ofDay} FROM facts WHERE day >= $2),
          members AS (
            SELECT s.* FROM ${inBlocks('member_blocks', 'days', ofMember, 's.project_id = $1', 3)}
             UNION ALL
            SELECT ${ofMember} FROM facts WHERE day >= $2),
          durations AS (
            SELECT s.project_id, ${bucketsOf('s')} FROM ${inBlocks('task_duration_blocks', 'days', 's.*', 's.project_id = $1', 3)}
             UNION ALL
            SELECT project_id, histogram_bucket(duration), timed, duration_ms FROM facts WHERE day >= $2 AND duration IS NOT NULL)
     SELECT (SELECT to_jsonb(s) FROM (${summary}) AS s) AS summary,
            (${perDay(days, 'created')}) AS created_per_day,
            (${perDay(days, 'completed')}) AS completed_per_day,
            (SELECT coalesce(jsonb_agg(t), '[]') FROM (${team}) AS t) AS team`,
    [projectId, since, ...blocksSince(since)],
  );
  return row!;
}
