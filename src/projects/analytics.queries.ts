import type { Queryable } from '../infra/database.js';

export interface Summary {
  total: number;
  completed: number;
  ended: number;
  /** Seconds, as all below. */
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

const completed = "(c.status = 'completed' AND c.ended)";

/**
 * The tasks of a period: created, or ended, since its first day. Materialized, so that the rows of the project, wide ones, are
 * read once for all figures.
 */
const period = `
  first AS (
    SELECT (date_trunc('day', now() AT TIME ZONE 'UTC') - make_interval(days => $2 - 1)) AT TIME ZONE 'UTC' AS at
  ), c AS MATERIALIZED (
    SELECT t.status, t.created_at, t.completed_at, t.actual_duration, t.estimated_duration,
           coalesce(t.assigned_to, t.created_by) AS user_id,
           coalesce(t.status IN ('completed', 'failed', 'cancelled') AND t.completed_at >= first.at, false) AS ended
      FROM tasks t, first
     WHERE t.project_id = $1 AND t.deleted_at IS NULL AND (t.created_at >= first.at OR t.completed_at >= first.at)
  )`;

const summary = `
  SELECT count(*)::int AS total, count(*) FILTER (WHERE ${completed})::int AS completed,
         count(*) FILTER (WHERE c.ended)::int AS ended,
         avg(extract(epoch FROM c.completed_at - c.created_at)) FILTER (WHERE ${completed})::float8 AS completion_time,
         avg(c.actual_duration) FILTER (WHERE ${completed}) AS average_duration,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY c.actual_duration) FILTER (WHERE ${completed}) AS median_duration,
         count(*) FILTER (WHERE ${completed} AND c.actual_duration <= c.estimated_duration)::int AS on_time,
         count(*) FILTER (WHERE ${completed} AND c.actual_duration IS NOT NULL AND c.estimated_duration IS NOT NULL)::int AS estimated
    FROM c`;

/** An array with one count a day, by a time of the tasks. */
const perDay = (time: string, condition: string) => `
  SELECT array_agg(coalesce(d.n, 0) ORDER BY day.number)
    FROM generate_series(0, $2 - 1) AS day (number)
    LEFT JOIN (
      SELECT floor(extract(epoch FROM c.${time} - first.at) / 86400)::int AS number, count(*)::int AS n
        FROM c, first WHERE ${condition} AND c.${time} >= first.at GROUP BY 1
    ) AS d USING (number)`;

const team = `
  SELECT c.user_id, coalesce(u.full_name, u.username) AS user_name, count(*)::int AS total,
         count(*) FILTER (WHERE ${completed})::int AS completed, avg(c.actual_duration) FILTER (WHERE ${completed}) AS average_duration
    FROM c JOIN users u ON u.id = c.user_id GROUP BY c.user_id, u.id
   ORDER BY completed DESC, user_name LIMIT 100`;

/** All figures of a project over the last days, from one look at its tasks. */
export async function figuresOf(db: Queryable, projectId: string, days: number): Promise<Figures> {
  const [row] = await db.query<Figures & Record<string, unknown>>(
    `WITH ${period}
     SELECT (SELECT to_jsonb(s) FROM (${summary}) AS s) AS summary,
            (${perDay('created_at', 'true')}) AS created_per_day,
            (${perDay('completed_at', completed)}) AS completed_per_day,
            (SELECT coalesce(jsonb_agg(t), '[]') FROM (${team}) AS t) AS team`,
    [projectId, days],
  );
  return row!;
}
