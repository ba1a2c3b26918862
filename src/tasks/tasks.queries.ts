import { AppError } from '../common/errors.js';
import type { Keyset } from '../http/keyset.js';
import type { Actor } from '../common/permissions.js';
import type { Queryable, Transaction } from '../infra/database.js';
import { shownValue } from '../activity/shown-value.js';
import { whyWaiting } from '../executions/admission/admission.queries.js';
import { lastRun, type RunEnd } from '../executions/last-run.js';
import { listedCommandColumns } from '../executions/listed-command.js';
import { usageOf } from '../executions/output-usage.queries.js';
import { checkPermission, type ProjectPermission } from '../projects/project-access.js';
import { accessRole, memberJoin, shownWithTask, taskTotal, visible } from '../projects/projects.queries.js';
import type { Project, ProjectSettings } from '../projects/project.entity.js';
import type { MemberRole } from '../projects/projects.schema.js';
import { claimOfTask, type TaskClaim } from './task-claims.queries.js';
import { parseTaskName } from './task-ref.js';
import type { DependencyView, TaskDetail, TaskRow } from './tasks.schema.js';

/** The columns of a task that each of its representations has. */
const shared = `t.id, t.project_id, t.number, t.title, t.type, t.status, t.planned, t.blocker, t.priority, t.due_at, t.parent_id,
  t.source, t.external_ref, t.project_path, t.is_draft, t.archived_at, t.checklist_total, t.checklist_done, t.progress_percentage,
  t.estimated_duration, t.actual_duration, t.assigned_to, t.created_by, t.tags,
  t.shell, t.working_directory, t.timeout, t.retry_attempts, t.limits, t.final_exit_codes, t.artifacts, t.concurrency, t.runs_on, t.execution_id, t.created_at, t.updated_at,
  t.started_at, t.completed_at, t.version`;

/** The last run as user $1 may see it: that of a task which was moved stays in the project of before. */
const waiting = `CASE WHEN t.status = 'queued'
  THEN (SELECT ${whyWaiting} FROM executions e WHERE e.id = t.execution_id) END AS why_waiting,
  (SELECT ${lastRun} FROM executions e WHERE e.id = t.execution_id AND ${shownWithTask('e.project_id', 't.project_id')}) AS last_run`;

const texts = 't.description, t.result, t.metadata';
const noTexts = `'' AS description, NULL::text AS result, '{}'::jsonb AS metadata`;

/** The columns of a task's detail. */
const taskColumns = `${shared}, ${texts}, t.command, t.environment, t.inputs, t.claim_id, p.key, p.ref_digits, ${waiting}`;

/** The columns of a task in a list. @param isBrief whether to leave out what may be long, which is not even read then */
export const listedTaskColumns = (isBrief: boolean) =>
  `${shared}, ${isBrief ? noTexts : texts}, ${listedCommandColumns('t')}, p.key, p.ref_digits, ${waiting}`;

export type AccessibleTask = TaskRow & {
  /** The claim that an agent holds on it. */
  claim_id: string | null;
  access: MemberRole;
  project_status: string;
  project_settings: ProjectSettings;
};

/**
 * Loads a task that the actor has a permission for.
 * @param name an id, a ref, or a prefix of an id
 * @param options `lock` locks the task for a change; `also` is a list of further columns of the task `t` to select
 * @throws TASK_NOT_FOUND when it does not exist or the actor may not see it, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
 */
export async function requireTask<More extends object = object>(
  db: Queryable,
  actor: Actor,
  name: string,
  permission: ProjectPermission,
  { lock = false, also = '' }: { lock?: boolean; also?: string } = {},
): Promise<AccessibleTask & More> {
  const find = ([condition, values]: [string, unknown[]]) =>
    db.query<AccessibleTask & More & Record<string, unknown>>(
      accessStatement(condition, also, lock ? 'FOR UPDATE OF t' : ''),
      [actor.id, actor.role === 'admin', ...values],
    );
  let [task, another] = await find(hasName(name, 3));
  const former = task ? undefined : hadName(name, 3);
  if (former) [task, another] = await find(former);
  const isOutside = actor.projectId !== undefined && task?.project_id !== actor.projectId;
  if (!task || isOutside) throw new AppError('TASK_NOT_FOUND', { task_id: name });
  if (another)
    throw new AppError('TASK_NOT_FOUND', { task_id: name, issue: 'More than one task begins like this' });
  checkPermission({ id: task.project_id, status: task.project_status, access: task.access }, permission);
  return task;
}

/** Builds the condition that the task `t` of the project `p` has a name. @param first the number of the first parameter to use */
function hasName(name: string, first: number): [condition: string, values: unknown[]] {
  const parsed = parseTaskName(name);
  if (parsed === undefined) return ['false', []];
  if ('id' in parsed) return [`t.id = $${first}`, [parsed.id]];
  if ('key' in parsed) return [`p.key = $${first} AND t.number = $${first + 1}`, [parsed.key, parsed.number]];
  return [`t.id BETWEEN $${first} AND $${first + 1}`, [parsed.from, parsed.to]];
}

/** Builds the condition that the task `t` had a ref before it was moved; undefined for any other name. */
function hadName(name: string, first: number): [condition: string, values: unknown[]] | undefined {
  const parsed = parseTaskName(name);
  if (parsed === undefined || !('key' in parsed)) return undefined;
  const condition = `t.id = (SELECT f.task_id FROM former_refs f JOIN projects q ON q.id = f.project_id
                              WHERE q.key = $${first} AND f.number = $${first + 1})`;
  return [condition, [parsed.key, parsed.number]];
}

/** The state that decides whether a task may be run, besides the task itself. */
export interface RunState extends Pick<Project, 'resource_limits'> {
  /** The id of the task. */
  id: string;
  /** The bytes of stored output of the project. */
  stored_bytes: string;
  /** The id of the task's execution that is queued or running. */
  active: string | null;
  /** How many tasks it depends on that are neither completed, queued nor running. */
  unmet_count: number;
  /** Those of them that everybody sees who sees the task: the others have been moved to another project, or are drafts. */
  unmet_dependencies: { id: string; status: string }[] | null;
}

/**
 * Reads the state that decides whether a task may be run. It is sent behind `requireTask`, which locks the task and checks the permission.
 * @returns undefined when there is no such task
 */
export async function runStateOf(tx: Transaction, name: string): Promise<RunState | undefined> {
  const [condition, values] = hasName(name, 1);
  const [state] = await tx.query<RunState & Record<string, unknown>>(runStateStatement(condition), values);
  return state;
}

const runStateStatement = memoized(
  (condition) =>
    `SELECT t.id, ${usageOf('t.project_id')} AS stored_bytes, p.resource_limits,
            (SELECT e.id FROM executions e WHERE e.id = t.execution_id AND e.status IN ('queued', 'running')) AS active,
            u.unmet_count, u.unmet_dependencies
       FROM tasks t JOIN projects p ON p.id = t.project_id CROSS JOIN LATERAL (
         SELECT count(*)::int AS unmet_count,
                jsonb_agg(jsonb_build_object('id', o.id, 'status', o.status))
                  FILTER (WHERE o.project_id = t.project_id AND NOT o.is_draft) AS unmet_dependencies
           FROM task_dependencies d CROSS JOIN LATERAL (
             -- OFFSET keeps the planner from beginning with all open tasks
             SELECT * FROM tasks o WHERE o.id = d.depends_on_task_id AND o.deleted_at IS NULL AND NOT o.is_archived OFFSET 0) AS o
          WHERE d.task_id = t.id AND o.status NOT IN ('completed', 'queued', 'running')) AS u
      WHERE ${condition} LIMIT 1`,
);

const accessStatement = memoized(
  (condition, also, lock) =>
    `SELECT ${taskColumns}, ${accessRole} AS access, p.status AS project_status, p.settings AS project_settings${also && `, ${also}`}
       FROM tasks t JOIN projects p ON p.id = t.project_id ${memberJoin}
      WHERE ${condition} AND t.deleted_at IS NULL AND p.deleted_at IS NULL AND ${visible}
        AND (NOT t.is_draft OR t.created_by = $1 OR ${accessRole} = 'owner')
      LIMIT 2 ${lock}`,
);

interface MemoNode {
  text?: string;
  next: Map<string, MemoNode>;
}

/** Memoizes statement texts: the hash of a newly built string is computed each time that its prepared statement is looked up. */
function memoized<Parts extends string[]>(make: (...parts: Parts) => string): (...parts: Parts) => string {
  const root: MemoNode = { next: new Map() };
  return (...parts) => {
    let node = root;
    for (const part of parts) {
      const next = node.next.get(part) ?? { next: new Map() };
      node.next.set(part, next);
      node = next;
    }
    return (node.text ??= make(...parts));
  };
}

/** Counts the tasks of a project. */
export async function countTasks(db: Queryable, projectId: string): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT ${taskTotal('$1::uuid')} AS n`, [projectId]);
  return row!.n;
}

/** The number of history entries in a task's detail; the history endpoint shows all of them. */
const recentHistory = 50;

export interface DetailColumns {
  claim: TaskClaim | null;
  dependencies: DependencyView[];
  recent: TaskDetail['history'];
  children: TaskDetail['children'];
  former_refs: string[];
}

/** The number of children in a task's detail; the list shows all of them. */
const firstChildren = 100;

/** The number of refs of before in a task's detail. */
const shownRefs = 100;

/**
 * The further columns of a task's detail: its claim, its dependencies, its children, its recent history and its refs of before. Since a move separates
 * tasks, those of a project that the actor may not see are left out.
 */
export const detailColumns = `
  ${claimOfTask} AS claim,
  coalesce((
    SELECT json_agg(json_build_object('id', d.id, 'depends_on_task_id', d.depends_on_task_id, 'dependency_type', d.dependency_type,
             'task', json_build_object('title', o.title, 'status', o.status)) ORDER BY d.id)
      FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id JOIN projects p ON p.id = o.project_id ${memberJoin}
     WHERE d.task_id = t.id AND o.deleted_at IS NULL AND (NOT o.is_draft OR o.created_by = $1) AND ${visible}), '[]') AS dependencies,
  coalesce((
    SELECT json_agg(json_build_object('timestamp', to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'action', a.action, 'old_value', ${shownValue('a.old_value')}, 'new_value', ${shownValue('a.new_value')}, 'run', a.run, 'user_id', a.actor_id) ORDER BY a.sequence)
      FROM (SELECT * FROM activity h WHERE entity_id = t.id AND entity_type = 'task' AND ${shownWithTask('h.project_id', 't.project_id')}
             ORDER BY sequence DESC LIMIT ${recentHistory}) AS a), '[]') AS recent,
  coalesce((
    SELECT json_agg(json_build_object('id', c.id, 'ref', c.ref, 'title', c.title, 'status', c.status) ORDER BY c.number, c.id)
      FROM (SELECT o.id, o.number, o.title, o.status, task_ref(p.key, o.number, p.ref_digits) AS ref
              FROM tasks o JOIN projects p ON p.id = o.project_id ${memberJoin}
             WHERE o.parent_id = t.id AND o.deleted_at IS NULL AND NOT o.is_archived AND NOT o.is_draft AND p.deleted_at IS NULL AND ${visible}
             ORDER BY o.number, o.id LIMIT ${firstChildren}) AS c), '[]') AS children,
  coalesce((
    SELECT json_agg(f.ref) FROM (
      SELECT task_ref(q.key, r.number, q.ref_digits) AS ref FROM former_refs r JOIN projects q ON q.id = r.project_id AND q.deleted_at IS NULL
       WHERE r.task_id = t.id ORDER BY r.project_id, r.number DESC LIMIT ${shownRefs}) AS f), '[]') AS former_refs`;

export interface HistoryRow extends Record<string, unknown> {
  id: string;
  at: Date;
  action: string;
  old_value: unknown;
  new_value: unknown;
  run: RunEnd | null;
  actor_id: string | null;
  user_name: string | null;
}

/** Reads the history of a task that an actor may see, before the position of a cursor, the latest first: one row more than `limit`. */
export function historyOf(
  db: Queryable,
  actor: Actor,
  task: { id: string; project_id: string },
  keyset: Keyset,
  limit: number,
): Promise<HistoryRow[]> {
  const values: unknown[] = [actor.id, actor.role === 'admin', task.id, task.project_id];
  const bind = (value: unknown) => `$${values.push(value)}`;
  return db.query<HistoryRow>(
    `SELECT latest.sequence, latest.id, latest.at, latest.action, latest.actor_id, latest.user_name, latest.run,
            ${shownValue('latest.old_value')} AS old_value, ${shownValue('latest.new_value')} AS new_value FROM (
       SELECT a.sequence, a.id, a.at, a.action, a.old_value, a.new_value, a.run, a.actor_id,
              coalesce(u.full_name, u.username) AS user_name
         FROM activity a LEFT JOIN users u ON u.id = a.actor_id
        WHERE a.entity_id = $3 AND a.entity_type = 'task' AND ${shownWithTask('a.project_id', '$4::uuid')} AND ${keyset.after(bind)} ${keyset.orderBy} LIMIT ${bind(limit + 1)}
     ) AS latest ORDER BY sequence DESC`,
    values,
  );
}

/** Removes the old and new values of all that was done to a task: who did what stays. */
export async function blankHistory(tx: Transaction, taskId: string): Promise<void> {
  await tx.query(
    `UPDATE activity SET old_value = NULL, new_value = NULL, run = NULL
      WHERE entity_id = $1 AND entity_type = 'task' AND (old_value IS NOT NULL OR new_value IS NOT NULL OR run IS NOT NULL)`,
    [taskId],
  );
}
