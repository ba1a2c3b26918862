import { AppError } from '../common/errors.js';
import { isNoData, type Queryable, type Transaction } from '../infra/database.js';
import type { QueueEntry } from '../infra/execution-queue.js';

/** True while announced maintenance lasts; asked once a statement. */
const inMaintenance = '(SELECT in_maintenance())';
const queuePaused = 'queue_paused(e.queue)';
const dependenciesOpen = 'waits_for_tasks(e.task_id)';
const notYet = 'coalesce(e.not_before > now(), false)';

/** An execution `e` that was admitted a moment too early waits like the others. */
export const stopped = `(${queuePaused} OR ${inMaintenance})`;

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
 * Admits what nothing stands in the way of and a project has room for, in order, or of the commands that belong to none. The
 * project stays locked until the end of the transaction, which makes its count of running ones exact.
 * @param newId a new execution: of commands without a project only this one is admitted
 * @throws PROJECT_NOT_FOUND when the project of a new one has been deleted
 */
export async function admit(
  tx: Transaction,
  projectId: string | null,
  newId?: string,
): Promise<QueueEntry[]> {
  if (projectId === null) return admitWithoutProject(tx, newId);
  const locked = newId === undefined ? lockProject(tx, projectId) : lockLivingProject(tx, projectId);
  // in a statement of its own, so that it sees what was committed before the lock was granted
  const admitted = admitOfProject(tx, projectId);
  // fails too when the lock fails, and does not know why
  admitted.catch(() => undefined);
  await locked;
  return admitted;
}

async function lockProject(tx: Transaction, projectId: string): Promise<void> {
  await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
}

/** Fails where the project is deleted, and with it what was sent in the same packet. */
async function lockLivingProject(tx: Transaction, projectId: string): Promise<void> {
  await tx.query('SELECT lock_living_project($1)', [projectId]).catch((error: unknown) => {
    throw isNoData(error) ? new AppError('PROJECT_NOT_FOUND', { project_id: projectId }) : error;
  });
}

/**
 * Rows that somebody is changing are passed over: who ends an execution holds its row while it waits for the project. Materialized,
 * since a plan that ran the choice twice would lock and admit twice as many. The time is the statement's and not the
 * transaction's, which may have begun before another one admitted something earlier.
 */
function admitOfProject(tx: Transaction, projectId: string): Promise<QueueEntry[]> {
  return tx.query<QueueEntry & Record<string, unknown>>(
    `WITH next AS MATERIALIZED (
        SELECT e.id FROM executions e
         WHERE e.project_id = $1 AND e.status = 'queued' AND e.admitted_at IS NULL AND NOT ${obstructed}
         ORDER BY ${line}
         LIMIT CASE WHEN EXISTS (
           SELECT 1 FROM executions w WHERE w.project_id = $1 AND w.status = 'queued' AND w.admitted_at IS NULL
         ) THEN greatest(0, (
           SELECT (p.resource_limits->>'max_concurrent_tasks')::int FROM projects p
            WHERE p.id = $1 AND p.deleted_at IS NULL
         ) - (
           SELECT count(*) FROM executions a
            WHERE a.project_id = $1 AND a.status IN ('queued', 'running') AND a.admitted_at IS NOT NULL
         )) ELSE 0 END
         FOR UPDATE OF e SKIP LOCKED)
     UPDATE executions e SET admitted_at = statement_timestamp() FROM next WHERE e.id = next.id
      ${admitted}`,
    [projectId],
  );
}

/** Admits commands that belong to no project: all of them, or one. */
function admitWithoutProject(tx: Transaction, executionId?: string): Promise<QueueEntry[]> {
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

/** Queued executions that wait for a task which has not been completed and will not be by itself. */
export function waitingForTask(tx: Transaction, taskId: string): Promise<{ id: string }[]> {
  return tx.query<{ id: string }>(
    `SELECT e.id FROM task_dependencies d JOIN executions e ON e.task_id = d.task_id
      WHERE d.depends_on_task_id = $1 AND e.status = 'queued' ORDER BY e.id`,
    [taskId],
  );
}
