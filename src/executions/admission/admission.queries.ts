import { AppError } from '../../common/errors.js';
import { isNoData, type Queryable, type Transaction } from '../../infra/database.js';
import type { QueueEntry } from '../../infra/execution-queue.js';

/** An SQL condition, true during announced maintenance; the subquery makes Postgres evaluate it once per statement. */
const inMaintenance = '(SELECT in_maintenance())';
const queuePaused = 'queue_paused(e.queue)';
const waitsForDependencies = 'waits_for_tasks(e.task_id)';
const inBackoff = 'coalesce(e.not_before > now(), false)';

/** An SQL condition, true when the execution `e` may not start even if it was admitted: its queue is paused, or there is maintenance. */
export const isSuspended = `(${queuePaused} OR ${inMaintenance})`;

/** An SQL expression for the reason why the execution `e` has not started yet; null once it has. */
export const whyWaiting = `CASE
  WHEN e.status <> 'queued' THEN NULL
  WHEN e.admitted_at IS NOT NULL THEN 'worker_busy'
  WHEN ${inMaintenance} THEN 'maintenance'
  WHEN ${queuePaused} THEN 'queue_paused'
  WHEN ${inBackoff} THEN 'retry_backoff'
  WHEN ${waitsForDependencies} THEN 'dependencies'
  WHEN project_room(e.project_id) = 0 THEN 'project_limit'
  ELSE 'user_limit' END`;

export const waitingReasons = [
  'worker_busy',
  'maintenance',
  'queue_paused',
  'retry_backoff',
  'dependencies',
  'project_limit',
  'user_limit',
] as const;

/** The settings that limit how many executions of a user run at once. */
export interface UserSlots {
  /** Applies to users without a `max_running` of their own. */
  MAX_RUNNING_PER_USER?: number | undefined;
  LEASE_SECONDS: number;
}

const slotValues = ({ MAX_RUNNING_PER_USER, LEASE_SECONDS }: UserSlots) => [
  MAX_RUNNING_PER_USER ?? null,
  LEASE_SECONDS,
];

/** Whose waiting executions an admission considers: those of a project, those of a user, or both. */
export interface Scope {
  projectId: string | null;
  /** The user whose commands without a project are considered. */
  userId: string | null;
}

export interface Admission {
  entries: QueueEntry[];
  /** Other projects in which the slot that the user has freed may be used. */
  elsewhere: string[];
}

/**
 * Admits the waiting executions that nothing blocks, as far as the limits of their project and their users allow: by priority, users in
 * turn, the oldest first. The project and the users stay locked until the end of the transaction, which makes the counts of running
 * executions exact. The rules are in the SQL function `admit_waiting`, defined in the migration UserSlots.
 * @param cause `new` when the user has just queued an execution, `freed` when a slot of the user may have become free
 * @throws PROJECT_NOT_FOUND when the project of a new execution has been deleted
 */
export async function admit(
  tx: Transaction,
  { projectId, userId }: Scope,
  slots: UserSlots,
  cause: 'new' | 'freed',
): Promise<Admission> {
  const lock = cause === 'new' ? lockLivingProject : lockProject;
  const locked = projectId === null ? undefined : lock(tx, projectId);
  // in a statement of its own, so that it sees what was committed before the lock was granted
  const admitted = tx.query<QueueEntry & { elsewhere: string | null } & Record<string, unknown>>(
    'SELECT id, queue, boosted, elsewhere FROM admit_waiting($1, $2, $3, $4, $5)',
    [projectId, userId, cause === 'freed', ...slotValues(slots)],
  );
  // when the lock fails, this statement fails after it in the same transaction; only the error of the lock names the cause
  admitted.catch(() => undefined);
  await locked;
  const rows = await admitted;
  return {
    entries: rows.filter(({ elsewhere }) => elsewhere === null),
    elsewhere: rows.flatMap(({ elsewhere }) => elsewhere ?? []),
  };
}

async function lockProject(tx: Transaction, projectId: string): Promise<void> {
  await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
}

/** Locks a project, and fails when it is deleted, which fails the statements behind it in the same packet too. */
async function lockLivingProject(tx: Transaction, projectId: string): Promise<void> {
  await tx.query('SELECT lock_living_project($1)', [projectId]).catch((error: unknown) => {
    throw isNoData(error) ? new AppError('PROJECT_NOT_FOUND', { project_id: projectId }) : error;
  });
}

/** Finds the projects, and the users of commands without a project, that have waiting executions and room for them. */
export async function scopesWithWaiting(db: Queryable, slots: UserSlots): Promise<Scope[]> {
  const rows = await db.query<{ project_id: string | null; user_id: string | null }>(
    'SELECT project_id, user_id FROM scopes_with_waiting($1, $2)',
    slotValues(slots),
  );
  return rows.map((row) => ({ projectId: row.project_id, userId: row.user_id }));
}

/** Revokes the admission of executions that were admitted while their queue was being paused or maintenance began. */
export function revokeSuspended(db: Queryable): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `UPDATE executions e SET admitted_at = NULL
      WHERE e.id IN (
        SELECT e.id FROM executions e
         WHERE e.status = 'queued' AND e.admitted_at IS NOT NULL AND ${isSuspended}
         FOR UPDATE OF e SKIP LOCKED)
      RETURNING e.id`,
  );
}

/** Finds the queued executions that wait for a task. */
export function waitingForTask(tx: Transaction, taskId: string): Promise<{ id: string }[]> {
  return tx.query<{ id: string }>(
    `SELECT e.id FROM task_dependencies d JOIN executions e ON e.task_id = d.task_id
      WHERE d.depends_on_task_id = $1 AND e.status = 'queued' ORDER BY e.id`,
    [taskId],
  );
}
