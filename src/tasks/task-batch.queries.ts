import { joinChosen } from '../infra/chosen-rows.js';
import type { Queryable } from '../infra/database.js';
import { usageOf } from '../executions/output-usage.queries.js';
import { memberOf, roleOf } from '../projects/projects.queries.js';
import type { Project } from '../projects/project.entity.js';
import type { MemberRole } from '../projects/projects.schema.js';
import { columnTypes, writtenColumns } from './task-columns.js';
import type { NewTask } from './task-creation.queries.js';
import type { RunnableTask } from './task-command.js';
import { joinUnmet, type RunState } from './tasks.queries.js';

/** A project in which a user may run tasks, as far as it decides how they are run, and whether there is room for new ones. */
export interface ProjectToRunIn
  extends
    Pick<Project, 'id' | 'key' | 'ref_digits' | 'settings' | 'resource_limits'>,
    Record<string, unknown> {
  user_id: string;
  status: string;
  access: MemberRole | null;
  stored_bytes: string;
  /** How many tasks it has, and how many bytes they may still take. */
  tasks: number;
  task_bytes_left: number;
}

/** Reads the projects in which users want to run tasks, without a lock. Those that a user may not see have no `access`. */
export function projectsToRunIn(
  db: Queryable,
  wanted: readonly { userId: string; isAdministrator: boolean; projectId: string }[],
): Promise<ProjectToRunIn[]> {
  return db.query<ProjectToRunIn>(
    `SELECT w.user_id, p.id, p.key, p.ref_digits, p.settings, p.resource_limits, p.status, ${roleOf('w.user_id', 'w.is_admin')} AS access,
            ${usageOf('p.id')} AS stored_bytes, c.n AS tasks,
            (67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint - c.bytes)::float8 AS task_bytes_left
       FROM unnest($1::uuid[], $2::boolean[], $3::uuid[]) AS w (user_id, is_admin, project_id)
       JOIN projects p ON p.id = w.project_id AND p.deleted_at IS NULL ${memberOf('w.user_id')}
       CROSS JOIN LATERAL (
         SELECT coalesce(sum(c.n) FILTER (WHERE NOT c.is_archived AND NOT c.is_draft), 0)::int AS n, coalesce(sum(c.bytes), 0) AS bytes
           FROM task_counts c WHERE c.project_id = p.id) AS c`,
    [
      wanted.map(({ userId }) => userId),
      wanted.map(({ isAdministrator }) => isAdministrator),
      wanted.map(({ projectId }) => projectId),
    ],
  );
}

/** A task that may be run, without the fields of its project, and the state that decides whether it may. */
export interface TaskToRun
  extends
    Omit<RunnableTask, 'key' | 'ref_digits' | 'project_settings'>,
    Pick<RunState, 'active' | 'unmet_count' | 'unmet_dependencies'>,
    Record<string, unknown> {
  claim_id: string | null;
  version: number;
}

/** Reads tasks that are to be run, without a lock: who stores the run must see that their `version` is the same. */
export function tasksToRun(db: Queryable, ids: readonly string[]): Promise<TaskToRun[]> {
  return db.query<TaskToRun>(
    `SELECT t.id, t.project_id, t.number, t.title, t.description, t.priority, t.tags, t.estimated_duration, t.is_draft, t.archived_at,
            t.command, t.shell, t.working_directory, t.environment, t.timeout, t.retry_attempts, t.limits, t.final_exit_codes, t.artifacts,
            t.inputs, t.concurrency, t.runs_on, t.claim_id, t.version,
            (SELECT e.id FROM executions e WHERE e.id = t.execution_id AND e.status IN ('queued', 'running')) AS active,
            u.unmet_count, u.unmet_dependencies
       FROM tasks t ${joinUnmet} WHERE t.id = ANY ($1) AND t.deleted_at IS NULL`,
    [ids],
  );
}

/** Writes the labels of new tasks as the catalogues of their projects spell them, and adds those that are missing. */
export async function labelsAsSpelled(
  db: Queryable,
  wanted: readonly { project_id: string; user_id: string; tags: readonly string[] }[],
): Promise<string[][]> {
  if (wanted.length === 0) return [];
  const rows = await db.query<{ tags: string[] }>(
    `SELECT attach_labels(n.project_id, n.user_id, n.tags) AS tags
       FROM json_to_recordset($1) AS n (project_id uuid, user_id uuid, tags text[], place integer) ORDER BY n.place`,
    [JSON.stringify(wanted.map((row, place) => ({ ...row, place })))],
  );
  return rows.map(({ tags }) => tags);
}

/** A new task of a batch. */
export type BatchedTask = Omit<NewTask, 'project_id' | 'assigned_to'> & {
  id: string;
  project_id: string;
  number: number;
  assigned_to: string | null;
  created_by: string;
  /** The id of what was chosen. */
  part_of: string;
};

const own = {
  id: 'uuid',
  project_id: 'uuid',
  number: 'integer',
  assigned_to: 'uuid',
  created_by: 'uuid',
  is_draft: 'boolean',
};
const columns = [...Object.keys(own), ...writtenColumns];
const record = Object.entries({ part_of: 'uuid', ...own, ...columnTypes })
  .map((column) => column.join(' '))
  .join(', ');

/**
 * Stores those of many new tasks that a statement before it in the same transaction has chosen; see `chosen-rows.ts`. That their makers may
 * write in the projects, and that there is room, is for the caller to check, and to spell the labels.
 */
export async function insertChosenTasks(db: Queryable, tasks: readonly BatchedTask[]): Promise<void> {
  const rows = tasks.map((task) => ({
    ...task,
    due_at: typeof task.due_at === 'number' ? 'infinity' : task.due_at,
  }));
  await db.query(
    `INSERT INTO tasks (${columns.join(', ')}) SELECT ${columns.map((name) => `n.${name}`).join(', ')}
       FROM json_to_recordset($1) AS n (${record}) ${joinChosen('n.part_of')}`,
    [JSON.stringify(rows)],
  );
}
