import {
  ofEach,
  recording,
  signature,
  type ActivityEntry,
  type RecordedActivity,
} from '../../activity/activity-log.js';
import type { Queryable } from '../../infra/database.js';
import type { Execution } from '../execution.entity.js';
import { runEnd } from '../last-run.js';

/** The columns of an execution that are published with each of its transitions. */
const publicColumns = [
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

export type PublicExecution = Pick<Execution, (typeof publicColumns)[number]>;

/** The state of a task after it was brought in line with its execution. */
export interface SyncedTask {
  id: string;
  ref: string;
  project_id: string;
  title: string;
  status: string;
  progress_percentage: number;
  updated_at: Date;
}

/** An execution after a transition, and what changed with it. */
export interface TransitionResult<E extends PublicExecution = PublicExecution> {
  execution: E;
  /** Who caused the transition; null for Millrace itself. */
  actor: ActivityEntry['actor'];
  /** Undefined when the task has a newer execution, or there is none. */
  task: SyncedTask | undefined;
  /** The activity entry of the task, or of a new command. */
  recorded: RecordedActivity | undefined;
  /** False when the requester's preferences turn `notifications.task_updates` off. */
  wantsNotification: boolean;
}

/** The named columns of the execution `e`, for a select list. */
export const columnsOf = (names: readonly string[]) => names.map((name) => `e.${name}`).join(', ');

/** What a `TransitionResult` is made of, from the execution `e`, its task `f` and the project `p` of that. */
const resultColumns = `${columnsOf(publicColumns)},
         (SELECT u.preferences #> '{notifications,task_updates}' IS DISTINCT FROM 'false'::jsonb
            FROM users u WHERE u.id = e.requested_by) AS wants_notification,
         f.id AS synced_task, task_ref(p.key, f.number, p.ref_digits) AS ref, f.title, f.status AS task_status, f.progress_percentage, f.updated_at`;

/** While somebody has claimed the task `t`, it is running, and only its claim decides what becomes of it. */
const unlessClaimed = (value: string, kept: string) =>
  `CASE WHEN t.claim_id IS NULL THEN ${value} ELSE ${kept} END`;

/** A command that belongs to no task has an activity entry of its own. */
const command = `
     UNION ALL
    SELECT 'execution', e.id, NULL, e.requested_by, 'command_queued', NULL, jsonb_build_object('command', e.command), NULL, NULL, NULL
      FROM e WHERE e.task_id IS NULL`;

/** The run whose end changed the status of the task `f`: that of the execution `e`, or the failed attempt which `e` repeats. */
const ended = `
           CASE WHEN e.status IN ('completed', 'failed', 'cancelled') THEN ${runEnd('e')}
                WHEN f.old_status = 'running' THEN (SELECT ${runEnd('o')} FROM executions o WHERE o.id = e.retry_of) END`;

/**
 * Builds the statement of a state transition: it changes an execution, its task, the task's history and the webhook deliveries at once.
 * When the change affects no row, nothing else is changed either.
 * @param change the statement that changes the execution and returns it; its parameters begin with $5
 * @param also more columns to select of the execution `e`
 * @param stored a common table expression that updates the counters of stored bytes
 * @param isNew true for a new execution, which becomes the current one of its task, or is recorded itself when it has none
 * @param isOfMany true when it changes many executions, each of another task and on behalf of who has requested it; the parameters of the
 * change begin with $1 then
 */
export function transitionStatement(
  change: string,
  { also = '', isNew = false, stored = '', isOfMany = false } = {},
): string {
  return `
  WITH e AS (${change}), synced AS (
    UPDATE tasks t SET status = ${unlessClaimed('e.status', 't.status')}, execution_id = e.id, updated_at = now(), version = t.version + 1,
           started_at = ${unlessClaimed('coalesce(e.started_at, t.started_at)', 't.started_at')},
           completed_at = CASE WHEN t.claim_id IS NULL AND e.status IN ('completed', 'failed', 'cancelled') THEN e.finished_at END,
           actual_duration = ${unlessClaimed('extract(epoch FROM e.finished_at - coalesce(e.started_at, e.finished_at))', 'NULL')},
           progress_percentage = CASE WHEN t.claim_id IS NOT NULL THEN t.progress_percentage
             WHEN e.status = 'completed' THEN 100 WHEN e.status = 'running' THEN 0 ELSE t.progress_percentage END
      FROM e JOIN tasks before ON before.id = e.task_id
     WHERE t.id = e.task_id
       AND ${isNew ? 't.execution_id IS DISTINCT FROM e.id' : 't.execution_id = e.id AND t.status <> e.status'}
    RETURNING t.id, t.project_id, t.number, t.title, t.status, before.status AS old_status, t.progress_percentage, t.updated_at,
              t.actual_duration, t.claim_id IS NOT NULL AS is_claimed
  ), entries AS (
    SELECT 'task' AS entity_type, f.id AS entity_id, f.project_id, e.requested_by,
           CASE WHEN f.is_claimed THEN 'run_' || e.status ELSE 'status_changed' END AS action,
           CASE WHEN NOT f.is_claimed THEN to_jsonb(f.old_status) END AS old_value,
           CASE WHEN NOT f.is_claimed THEN to_jsonb(f.status) END AS new_value, ${ended} AS run,
           ARRAY[CASE WHEN f.status IN ('completed', 'failed') THEN 'task.' || f.status ELSE 'task.updated' END, 'task.*', '*'] AS events,
           jsonb_build_object('task_id', f.id, 'project_id', f.project_id, 'title', f.title, 'status', f.status,
             'execution_id', e.id, 'attempt', e.attempt, 'exit_code', e.exit_code, 'reason', e.reason,
             'duration', to_char(make_interval(secs => floor(f.actual_duration + 0.5)), 'HH24:MI:SS')) AS data
      FROM synced f JOIN e ON e.task_id = f.id${isNew ? command : ''}
  ), ${stored && `${stored}, `}${recording('entries', isOfMany ? ofEach : undefined)}
  SELECT ${resultColumns}${also && `, ${also}`}, r.id AS recorded, r.at, (SELECT count(*)::int FROM pending) AS pending
    FROM e LEFT JOIN synced f ON f.id = e.task_id LEFT JOIN recorded r ON r.entity_id = coalesce(f.id, e.id) LEFT JOIN projects p ON p.id = f.project_id`;
}

type TransitionRow = PublicExecution & {
  recorded: string | null;
  at: Date | null;
  pending: number;
  wants_notification: boolean | null;
  synced_task: string | null;
  ref: string;
  title: string;
  task_status: string;
  progress_percentage: number;
  updated_at: Date;
};

/**
 * Runs a statement of `transitionStatement`.
 * @param values its parameters from $5 on
 * @returns undefined when it changed no execution
 */
export async function applyTransition<E extends PublicExecution>(
  db: Queryable,
  text: string,
  actor: ActivityEntry['actor'],
  values: readonly unknown[],
): Promise<TransitionResult<E> | undefined> {
  const [row] = await db.query<TransitionRow & E>(text, [...signature(actor), ...values]);
  return row && resultOf(row, actor);
}

/** Runs a statement of `transitionStatement` that changes many executions. @returns only the first result counts the deliveries of all */
export async function applyTransitions<E extends PublicExecution>(
  db: Queryable,
  text: string,
  values: readonly unknown[],
): Promise<TransitionResult<E>[]> {
  const rows = await db.query<TransitionRow & E>(text, values);
  return rows.map((row, index) =>
    resultOf(index === 0 ? row : { ...row, pending: 0 }, { id: row.requested_by }),
  );
}

const committed = `
  SELECT ${resultColumns}, r.id AS recorded, r.at, 1 AS pending
    FROM executions e LEFT JOIN tasks f ON f.id = e.task_id AND f.execution_id = e.id
         LEFT JOIN projects p ON p.id = f.project_id
         LEFT JOIN LATERAL (SELECT a.id, a.at FROM activity a WHERE a.entity_id = f.id AND a.action = 'status_changed'
                             ORDER BY a.sequence DESC LIMIT 1) r ON true
   WHERE e.id = ANY (ARRAY[$1, (SELECT t.execution_id FROM executions o JOIN tasks t ON t.id = o.task_id WHERE o.id = $1)])
     AND (e.id = $1 OR e.retry_of = $1)
   ORDER BY e.attempt`;

/**
 * Reads the result of the last transition of an execution again, whose connection broke before it had arrived.
 * @returns that of the execution, and after it that of the attempt which repeats it, if there is one
 */
export async function committedTransitions(db: Queryable, id: string): Promise<TransitionResult[]> {
  const rows = await db.query<TransitionRow>(committed, [id]);
  return rows.map((row) => resultOf(row, null));
}

function resultOf<E extends PublicExecution>(
  row: TransitionRow & E,
  actor: ActivityEntry['actor'],
): TransitionResult<E> {
  const { synced_task, project_id, recorded, at, pending } = row;
  return {
    execution: row,
    actor,
    task:
      synced_task === null || project_id === null
        ? undefined
        : {
            id: synced_task,
            ref: row.ref,
            project_id,
            title: row.title,
            status: row.task_status,
            progress_percentage: row.progress_percentage,
            updated_at: row.updated_at,
          },
    recorded: recorded !== null && at ? { id: recorded, at, pending } : undefined,
    wantsNotification: row.wants_notification === true,
  };
}
