import { recording, signature, type ActivityEntry, type Written } from '../activity/activity-log.js';
import type { Queryable, Transaction } from '../infra/database.js';
import { statesBefore, type Outcome } from './execution-state.js';
import type { Execution } from './execution.entity.js';
import { stopped } from './executions.queries.js';

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

/** What else a worker needs to run one. */
const needed = [
  'command',
  'working_directory',
  'environment',
  'timeout',
  'limits',
  'network',
  'retry_of',
  'generation',
] as const;

export type MovedExecution = Pick<Execution, (typeof told)[number]>;
export type ClaimedExecution = MovedExecution &
  Pick<Execution, (typeof needed)[number]> & { has_secrets: boolean };

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

const of = (names: readonly string[]) => names.map((name) => `e.${name}`).join(', ');

const command = `
     UNION ALL
    SELECT 'execution', e.id, e.project_id, 'command_queued', NULL, jsonb_build_object('command', e.command), NULL, NULL
      FROM e WHERE e.task_id IS NULL`;

/**
 * One statement that moves an execution and takes along what follows from it: its task, the line in the task's history, and the
 * deliveries. Where the execution did not move, nothing follows.
 * @param change gives the execution as it is now; its parameters begin with $5
 * @param also what else is asked of the execution `e`
 * @param stored a common table expression that counts what is stored
 * @param isNew true for one that becomes the current one of its task, or is a command that is written down for itself
 */
function transition(change: string, { also = '', isNew = false, stored = '' } = {}): string {
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
           to_jsonb(f.old_status) AS old_value, to_jsonb(f.status) AS new_value,
           ARRAY[CASE WHEN f.status IN ('completed', 'failed') THEN 'task.' || f.status ELSE 'task.updated' END, 'task.*', '*'] AS events,
           jsonb_build_object('task_id', f.id, 'project_id', f.project_id, 'title', f.title, 'status', f.status,
             'execution_id', e.id, 'attempt', e.attempt, 'exit_code', e.exit_code, 'reason', e.reason,
             'duration', to_char(make_interval(secs => floor(f.actual_duration + 0.5)), 'HH24:MI:SS')) AS data
      FROM followed f CROSS JOIN e${isNew ? command : ''}
  ), ${stored && `${stored}, `}${recording('noted')}
  SELECT ${of(told)}${also && `, ${also}`}, r.at, (SELECT count(*)::int FROM pending) AS pending,
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
async function move<E extends MovedExecution>(
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

const inserted = `id, task_id, project_id, session_id, requested_by, queue, status, command, working_directory,
  environment, timeout, limits, network, retries_left, final_exit_codes, attempt, retry_of, not_before`;

const queueing = transition(
  `INSERT INTO executions (${inserted})
   VALUES ($5, $6, $7, $8, $9, $10, 'queued', $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           CASE WHEN $21::float8 > 0 THEN now() + make_interval(secs => $21) END)
   RETURNING *`,
  { isNew: true },
);

export type NewExecution = Pick<
  Execution,
  | 'id'
  | 'task_id'
  | 'project_id'
  | 'session_id'
  | 'requested_by'
  | 'queue'
  | 'command'
  | 'working_directory'
  | 'environment'
  | 'timeout'
  | 'limits'
  | 'network'
  | 'retries_left'
  | 'final_exit_codes'
  | 'attempt'
  | 'retry_of'
> & {
  /** Seconds until it may start. */
  delay: number;
};

/** Stores a new execution and makes it the current one of its task. */
export async function queue(db: Queryable, actor: ActivityEntry['actor'], e: NewExecution): Promise<Move> {
  const moved = await move(db, queueing, actor, [
    e.id,
    e.task_id,
    e.project_id,
    e.session_id,
    e.requested_by,
    e.queue,
    e.command,
    e.working_directory,
    e.environment,
    e.timeout,
    e.limits,
    e.network,
    e.retries_left,
    e.final_exit_codes,
    e.attempt,
    e.retry_of,
    e.delay,
  ]);
  return moved!;
}

const claiming = transition(
  `UPDATE executions e SET status = 'running', worker_id = $6, generation = generation + 1, started_at = now(),
          lease_expires_at = now() + make_interval(secs => $7)
    WHERE id = $5 AND status = ANY($8) AND admitted_at IS NOT NULL AND NOT ${stopped}
   RETURNING *`,
  {
    also: `${of(needed)}, EXISTS (SELECT 1 FROM project_secrets s WHERE s.project_id = e.project_id) AS has_secrets`,
  },
);

/** Moves an admitted execution to running, for one worker; undefined when another was faster or it may not run any more. */
export function claim(
  db: Queryable,
  id: string,
  workerId: string,
  leaseSeconds: number,
): Promise<Move<ClaimedExecution> | undefined> {
  return move(db, claiming, null, [id, workerId, leaseSeconds, statesBefore('running')]);
}

/** Which write may end an execution: the worker of one generation, or whoever finds it queued. */
export type EndGuard = { generation: number } | { queued: true } | { leaseExpired: true };

const guards = {
  generation: (value: string) => `status = 'running' AND generation = ${value}::int`,
  queued: (value: string) => `status = 'queued' AND ${value}::int IS NULL`,
  leaseExpired: (value: string) =>
    `status = 'running' AND lease_expires_at < now() AND ${value}::int IS NULL`,
};

/** @param first the number of its first parameter */
function endOf(guard: keyof typeof guards, first: number): string {
  const $ = (n: number) => `$${first + n}`;
  return `UPDATE executions SET status = ${$(1)}, reason = ${$(2)}, exit_code = ${$(3)}, error = ${$(4)}, finished_at = now(),
            lease_expires_at = NULL, pid = NULL, output_bytes = coalesce(${$(5)}, output_bytes), output_omitted = ${$(6)}
      WHERE id = ${$(0)} AND status = ANY(${$(7)}) AND ${guards[guard]($(8))}
      RETURNING *`;
}

const ends = {
  generation: endOf('generation', 1),
  queued: endOf('queued', 1),
  leaseExpired: endOf('leaseExpired', 1),
};

const endValues = (id: string, outcome: Outcome, outputBytes: number | null, generation: number | null) => [
  id,
  outcome.status,
  outcome.reason,
  outcome.exitCode,
  outcome.error ?? null,
  outputBytes,
  outcome.omitted ?? 0,
  statesBefore(outcome.status),
  generation,
];

/**
 * Writes the end of an execution, if the guard still holds; `follow` is to come after it.
 * @param outputBytes how much output is stored
 */
export async function end(
  tx: Transaction,
  id: string,
  guard: EndGuard,
  outcome: Outcome,
  outputBytes: number,
): Promise<Execution | undefined> {
  const [text, generation] =
    'generation' in guard
      ? [ends.generation, guard.generation]
      : [ends['queued' in guard ? 'queued' : 'leaseExpired'], null];
  const [execution] = await tx.query<Execution>(text, endValues(id, outcome, outputBytes, generation));
  return execution;
}

const following = transition('SELECT * FROM executions WHERE id = $5');

/** Brings the task of an execution in line with it, if the execution is its current one. */
export async function follow(tx: Transaction, actor: ActivityEntry['actor'], id: string): Promise<Move> {
  return (await move(tx, following, actor, [id]))!;
}

const completing = transition(endOf('generation', 5));
const completingWithOutput = transition(endOf('generation', 5), {
  stored:
    'stored AS (UPDATE projects p SET stored_bytes = p.stored_bytes + $10 FROM e WHERE p.id = e.project_id)',
});

/**
 * Writes that a command has succeeded, and what follows from it: its task, and how much its project stores.
 * @returns undefined when the worker of this generation has no say any more
 */
export function complete(
  db: Queryable,
  { id, generation }: Pick<Execution, 'id' | 'generation'>,
  outcome: Outcome & { status: 'completed' },
  outputBytes: number,
): Promise<Move | undefined> {
  const text = outputBytes > 0 ? completingWithOutput : completing;
  return move(db, text, null, endValues(id, outcome, outputBytes, generation));
}
