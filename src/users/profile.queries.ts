import type { Queryable } from '../infra/database.js';
import { userFactsOf } from '../infra/rollups/task-rollup.queries.js';

export interface UserStatistics {
  tasks_created: number;
  tasks_completed: number;
  projects_created: number;
  /** In seconds. */
  total_login_time: number;
}

/** Counts what a user has created and completed, and the time in sessions. */
export async function userStatistics(db: Queryable, userId: string): Promise<UserStatistics> {
  const [row] = await db.query<UserStatistics & Record<string, unknown>>(
    `WITH d AS MATERIALIZED (SELECT * FROM task_deltas WHERE created_by = $1 OR user_id = $1)
     SELECT coalesce(sum(t.created), 0)::int AS tasks_created, coalesce(sum(t.completed), 0)::int AS tasks_completed,
            (SELECT count(*)::int FROM projects WHERE created_by = $1) AS projects_created,
            (SELECT coalesce(sum(extract(epoch FROM upper(used) - lower(used))), 0)::float8
               FROM (SELECT unnest(range_agg(tstzrange(created_at, last_accessed))) AS used
                       FROM sessions WHERE user_id = $1) AS spans) AS total_login_time
       FROM (SELECT created, completed FROM user_task_counts WHERE user_id = $1
              UNION ALL SELECT created, completed FROM (${userFactsOf('d')}) AS u WHERE user_id = $1) AS t`,
    [userId],
  );
  return row!;
}
