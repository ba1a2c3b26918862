import type { Queryable } from '../infra/database.js';

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
    `SELECT (SELECT count(*)::int FROM tasks WHERE created_by = $1) AS tasks_created,
            (SELECT count(*)::int FROM tasks WHERE assigned_to = $1 AND status = 'completed' AND deleted_at IS NULL)
            + (SELECT count(*)::int FROM tasks
                WHERE created_by = $1 AND assigned_to IS NULL AND status = 'completed' AND deleted_at IS NULL) AS tasks_completed,
            (SELECT count(*)::int FROM projects WHERE created_by = $1) AS projects_created,
            (SELECT coalesce(sum(extract(epoch FROM upper(used) - lower(used))), 0)::float8
               FROM (SELECT unnest(range_agg(tstzrange(created_at, last_accessed))) AS used
                       FROM sessions WHERE user_id = $1) AS spans) AS total_login_time`,
    [userId],
  );
  return row!;
}
