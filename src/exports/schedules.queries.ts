import type { Queryable } from '../infra/database.js';
import type { Schedule } from '../schedules/schedule.entity.js';
import { settableColumns, type SettableColumn } from '../schedules/schedules.queries.js';

/** Who reads which project. */
export interface ReadProject {
  id: string;
  readerId: string;
  /** Whether the reader sees the drafts of others. */
  isOwner: boolean;
}

/** How many schedules are read at once: each may have a template of 256 KiB. */
const schedulesAtOnce = 20;
const triggersAtOnce = 20;

/** The ref of the task that `id` names; null for one that the reader ($2) does not see, or that is in another project by now. */
const refOfTask = (id: string) => `
  (SELECT task_ref(p.key, o.number, p.ref_digits) FROM tasks o JOIN projects p ON p.id = o.project_id
    WHERE o.id = ${id} AND o.project_id = $1 AND o.deleted_at IS NULL AND (NOT o.is_draft OR o.created_by = $2 OR $3))`;
const makerOf = (row: string) =>
  `(SELECT u.username FROM users u WHERE u.id = ${row}.created_by) AS created_by`;
const valuesOf = ({ id, readerId, isOwner }: ReadProject) => [id, readerId, isOwner];

const scheduleColumns = [
  'id',
  // the task is named by its ref
  ...settableColumns.filter((name): name is Exclude<SettableColumn, 'task_id'> => name !== 'task_id'),
  'enabled',
  'created_at',
  'updated_at',
] as const;

/** A schedule as it is exported, with names for the ids of others. Masks stand for the values of secret inputs. */
export type ExportedScheduleRow = Pick<Schedule, (typeof scheduleColumns)[number]> & {
  /** The ref of the task that it runs. */
  task: string | null;
  created_by: string | null;
};

/** Reads the next schedules of a project. @param after the id of the last one that was read */
export function schedulesAfter(
  db: Queryable,
  project: ReadProject,
  after: string,
): Promise<ExportedScheduleRow[]> {
  return db.query<ExportedScheduleRow & Record<string, unknown>>(
    `SELECT ${scheduleColumns.map((name) => `s.${name}`).join(', ')}, ${refOfTask('s.task_id')} AS task, ${makerOf('s')}
       FROM schedules s WHERE s.project_id = $1 AND s.id > $4 AND s.deleted_at IS NULL ORDER BY s.id LIMIT ${schedulesAtOnce}`,
    [...valuesOf(project), after],
  );
}

/** A trigger as it is exported: without its token and its secret. */
export interface ExportedTriggerRow {
  id: string;
  name: string;
  description: string;
  enabled: boolean;
  task: string | null;
  queue: number;
  inputs_from: object;
  filter: object;
  has_secret: boolean;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
}

/** Reads the next triggers of a project. @param after the id of the last one that was read */
export function triggersAfter(
  db: Queryable,
  project: ReadProject,
  after: string,
): Promise<ExportedTriggerRow[]> {
  return db.query<ExportedTriggerRow & Record<string, unknown>>(
    `SELECT g.id, g.name, g.description, g.enabled, g.queue, g.inputs_from, g.filter, g.sealed_secret IS NOT NULL AS has_secret,
            g.created_at, g.updated_at, ${refOfTask('g.task_id')} AS task, ${makerOf('g')}
       FROM triggers g WHERE g.project_id = $1 AND g.id > $4 ORDER BY g.id LIMIT ${triggersAtOnce}`,
    [...valuesOf(project), after],
  );
}

/** Finds the refs of tasks of a project. @returns them by the ids; those that the reader does not see are missing */
export async function refsOf(
  db: Queryable,
  project: ReadProject,
  taskIds: string[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; ref: string | null }>(
    `SELECT n.id, ${refOfTask('n.id')} AS ref FROM unnest($4::uuid[]) AS n (id)`,
    [...valuesOf(project), taskIds],
  );
  return new Map(rows.flatMap(({ id, ref }) => (ref === null ? [] : [[id, ref] as const])));
}

/** Finds the names of users by their ids. */
export async function usernamesOf(db: Queryable, userIds: string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; username: string }>(
    'SELECT u.id, u.username FROM users u WHERE u.id = ANY ($1::uuid[])',
    [userIds],
  );
  return new Map(rows.map(({ id, username }) => [id, username]));
}
