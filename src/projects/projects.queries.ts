import type { Queryable } from '../infra/database.js';
import type { Project } from './project.entity.js';
import type { MemberRole, ProjectStatistics } from './projects.schema.js';

/** Joins the member row of a user to a project `p`. @param user an expression for the user's id */
export const memberOf = (user: string): string =>
  `LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = ${user}`;

/** Joins the member row of user $1 to a project `p`. */
export const memberJoin = memberOf('$1');

/** Whether a user sees internal projects; a key of a project does not. The planner asks once for a statement, and only if it must know. */
const seesInternal = (user: string) => `(SELECT k.kind <> 'key' FROM users k WHERE k.id = ${user})`;

/** Whether a user may see a project `p`, whose member row of that user is joined. */
export const visibleTo = (user: string, isAdministrator: string): string =>
  `(${isAdministrator} OR p.created_by = ${user} OR m.user_id IS NOT NULL OR (p.visibility = 'internal' AND ${seesInternal(user)}))`;

/** The role of a user in a project `p`, whose member row of that user is joined; null when the user may not see it. */
export const roleOf = (user: string, isAdministrator: string): string =>
  `CASE WHEN ${isAdministrator} OR p.created_by = ${user} THEN 'owner'
  ELSE coalesce(m.role, CASE WHEN p.visibility = 'internal' AND ${seesInternal(user)} THEN 'viewer' END) END`;

/** The role of user $1 in a project `p`; null when the user may not see it. $2 is whether the user is an administrator. */
export const accessRole = roleOf('$1', '$2::boolean');

/** Whether user $1 may see a project `p`. */
export const visible = visibleTo('$1', '$2::boolean');

/**
 * Builds the condition that what was recorded in a project, or done in it, may be shown with a task to user $1: a task that was moved has been
 * in another one, whose activity and runs stay there.
 * @param of an expression for that project's id, null for the history of a draft
 * @param here an expression for the id of the task's project
 */
export const shownWithTask = (of: string, here: string) =>
  `(${of} IS NULL OR ${of} = ${here} OR ${of} IN (SELECT p.id FROM projects p ${memberJoin} WHERE ${visible}))`;

export type AccessibleProject = Project & { access: MemberRole };

export async function findAccessible(
  db: Queryable,
  userId: string,
  admin: boolean,
  project: { id: string } | { key: string },
): Promise<AccessibleProject | undefined> {
  const [column, value] = 'id' in project ? ['id', project.id] : ['key', project.key];
  const [row] = await db.query<AccessibleProject>(
    `SELECT p.*, ${accessRole} AS access FROM projects p ${memberJoin}
      WHERE p.${column} = $3 AND p.deleted_at IS NULL AND ${visible}`,
    [userId, admin, value],
  );
  return row;
}

/** Whether an enabled user can see a project; undefined when there is no such user. */
export async function canSee(db: Queryable, userId: string, projectId: string): Promise<boolean | undefined> {
  const [user] = await db.query<{ sees: boolean }>(
    `SELECT ${visibleTo('u.id', "u.role = 'admin'")} AS sees
       FROM users u CROSS JOIN projects p ${memberJoin} WHERE u.id = $1 AND NOT u.disabled AND p.id = $2`,
    [userId, projectId],
  );
  return user?.sees;
}

const noTasks: ProjectStatistics = {
  total_tasks: 0,
  completed_tasks: 0,
  pending_tasks: 0,
  running_tasks: 0,
  failed_tasks: 0,
  cancelled_tasks: 0,
};

/**
 * Returns an SQL expression for the number of tasks of a project, without archived ones and drafts.
 * @param id an expression for the project's id
 */
export const taskTotal = (id: string) =>
  `(SELECT coalesce(sum(c.n), 0)::int FROM task_counts c WHERE c.project_id = ${id} AND NOT c.is_archived AND NOT c.is_draft)`;

/** Computes the task statistics of several projects in one query. A queued task counts as pending; archived ones and drafts do not count. */
export async function statisticsOf(
  db: Queryable,
  projectIds: string[],
): Promise<Map<string, ProjectStatistics>> {
  const rows = await db.query<{ project_id: string; status: string; n: number }>(
    `SELECT project_id, status, sum(n)::int AS n FROM task_counts
      WHERE project_id = ANY($1) AND NOT is_archived AND NOT is_draft GROUP BY project_id, status`,
    [projectIds],
  );
  const result = new Map(projectIds.map((id) => [id, { ...noTasks }]));
  for (const { project_id, status, n } of rows) {
    const statistics = result.get(project_id);
    if (!statistics) continue;
    const name = `${status === 'queued' ? 'pending' : status}_tasks` as keyof ProjectStatistics;
    statistics[name] += n;
    statistics.total_tasks += n;
  }
  return result;
}

/**
 * Reads the last entries of a project's activity. The range of the pair has the index of projects read: asked for the project and sorted by
 * the sequence alone, the planner goes back through the entries of all projects, of which those of a quiet project are far behind.
 */
export function recentActivity(db: Queryable, projectId: string) {
  return db.query<{
    at: Date;
    entity_type: string;
    action: string;
    task_title: string | null;
    user_name: string | null;
  }>(
    `SELECT a.at, a.entity_type, a.action, t.title AS task_title, coalesce(u.full_name, u.username) AS user_name
       FROM activity a
       -- the title of a task that has moved elsewhere is not for who sees this project
       LEFT JOIN tasks t ON a.entity_type = 'task' AND t.id = a.entity_id AND t.project_id = a.project_id
       LEFT JOIN users u ON u.id = a.actor_id
      WHERE (a.project_id, a.sequence) BETWEEN ($1::uuid, 0) AND ($1::uuid, ${2n ** 63n - 1n})
      ORDER BY a.project_id DESC, a.sequence DESC LIMIT 20`,
    [projectId],
  );
}

/** Returns the mean of the actual durations of all completed tasks, in seconds; null without any. */
export async function averageDuration(db: Queryable, projectId: string): Promise<number | null> {
  const [row] = await db.query<{ seconds: number | null }>(
    `SELECT (sum(duration_ms) / nullif(sum(timed), 0))::float8 / 1000 AS seconds
       FROM (SELECT timed, duration_ms FROM project_days WHERE project_id = $1
              UNION ALL
             SELECT tasks, tasks * duration_ms FROM task_deltas WHERE project_id = $1 AND duration_ms IS NOT NULL) AS t`,
    [projectId],
  );
  return row?.seconds ?? null;
}
