import type { Queryable, Transaction } from '../infra/database.js';
import type { QueueEntry } from '../infra/execution-queue.js';
import { statesBefore, type Outcome } from './execution-state.js';
import type { Execution } from './execution.entity.js';

/** True while announced maintenance lasts. */
const inMaintenance = `EXISTS (
  SELECT 1 FROM system_settings s WHERE s.name = 'maintenance'
     AND now() >= (s.value->>'starts_at')::timestamptz AND now() < (s.value->>'ends_at')::timestamptz)`;

/** True while the task of an execution `e` waits for another one. */
const dependenciesOpen = `EXISTS (
  SELECT 1 FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id
   WHERE d.task_id = e.task_id AND o.status <> 'completed' AND o.deleted_at IS NULL)`;

const queuePaused = 'EXISTS (SELECT 1 FROM queue_states q WHERE q.queue = e.queue AND q.paused)';
const notYet = 'coalesce(e.not_before > now(), false)';

/** An execution `e` that was admitted a moment too early waits like the others. */
const stopped = `(${queuePaused} OR ${inMaintenance})`;

/** What keeps a queued execution `e` from being admitted, apart from its project's limit. */
const obstructed = `(${notYet} OR ${queuePaused} OR ${inMaintenance} OR ${dependenciesOpen})`;

/** Why an execution `e` has not started yet; null once it has. */
export const whyWaiting = `CASE
  WHEN e.status <> 'queued' THEN NULL
  WHEN e.admitted_at IS NOT NULL THEN 'worker_busy'
  WHEN ${inMaintenance} THEN 'maintenance'
  WHEN ${queuePaused} THEN 'queue_paused'
  WHEN ${notYet} THEN 'retry_backoff'
  WHEN ${dependenciesOpen} THEN 'dependencies'
  ELSE 'project_limit' END`;

export const waitingReasons = [
  'worker_busy',
  'maintenance',
  'queue_paused',
  'retry_backoff',
  'dependencies',
  'project_limit',
] as const;

/** The order in which executions are served. */
const line = 'e.boosted DESC, e.queue, e.id';

const admitted = 'RETURNING e.id, e.queue, e.boosted';

/**
 * Locks a project, which makes its count of running ones exact; in a statement of its own, so that the count sees what was
 * committed before the lock was granted.
 * @returns false when it has been deleted
 */
export async function lockProject(tx: Transaction, projectId: string): Promise<boolean> {
  const rows = await tx.query<{ deleted: boolean }>(
    'SELECT deleted_at IS NOT NULL AS deleted FROM projects WHERE id = $1 FOR NO KEY UPDATE',
    [projectId],
  );
  return rows[0]?.deleted === false;
}

/**
 * Admits what a project has room for, in order; `lockProject` comes first. Rows that somebody is changing are passed over:
 * who ends an execution holds its row while it waits for the project. Materialized, since a plan that ran the choice twice
 * would lock and admit twice as many. The time is the statement's and not the transaction's, which may have begun before
 * another one admitted something earlier.
 */
export async function admitOfProject(tx: Transaction, projectId: string): Promise<QueueEntry[]> {
  return tx.query<QueueEntry & Record<string, unknown>>(
    `WITH next AS MATERIALIZED (
        SELECT e.id FROM executions e
         WHERE e.project_id = $1 AND e.status = 'queued' AND e.admitted_at IS NULL AND NOT ${obstructed}
         ORDER BY ${line}
         LIMIT greatest(0, (
           SELECT (p.resource_limits->>'max_concurrent_tasks')::int FROM projects p
            WHERE p.id = $1 AND p.deleted_at IS NULL
         ) - (
           SELECT count(*) FROM executions a
            WHERE a.project_id = $1 AND a.status IN ('queued', 'running') AND a.admitted_at IS NOT NULL
         ))
         FOR UPDATE OF e SKIP LOCKED)
     UPDATE executions e SET admitted_at = statement_timestamp() FROM next WHERE e.id = next.id
      ${admitted}`,
    [projectId],
  );
}

/** Admits commands that belong to no project: all of them, or one. */
export function admitWithoutProject(tx: Transaction, executionId?: string): Promise<QueueEntry[]> {
  return tx.query<QueueEntry & Record<string, unknown>>(
    `UPDATE executions e SET admitted_at = statement_timestamp()
      WHERE e.id IN (
        SELECT e.id FROM executions e
         WHERE e.project_id IS NULL AND e.status = 'queued' AND e.admitted_at IS NULL AND NOT ${obstructed}
           AND ($1::uuid IS NULL OR e.id = $1)
         FOR UPDATE OF e SKIP LOCKED)
      ${admitted}`,
    [executionId ?? null],
  );
}

/** Projects, and null for none, in which something waits that nothing but a full project may stand in the way of. */
export async function scopesWithWaiting(db: Queryable): Promise<(string | null)[]> {
  const rows = await db.query<{ project_id: string | null }>(
    `SELECT DISTINCT e.project_id FROM executions e
      WHERE e.status = 'queued' AND e.admitted_at IS NULL AND NOT ${obstructed}`,
  );
  return rows.map((row) => row.project_id);
}

export type ClaimedExecution = Execution & { has_secrets: boolean };

/** Moves an admitted execution to running, for one worker; undefined when another was faster or it may not run any more. */
export async function claim(
  tx: Transaction,
  id: string,
  workerId: string,
  leaseSeconds: number,
): Promise<ClaimedExecution | undefined> {
  const [execution] = await tx.query<ClaimedExecution>(
    `UPDATE executions e SET status = 'running', worker_id = $2, generation = generation + 1, started_at = now(),
            lease_expires_at = now() + make_interval(secs => $3)
      WHERE id = $1 AND status = ANY($4) AND admitted_at IS NOT NULL AND NOT ${stopped}
      RETURNING *, EXISTS (SELECT 1 FROM project_secrets s WHERE s.project_id = e.project_id) AS has_secrets`,
    [id, workerId, leaseSeconds, statesBefore('running')],
  );
  return execution;
}

/** Takes back what was admitted while its queue was being paused or maintenance began, so that it waits like the others. */
export function takeBackStopped(db: Queryable): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `UPDATE executions e SET admitted_at = NULL
      WHERE e.id IN (
        SELECT e.id FROM executions e
         WHERE e.status = 'queued' AND e.admitted_at IS NOT NULL AND ${stopped}
         FOR UPDATE OF e SKIP LOCKED)
      RETURNING e.id`,
  );
}

/** Which write may end an execution: the worker of one generation, or whoever finds it queued. */
export type EndGuard = { generation: number } | { queued: true } | { leaseExpired: true };

/**
 * Writes the end of an execution, if the guard still holds.
 * @param outputBytes how much output is stored; null counts what is there without a gap
 */
export async function end(
  tx: Transaction,
  id: string,
  guard: EndGuard,
  outcome: Outcome,
  outputBytes: number | null,
): Promise<Execution | undefined> {
  const [condition, value] =
    'generation' in guard
      ? ["status = 'running' AND generation = $8::int", guard.generation]
      : 'queued' in guard
        ? ["status = 'queued' AND $8::int IS NULL", null]
        : ["status = 'running' AND lease_expires_at < now() AND $8::int IS NULL", null];
  const [execution] = await tx.query<Execution>(
    `UPDATE executions SET status = $2, reason = $3, exit_code = $4, error = $5, finished_at = now(),
            lease_expires_at = NULL, pid = NULL, output_bytes = coalesce($6, output_bytes), output_omitted = $9
      WHERE id = $1 AND status = ANY($7) AND ${condition}
      RETURNING *`,
    [
      id,
      outcome.status,
      outcome.reason,
      outcome.exitCode,
      outcome.error ?? null,
      outputBytes,
      statesBefore(outcome.status),
      value,
      outcome.omitted ?? 0,
    ],
  );
  return execution;
}

/** Queued executions that wait for a task which has not been completed and will not be by itself. */
export function waitingForTask(tx: Transaction, taskId: string): Promise<{ id: string }[]> {
  return tx.query<{ id: string }>(
    `SELECT e.id FROM task_dependencies d JOIN executions e ON e.task_id = d.task_id
      WHERE d.depends_on_task_id = $1 AND e.status = 'queued' ORDER BY e.id`,
    [taskId],
  );
}

/** A task follows its current execution; a row of this shape says what became of it. */
export interface FollowedTask {
  id: string;
  ref: string;
  project_id: string;
  title: string;
  status: string;
  old_status: string;
  progress_percentage: number;
  updated_at: Date;
  actual_duration: number | null;
}

/**
 * Brings the task of an execution in line with it, if the execution is its current one. It reads the execution, so it may be
 * sent right behind the statement that changed it; where nothing changed, it does nothing.
 * @param makeCurrent true to make the execution the current one of its task
 */
export async function followExecution(
  tx: Transaction,
  executionId: string,
  makeCurrent = false,
): Promise<FollowedTask | undefined> {
  const [task] = await tx.query<FollowedTask & Record<string, unknown>>(
    `UPDATE tasks t SET status = e.status, execution_id = e.id, updated_at = now(), version = t.version + 1,
            started_at = coalesce(e.started_at, t.started_at),
            completed_at = CASE WHEN e.status IN ('completed', 'failed', 'cancelled') THEN e.finished_at END,
            actual_duration = extract(epoch FROM e.finished_at - coalesce(e.started_at, e.finished_at)),
            progress_percentage = CASE e.status WHEN 'completed' THEN 100 WHEN 'running' THEN 0 ELSE t.progress_percentage END
       FROM executions e, tasks before
      WHERE e.id = $1 AND t.id = e.task_id AND before.id = t.id
        AND CASE WHEN $2 THEN t.execution_id IS DISTINCT FROM e.id ELSE t.execution_id = e.id AND t.status <> e.status END
      RETURNING t.id, (SELECT p.key FROM projects p WHERE p.id = t.project_id) || '-' || t.number AS ref,
                t.project_id, t.title, t.status, before.status AS old_status, t.progress_percentage,
                t.updated_at, t.actual_duration`,
    [executionId, makeCurrent],
  );
  return task;
}

const insertColumns = `id, task_id, project_id, session_id, requested_by, queue, status, command, working_directory,
  environment, timeout, limits, network, retries_left, final_exit_codes, attempt, retry_of, not_before`;

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

export async function insert(tx: Transaction, e: NewExecution): Promise<Execution> {
  const [execution] = await tx.query<Execution>(
    `INSERT INTO executions (${insertColumns})
     VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $10, $11, $12, $13,
             $14, $15, $16, CASE WHEN $17::float8 > 0 THEN now() + make_interval(secs => $17) END)
     RETURNING *`,
    [
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
    ],
  );
  return execution!;
}
