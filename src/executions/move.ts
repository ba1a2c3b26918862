import { recording, signature, type ActivityEntry, type Written } from '../activity/activity-log.js';
import type { Queryable } from '../infra/database.js';
import type { Execution } from './execution.entity.js';
import { runEnd } from './last-run.js';

/** What is told of an execution that has moved. */
const told = [
  'id',
  'task_id',
  'project_id',
  'requested_by',
  'queue',
  'status',
  'reason',
  'exit_code',
  'error',
  'attempt',
  'worker_id',
  'created_at',
  'started_at',
  'finished_at',
] as const;

export type MovedExecution = Pick<Execution, (typeof told)[number]>;

/** What became of a task that follows its execution. */
export interface FollowedTask {
  id: string;
  ref: string;
  project_id: string;
  title: string;
  status: string;
  progress_percentage: number;
  updated_at: Date;
}

/** An execution that has moved, and what followed. */
export interface Move<E extends MovedExecution = MovedExecution> {
  execution: E;
  /** Who moved it; null for Millrace itself. */
  actor: ActivityEntry['actor'];
  /** Undefined when the task has a newer execution, or there is none. */
  task: FollowedTask | undefined;
  /** What was written down of the task, or of a new command. */
  written: Written | undefined;
  /** Whether who asked for the run wants to hear of its end: unless the preferences say no to `notifications.task_updates`. */
  wantsNotice: boolean;
}

/** Columns of the execution `e`. */
export const columnsOf = (names: readonly string[]) => names.map((name) => `e.${name}`).join(', ');

/** A command that belongs to no task has a line for itself. */
const command = `
     UNION ALL
    SELECT 'execution', e.id, NULL, 'command_queued', NULL, jsonb_build_object('command', e.command), NULL, NULL, NULL
      FROM e WHERE e.task_id IS NULL`;

/** The run whose end changed the status of the task `f`: that of the execution `e`, or the failed attempt which `e` repeats. */
const ended = `
           CASE WHEN e.status IN ('completed', 'failed', 'cancelled') THEN ${runEnd('e')}
                WHEN f.old_status = 'running' THEN (SELECT ${runEnd('o')} FROM executions o WHERE o.id = e.retry_of) END`;

/**
 * One statement that moves an execution and takes along what follows from it: its task, the line in the task's history, and the
 * deliveries. Where the execution did not move, nothing follows.
 * @param change gives the execution as it is now; its parameters begin with $5
 * @param also what else is asked of the execution `e`
 * @param stored a common table expression that counts what is stored
 * @param isNew true for one that becomes the current one of its task, or is a command that is written down for itself
 */
export function transition(change: string, { also = '', isNew = false, stored = '' } = {}): string {
  return `
  WITH e AS (${change}), followed AS (
    UPDATE tasks t SET status = e.status, execution_id = e.id, updated_at = now(), version = t.version + 1,
           started_at = coalesce(e.started_at, t.started_at),
           completed_at = CASE WHEN e.status IN ('completed', 'failed', 'cancelled') THEN e.finished_at END,
           actual_duration = extract(epoch FROM e.finished_at - coalesce(e.started_at, e.finished_at)),
           progress_percentage = CASE e.status WHEN 'completed' THEN 100 WHEN 'running' THEN 0 ELSE t.progress_percentage END
      FROM e JOIN tasks before ON before.id = e.task_id
     WHERE t.id = e.task_id
       AND ${isNew ? 't.execution_id IS DISTINCT FROM e.id' : 't.execution_id = e.id AND t.status <> e.status'}
    RETURNING t.id, t.project_id, t.number, t.title, t.status, before.status AS old_status, t.progress_percentage, t.updated_at,
              t.actual_duration
  ), noted AS (
    SELECT 'task' AS entity_type, f.id AS entity_id, f.project_id, 'status_changed' AS action,
           to_jsonb(f.old_status) AS old_value, to_jsonb(f.status) AS new_value, ${ended} AS run,
           ARRAY[CASE WHEN f.status IN ('completed', 'failed') THEN 'task.' || f.status ELSE 'task.updated' END, 'task.*', '*'] AS events,
           jsonb_build_object('task_id', f.id, 'project_id', f.project_id, 'title', f.title, 'status', f.status,
             'execution_id', e.id, 'attempt', e.attempt, 'exit_code', e.exit_code, 'reason', e.reason,
             'duration', to_char(make_interval(secs => floor(f.actual_duration + 0.5)), 'HH24:MI:SS')) AS data
      FROM followed f CROSS JOIN e${isNew ? command : ''}
  ), ${stored && `${stored}, `}${recording('noted')}
  SELECT ${columnsOf(told)}${also && `, ${also}`}, r.at, (SELECT count(*)::int FROM pending) AS pending,
         (SELECT u.preferences #> '{notifications,task_updates}' IS DISTINCT FROM 'false'::jsonb
            FROM users u WHERE u.id = e.requested_by) AS wants_notice,
         f.id AS followed, p.key || '-' || f.number AS ref, f.title, f.status AS task_status, f.progress_percentage, f.updated_at
    FROM e LEFT JOIN followed f ON true LEFT JOIN recorded r ON true LEFT JOIN projects p ON p.id = f.project_id`;
}

interface MoveRow extends MovedExecution {
  at: Date | null;
  pending: number;
  wants_notice: boolean | null;
  followed: string | null;
  ref: string;
  title: string;
  task_status: string;
  progress_percentage: number;
  updated_at: Date;
}

/** @returns undefined when the execution did not move */
export async function move<E extends MovedExecution>(
  db: Queryable,
  text: string,
  actor: ActivityEntry['actor'],
  values: readonly unknown[],
): Promise<Move<E> | undefined> {
  const signed = signature(actor);
  const [row] = await db.query<MoveRow & E & Record<string, unknown>>(text, [...signed, ...values]);
  if (!row) return undefined;
  const { followed, project_id, at, pending } = row;
  return {
    execution: row,
    actor,
    task:
      followed === null || project_id === null
        ? undefined
        : {
            id: followed,
            ref: row.ref,
            project_id,
            title: row.title,
            status: row.task_status,
            progress_percentage: row.progress_percentage,
            updated_at: row.updated_at,
          },
    written: at ? { id: signed[0], at, pending } : undefined,
    wantsNotice: row.wants_notice === true,
  };
}
