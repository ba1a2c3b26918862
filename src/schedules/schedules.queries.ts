import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import type { ExecutionStatus } from '../executions/transitions/execution-state.js';
import type { Queryable } from '../infra/database.js';
import { checkPermission, type ProjectPermission } from '../projects/project-access.js';
import { accessRole, memberJoin, visible } from '../projects/projects.queries.js';
import type { MemberRole } from '../projects/projects.schema.js';
import type { Schedule } from './schedule.entity.js';
import { mostFailures } from './schedules.schema.js';

/** The time zone in the settings of the project `p`. */
export const projectZone = `p.settings->>'timezone' AS project_zone`;

/** The last run of the schedule `s`, in its last attempt, and how many runs have failed in a row. */
const results = `
  (SELECT jsonb_build_object('scheduled_for', o.scheduled_for, 'execution_id', coalesce(e.id, o.execution_id), 'task_id', o.task_id,
            'status', e.status, 'finished_at', e.finished_at)
     FROM (SELECT * FROM schedule_occurrences f WHERE f.schedule_id = s.id AND f.status = 'fired' ORDER BY f.scheduled_for DESC LIMIT 1) AS o
     LEFT JOIN executions e ON e.id = last_attempt(o.execution_id)) AS last_run,
  failures_in_a_row(s.id, s.counted_from, ${mostFailures}) AS consecutive_failures`;

export type ScheduleRow = Schedule & {
  project_zone: string | null;
  last_run: {
    scheduled_for: string;
    execution_id: string;
    task_id: string;
    status: ExecutionStatus | null;
    finished_at: string | null;
  } | null;
  consecutive_failures: number;
};

/** The columns of a schedule `s` in answers. */
export const scheduleColumns = `s.*, ${projectZone}, ${results}`;

export type AccessibleSchedule = ScheduleRow & { access: MemberRole; project_status: string };

/**
 * Loads a schedule that the actor has a permission for.
 * @param lock whether to lock it for a change
 * @throws RESOURCE_NOT_FOUND when it does not exist or the actor may not see it, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
 */
export async function requireSchedule(
  db: Queryable,
  actor: Actor,
  id: string,
  permission: ProjectPermission,
  { lock = false } = {},
): Promise<AccessibleSchedule> {
  const [schedule] = await db.query<AccessibleSchedule>(
    `SELECT ${scheduleColumns}, ${accessRole} AS access, p.status AS project_status
       FROM schedules s JOIN projects p ON p.id = s.project_id ${memberJoin}
      WHERE s.id = $3 AND s.deleted_at IS NULL AND p.deleted_at IS NULL AND ${visible} ${lock ? 'FOR UPDATE OF s' : ''}`,
    [actor.id, actor.role === 'admin', id],
  );
  if (!schedule) throw new AppError('RESOURCE_NOT_FOUND', { schedule_id: id });
  const { project_id, project_status, access } = schedule;
  checkPermission({ id: project_id, status: project_status, access }, permission);
  return schedule;
}

/** The columns that say when a schedule runs, and what, as a user sets them. */
export const settableColumns = [
  'name',
  'description',
  'cron',
  'every',
  'timezone',
  'task_id',
  'template',
  'inputs',
  'concurrency',
  'priority',
  'overlap',
  'catch_up',
  'starts_at',
  'ends_at',
  'jitter_seconds',
  'disable_after_failures',
] as const;
export type SettableColumn = (typeof settableColumns)[number];

const written = [
  ...settableColumns,
  'enabled',
  'sealed_inputs',
  'disabled_at',
  'disabled_reason',
  'counted_from',
  'next_at',
  'due_at',
  'planned_zone',
  'created_by',
] as const;

export type WrittenSchedule = Pick<Schedule, (typeof written)[number]>;

const valuesOf = (schedule: WrittenSchedule): unknown[] => written.map((name) => schedule[name]);

/** Stores a new schedule, unless its project has as many as it may. @returns whether it was stored */
export async function insertSchedule(
  db: Queryable,
  schedule: WrittenSchedule & Pick<Schedule, 'id' | 'project_id' | 'created_at'>,
  most: number,
): Promise<boolean> {
  const { id, project_id, created_at } = schedule;
  const rows = await db.query(
    `INSERT INTO schedules (id, project_id, created_at, updated_at, ${written.join(', ')})
     SELECT $1, $2, $3, $3, ${written.map((_, index) => `$${index + 5}`).join(', ')}
      WHERE (SELECT count(*) FROM schedules WHERE project_id = $2 AND deleted_at IS NULL) < $4 RETURNING 1`,
    [id, project_id, created_at, most, ...valuesOf(schedule)],
  );
  return rows.length > 0;
}

/** Stores a changed schedule. What a process is about to fire of it is planned anew. */
export async function updateSchedule(db: Queryable, id: string, schedule: WrittenSchedule): Promise<void> {
  await db.query(
    `UPDATE schedules SET ${written.map((name, index) => `${name} = $${index + 2}`).join(', ')},
            claimed_until = NULL, updated_at = now(), version = version + 1 WHERE id = $1`,
    [id, ...valuesOf(schedule)],
  );
}

/** Locks schedules of a project for a change, in the order of their ids. */
export function lockSchedules(db: Queryable, projectId: string, ids: string[]): Promise<Schedule[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return db.query<Schedule & Record<string, unknown>>(
    'SELECT s.* FROM schedules s WHERE s.id = ANY ($1::uuid[]) AND s.project_id = $2 AND s.deleted_at IS NULL ORDER BY s.id FOR UPDATE',
    [ids, projectId],
  );
}
