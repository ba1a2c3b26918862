import { AppError } from '../../common/errors.js';
import { nilId } from '../../common/ids.js';
import { isNoData, type Queryable, type Transaction } from '../../infra/database.js';
import type { QueuedJob, QueueEntry } from '../../infra/execution-queue.js';

/** An SQL condition, true during announced maintenance; the subquery makes Postgres evaluate it once per statement. */
const inMaintenance = '(SELECT in_maintenance())';
const queuePaused = 'queue_paused(e.queue)';
const waitsForDependencies = 'waits_for_tasks(e.task_id)';
const waitsForGroup = 'e.waits_for_group';
const inBackoff = 'coalesce(e.not_before > now(), false)';

/** An SQL condition, true when the execution `e` may not start even if it was admitted: its queue is paused, or there is maintenance. */
export const isSuspended = `(${queuePaused} OR ${inMaintenance})`;

/** An SQL condition, true when the execution `e` is marked as blocked and is not. */
const isFree = `e.blocked AND e.status = 'queued' AND NOT ${inBackoff} AND NOT ${waitsForDependencies}`;

/** An SQL expression for the reason why the execution `e` has not started yet; null once it has. */
export const whyWaiting = `CASE
  WHEN e.status <> 'queued' THEN NULL
  WHEN e.admitted_at IS NOT NULL THEN waits_for_worker(e.runs_on)
  WHEN ${inMaintenance} THEN 'maintenance'
  WHEN ${queuePaused} THEN 'queue_paused'
  WHEN ${inBackoff} THEN 'retry_backoff'
  WHEN ${waitsForDependencies} THEN 'dependencies'
  WHEN ${waitsForGroup} THEN 'concurrency_group'
  WHEN project_room(e.project_id) = 0 THEN 'project_limit'
  ELSE 'user_limit' END`;

export const waitingReasons = [
  'worker_busy',
  'no_matching_worker',
  'maintenance',
  'queue_paused',
  'retry_backoff',
  'dependencies',
  'concurrency_group',
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

/** Whose room a waiting execution waits for: its project's, or for a command without one its user's. */
export const ownerOf = (execution: { project_id: string | null; requested_by: string }): string =>
  execution.project_id ?? execution.requested_by;

/** The reason to look whether something may be admitted. */
export interface AdmissionCause {
  /** The project, or the user of commands without one, that may have room or somebody new in line. */
  owner: string;
  /** Users whose runs have ended, so that their slots may be used elsewhere. */
  freedBy?: readonly string[];
  /** Tasks that were completed, so that what depends on them may not wait for them any more. */
  endedTasks?: readonly string[];
  /** Concurrency groups in which a place has become free or somebody is new in line. */
  groups?: readonly string[];
}

export interface Admission {
  /** What was admitted, in order. */
  entries: QueueEntry[];
  /** Other owners for which something may be admitted now. */
  elsewhere: string[];
  /** True when another admission was at work and nothing was looked at. */
  busy: boolean;
}

/**
 * Admits the waiting executions that nothing blocks, as far as the limits of their project and their users allow: by priority, users in
 * turn, the oldest first. It is the SQL function `admit_next`, defined in the migration ConcurrencyGroups, and must be the only
 * statement of its transaction: it holds locks for which other admissions wait, and sees only what was committed before.
 * @param waits whether to wait for another admission of the same owner or user; when false, the result may be `busy`
 */
export async function admit(
  db: Queryable,
  { owner, freedBy = [], endedTasks = [] }: AdmissionCause,
  slots: UserSlots,
  waits: boolean,
): Promise<Admission> {
  const rows = await db.query<
    QueueEntry & { elsewhere: string | null; busy: boolean } & Record<string, unknown>
  >('SELECT * FROM admit_next($1, $2, $3, $4, $5, $6)', [
    owner,
    freedBy,
    endedTasks,
    ...slotValues(slots),
    waits,
  ]);
  return {
    entries: rows.filter(({ id }) => id !== null),
    elsewhere: rows.flatMap(({ elsewhere }) => elsewhere ?? []),
    busy: rows.some(({ busy }) => busy),
  };
}

/**
 * Lets the first ones that wait in concurrency groups into the lines of their projects, as many as a group has free places. It must be a
 * statement of its own, like `admit`.
 * @returns the projects whose lines have somebody new
 */
export async function nextInGroups(
  db: Queryable,
  groups: readonly string[],
  slots: UserSlots,
): Promise<string[]> {
  const rows = await db.query<{ project: string }>(
    'SELECT DISTINCT project FROM next_in_groups($1, $2, $3) AS project',
    [groups, ...slotValues(slots)],
  );
  return rows.map(({ project }) => project);
}

/** The most concurrency groups that are looked at in one statement. */
const groupsAtOnce = 200;

/**
 * Lists a batch of the groups in which something waits, in case a process died before it let the next one in.
 * @param after the last group of the batch before; empty at first
 * @returns also the group to go on after, empty at the end
 */
export async function groupsInLine(
  db: Queryable,
  after: string,
): Promise<{ groups: string[]; last: string }> {
  const rows = await db.query<{ name: string }>('SELECT name FROM groups_in_line($1, $2) AS name', [
    after,
    groupsAtOnce,
  ]);
  const groups = rows.map(({ name }) => name);
  return { groups, last: groups.length === groupsAtOnce ? groups.at(-1)! : '' };
}

/**
 * Keeps a project from being deleted until the end of the transaction, and fails when it is, which fails the statements behind it in the
 * same packet too.
 * @throws PROJECT_NOT_FOUND
 */
export async function keepProject(tx: Transaction, projectId: string): Promise<void> {
  await tx.query('SELECT lock_living_project($1)', [projectId]).catch((error: unknown) => {
    throw isNoData(error) ? new AppError('PROJECT_NOT_FOUND', { project_id: projectId }) : error;
  });
}

/** Finds the owners that have waiting executions and room for them. */
export async function ownersWithRoom(db: Queryable, slots: UserSlots): Promise<string[]> {
  const rows = await db.query<{ owner: string }>(
    'SELECT owner FROM owners_with_room($1, $2) AS owner',
    slotValues(slots),
  );
  return rows.map(({ owner }) => owner);
}

/**
 * Unmarks a blocked execution if it waits neither for a task nor for a backoff any more; whether its group has a place for it is found at
 * its admission.
 * @returns its owner if it was unmarked
 */
export async function unblock(db: Queryable, executionId: string): Promise<string | undefined> {
  const [row] = await db.query<{ owner: string }>(
    `UPDATE executions e SET blocked = false, waits_for_group = false WHERE e.id = $1 AND ${isFree}
      RETURNING coalesce(e.project_id, e.requested_by) AS owner`,
    [executionId],
  );
  return row?.owner;
}

/** The most blocked executions that are looked at in one statement. */
const blockedAtOnce = 200;

/** Ends the backoffs that are over; what waits for a task as well stays marked for that alone. */
export async function endBackoffs(db: Queryable): Promise<void> {
  await db.query(
    `UPDATE executions e SET not_before = NULL, blocked = ${waitsForDependencies}, waits_for_group = false WHERE e.id IN (
       SELECT d.id FROM executions d WHERE d.blocked AND d.not_before <= now() ORDER BY d.not_before, d.id LIMIT ${blockedAtOnce}
          FOR UPDATE SKIP LOCKED)`,
  );
}

/**
 * Looks at a batch of executions that wait for tasks, in case a process died after its commit and before it told them. Unmarks those that
 * wait for no task any more.
 * @param after the `last` of the batch before; the nil id at first
 * @returns the id to go on after, the nil id at the end, and the executions of the batch that wait in vain
 */
export async function unblockForgotten(
  db: Queryable,
  after: string,
): Promise<{ last: string; inVain: string[] }> {
  // in the order of the index, which the null belongs to; most of the time there is none, and then no table of tasks is touched
  const batch = await db.query<{ id: string }>(
    `SELECT e.id FROM executions e WHERE e.blocked AND e.not_before IS NULL AND e.id > $1
      ORDER BY e.not_before, e.id LIMIT ${blockedAtOnce}`,
    [after],
  );
  const last = batch.length === blockedAtOnce ? batch.at(-1)!.id : nilId;
  if (batch.length === 0) return { last, inVain: [] };
  const rows = await db.query<{ id: string }>(
    `WITH freed AS (UPDATE executions e SET blocked = false, waits_for_group = false WHERE ${isFree} AND e.id = ANY($1))
     SELECT e.id FROM executions e WHERE e.id = ANY($1) AND e.status = 'queued' AND ${waitsInVain}`,
    [batch.map(({ id }) => id)],
  );
  return { last, inVain: rows.map(({ id }) => id) };
}

/** Settles whether tasks wait, of those that depend on tasks which have changed; claims leave out what waits. */
export async function settleDependents(db: Queryable, taskIds: readonly string[]): Promise<void> {
  await db.query('SELECT settle_dependents($1)', [taskIds]);
}

/** The most tasks that are looked at in one statement. */
const waitingAtOnce = 500;

/**
 * Settles a batch of the tasks that are stored as waiting for others, in case a process died after the commit that ended the wait, or more
 * depended on one task than are settled at once.
 * @param after the `last` of the batch before; the nil id at first
 * @returns the id to go on after, the nil id at the end, and whether some did not wait any more
 */
export async function settleWaitingTasks(
  db: Queryable,
  after: string,
): Promise<{ last: string; settled: boolean }> {
  const batch = await db.query<{ id: string }>(
    `SELECT id FROM tasks WHERE is_waiting AND id > $1 ORDER BY id LIMIT ${waitingAtOnce}`,
    [after],
  );
  const last = batch.length === waitingAtOnce ? batch.at(-1)!.id : nilId;
  if (batch.length === 0) return { last, settled: false };
  const [row] = await db.query<{ n: number }>('SELECT settle_waiting($1) AS n', [batch.map(({ id }) => id)]);
  return { last, settled: row!.n > 0 };
}

/** Revokes the admission of executions that were admitted while their queue was being paused or maintenance began. */
export function revokeSuspended(db: Queryable): Promise<QueuedJob[]> {
  return db.query<QueuedJob & Record<string, unknown>>(
    `UPDATE executions e SET admitted_at = NULL
      WHERE e.id IN (
        SELECT e.id FROM executions e
         WHERE e.status = 'queued' AND e.admitted_at IS NOT NULL AND ${isSuspended}
         FOR UPDATE OF e SKIP LOCKED)
      RETURNING e.id, e.runs_on`,
  );
}

/** An SQL condition, true when the execution `e` waits for a task that has failed or was cancelled, so that it can never start. */
const waitsInVain = `EXISTS (
  SELECT 1 FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id
   WHERE d.task_id = e.task_id AND o.status IN ('failed', 'cancelled') AND o.deleted_at IS NULL
     AND NOT o.is_archived)`;

/** Whether a queued execution waits for a task that has failed or was cancelled. */
export async function isInVain(db: Queryable, executionId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM executions e WHERE e.id = $1 AND e.status = 'queued' AND ${waitsInVain}`,
    [executionId],
  );
  return rows.length > 0;
}

/** The most dependents of a task whose executions are listed in one statement. */
const dependentsAtOnce = 100;

/**
 * Lists a batch of the queued executions that wait for a task, in the order of their tasks.
 * @param after the `last` of the batch before; the nil id at first
 * @returns also the dependent to go on after, the nil id at the end
 */
export async function waitingForTask(
  db: Queryable,
  taskId: string,
  after: string,
): Promise<{ ids: string[]; last: string }> {
  const rows = await db.query<{ id: string; task_id: string }>(
    // OFFSET keeps the planner from beginning with all queued executions
    `SELECT e.id, d.task_id FROM task_dependencies d CROSS JOIN LATERAL (
       SELECT e.id FROM tasks t JOIN executions e ON e.id = t.execution_id WHERE t.id = d.task_id AND e.status = 'queued' OFFSET 0) AS e
      WHERE d.depends_on_task_id = $1 AND d.task_id > $2 ORDER BY d.task_id LIMIT ${dependentsAtOnce}`,
    [taskId, after],
  );
  const last = rows.length === dependentsAtOnce ? rows.at(-1)!.task_id : nilId;
  return { ids: rows.map(({ id }) => id), last };
}
