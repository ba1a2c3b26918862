import type { Queryable } from '../infra/database.js';

export interface UserFigures {
  tasks_created: number;
  tasks_completed: number;
  projects_created: number;
  /** Seconds. */
  total_login_time: number;
}

/** What a user has made and done. */
export async function figuresOf(db: Queryable, userId: string): Promise<UserFigures> {
  const [row] = await db.query<UserFigures & Record<string, unknown>>(
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
