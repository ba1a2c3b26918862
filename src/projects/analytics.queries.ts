import type { Queryable } from '../infra/database.js';

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

/**
 * Returns a query for the tasks that were created or ended in the last days, which are numbered from 0. The number of days is part of the
 * text and not a parameter, so that a cached plan still distinguishes a week (both indexes) from a year (a scan of the rows).
 */
function tasksOf(days: number): string {
  const first = `date_trunc('day', now() AT TIME ZONE 'UTC') - interval '${days - 1} days'`;
  const since = `(${first}) AT TIME ZONE 'UTC'`;
  const day = (time: string) => `(${time} AT TIME ZONE 'UTC')::date - (${first})::date`;
  return `
    SELECT t.status = 'completed' AS completed, t.created_at, t.completed_at, t.actual_duration, t.estimated_duration,
           coalesce(t.assigned_to, t.created_by) AS user_id, ${day('t.created_at')} AS created_on,
           CASE WHEN t.status IN ('completed', 'failed', 'cancelled') AND t.completed_at >= ${since}
                THEN ${day('t.completed_at')} END AS ended_on
      FROM tasks t
     WHERE t.project_id = $1 AND t.deleted_at IS NULL AND (t.created_at >= ${since} OR t.completed_at >= ${since})`;
}

const completed = '(c.completed AND c.ended_on IS NOT NULL)';

const summary = `
  SELECT count(*)::int AS total, count(*) FILTER (WHERE ${completed})::int AS completed, count(c.ended_on)::int AS ended,
         extract(epoch FROM avg(c.completed_at - c.created_at) FILTER (WHERE ${completed}))::float8 AS completion_time,
         avg(c.actual_duration) FILTER (WHERE ${completed}) AS average_duration,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY c.actual_duration) FILTER (WHERE ${completed}) AS median_duration,
         count(*) FILTER (WHERE ${completed} AND c.actual_duration <= c.estimated_duration)::int AS on_time,
         count(c.actual_duration + c.estimated_duration) FILTER (WHERE ${completed})::int AS estimated
    FROM c`;

/** Returns an expression for an array with one count per day. */
const perDay = (days: number, day: string, condition: string) => `
  SELECT array_agg(coalesce(d.n, 0) ORDER BY number)
    FROM generate_series(0, ${days - 1}) AS number
    LEFT JOIN (SELECT c.${day} AS number, count(*)::int AS n FROM c WHERE ${condition} GROUP BY 1) AS d USING (number)`;

const team = `
  SELECT f.*, coalesce(u.full_name, u.username) AS user_name
    FROM (SELECT c.user_id, count(*)::int AS total, count(*) FILTER (WHERE ${completed})::int AS completed,
                 avg(c.actual_duration) FILTER (WHERE ${completed}) AS average_duration
            FROM c GROUP BY c.user_id) AS f
    JOIN users u ON u.id = f.user_id
   ORDER BY f.completed DESC, user_name LIMIT 100`;

/** Computes all figures of a project over the last days. Its tasks, whose rows are wide, are read once and materialized. */
export async function figuresOf(db: Queryable, projectId: string, days: number): Promise<Figures> {
  const [row] = await db.query<Figures & Record<string, unknown>>(
    `WITH c AS MATERIALIZED (${tasksOf(days)})
     SELECT (SELECT to_jsonb(s) FROM (${summary}) AS s) AS summary,
            (${perDay(days, 'created_on', 'c.created_on >= 0')}) AS created_per_day,
            (${perDay(days, 'ended_on', completed)}) AS completed_per_day,
            (SELECT coalesce(jsonb_agg(t), '[]') FROM (${team}) AS t) AS team`,
    [projectId],
  );
  return row!;
}
