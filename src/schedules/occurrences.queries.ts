import type { InputDeclaration } from '../executions/inputs/input-declarations.js';
import { uniqueViolation, type Queryable, type Transaction } from '../infra/database.js';
import type { Plan } from './schedule-plan.js';
import type { ScheduleOccurrence } from './schedule-occurrence.entity.js';
import type { Schedule } from './schedule.entity.js';
import { upSince } from './scheduler-presence.js';
import { projectZone } from './schedules.queries.js';

/** The name of the primary key. */
const occurrenceKey = 'schedule_occurrences_pkey';

/** For how long a process has a schedule that is due; after that any other may fire it. The row of the occurrence decides all the same. */
const claimSeconds = 15;

/** A schedule with what decides whether it can fire. */
export interface FiringSchedule extends Schedule {
  project_zone: string | null;
  /** The run that it has started and that has not ended. */
  active_execution_id: string | null;
  /** Whether an earlier time of it waits for a run to end. */
  is_waiting: boolean;
  /** Failed runs in a row, at most as many as switch it off; 0 when none do. */
  failures: number;
  /** The project and the inputs of its task; null when it has no task, or none that is there. */
  task_project_id: string | null;
  task_inputs: InputDeclaration[] | null;
  /** Since when there was always a process that fires schedules, in ms since 1970; null when that is not known. */
  up_since: number | null;
  [column: string]: unknown;
}

const firingColumns = `s.*, ${projectZone}, t.project_id AS task_project_id, t.inputs AS task_inputs,
  (SELECT e.id FROM executions e WHERE e.origin_id = s.id AND e.status IN ('queued', 'running') LIMIT 1) AS active_execution_id,
  EXISTS (SELECT 1 FROM schedule_occurrences w WHERE w.schedule_id = s.id AND w.status = 'waiting') AS is_waiting,
  CASE WHEN s.disable_after_failures IS NULL THEN 0
       ELSE failures_in_a_row(s.id, s.counted_from, s.disable_after_failures) END AS failures`;

const firingTables = `JOIN projects p ON p.id = s.project_id LEFT JOIN tasks t ON t.id = s.task_id AND t.deleted_at IS NULL`;

const isFree = '(s.claimed_until IS NULL OR s.claimed_until <= now())';

/** The schedules that have been due for longest. */
const oldest = `SELECT s.id, s.due_at FROM schedules s WHERE s.due_at <= $1 AND ${isFree}
                 ORDER BY s.due_at LIMIT $2 FOR UPDATE SKIP LOCKED`;

/** How many accounts have a turn in one claim, and how many schedules of each. */
const mostAccounts = 200;
const share = 4;

/**
 * Those of each account in turn, from the account after a place on, and then the oldest. Accounts are looked up one after the other, so that
 * it does not matter how much of one waits.
 */
const inTurns = `
  accounts (account_id, n) AS (
    (SELECT s.account_id, 1 FROM schedules s WHERE s.due_at IS NOT NULL AND s.account_id > $4 ORDER BY s.account_id LIMIT 1)
    UNION ALL
    SELECT (SELECT s.account_id FROM schedules s WHERE s.due_at IS NOT NULL AND s.account_id > a.account_id ORDER BY s.account_id LIMIT 1),
           a.n + 1
      FROM accounts a WHERE a.account_id IS NOT NULL AND a.n < ${mostAccounts}
  ), firsts AS MATERIALIZED (
    SELECT f.* FROM accounts a CROSS JOIN LATERAL (
      SELECT l.*, row_number() OVER (ORDER BY l.due_at) AS turn FROM (
        SELECT s.id, s.due_at FROM schedules s WHERE s.account_id = a.account_id AND s.due_at <= $1 AND ${isFree}
         ORDER BY s.due_at LIMIT ${share} FOR UPDATE SKIP LOCKED) AS l) AS f
  ), others AS MATERIALIZED (${oldest}),
  chosen AS MATERIALIZED (
    SELECT c.id, min(c.turn) AS turn
      FROM (SELECT * FROM firsts UNION ALL SELECT o.*, ${share} + 1 FROM others o) AS c
     GROUP BY c.id, c.due_at ORDER BY 2, c.due_at LIMIT $2
  )`;

const inOrder = `chosen AS MATERIALIZED (SELECT o.id, 1 AS turn FROM (${oldest}) AS o)`;

/**
 * Takes schedules that are due, for a short time. Those that another process takes at the moment are passed over, so that nobody waits.
 * @param now by the clock of the schedules
 * @param after absent to take those that have been due for longest; else the account behind which the turns begin, those of each account in
 * the order of their turns
 */
export async function claimDue(
  db: Queryable,
  now: number,
  most: number,
  after?: string,
): Promise<FiringSchedule[]> {
  return db.query<FiringSchedule>(
    `WITH RECURSIVE ${after === undefined ? inOrder : inTurns}, taken AS (
       UPDATE schedules SET claimed_until = now() + interval '${claimSeconds} seconds' WHERE id = ANY (ARRAY(SELECT id FROM chosen))
       RETURNING *)
     SELECT ${firingColumns}, (SELECT ${upSince('$3::float8')} FROM system_settings WHERE name = 'schedulers') AS up_since,
            ${after === undefined ? 'NULL' : `(SELECT a.account_id FROM accounts a WHERE a.n = ${mostAccounts})`} AS next_place
       FROM taken s JOIN chosen c ON c.id = s.id ${firingTables} ORDER BY c.turn, s.due_at`,
    [new Date(now), most, now, ...(after === undefined ? [] : [after])],
  );
}

/** Loads a schedule that is not deleted, to start a run of it whatever its next time is. */
export async function findFiring(db: Queryable, id: string): Promise<FiringSchedule | undefined> {
  const [schedule] = await db.query<FiringSchedule>(
    `SELECT ${firingColumns}, NULL AS up_since FROM schedules s ${firingTables} WHERE s.id = $1 AND s.deleted_at IS NULL`,
    [id],
  );
  return schedule;
}

/** When the first schedule is due; undefined when none is planned. */
export async function firstDue(db: Queryable): Promise<Date | undefined> {
  const [row] = await db.query<{ due_at: Date }>(
    'SELECT due_at FROM schedules WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1',
  );
  return row?.due_at;
}

/** The reason of a time that no process was there to see. */
export const downtime = 'DOWNTIME';

/** What becomes of an occurrence. */
export type Decision = Pick<ScheduleOccurrence, 'scheduled_for' | 'status' | 'reason'> &
  Partial<Pick<ScheduleOccurrence, 'execution_id' | 'task_id'>>;

/**
 * Stores what becomes of the next occurrence of a schedule, and plans the one after it. When the schedule was changed or another process has
 * been faster, the statement fails, and with it the transaction: see `isDecided`. It also fails for a time that was decided before, which
 * comes again when the clock of the host is put back: see `wasDecided`.
 * @param decisions the next occurrence, or all those of a downtime, of which those that were decided before stay as they are
 */
export async function decideNext(
  tx: Transaction,
  { id, next_at }: Pick<Schedule, 'id' | 'next_at'>,
  plan: Plan,
  decisions: readonly Decision[],
): Promise<void> {
  await tx.query(
    `WITH planned AS (
       UPDATE schedules SET next_at = $3, due_at = $4, planned_zone = $5, claimed_until = NULL
        WHERE id = $1 AND next_at = $2 AND enabled AND deleted_at IS NULL RETURNING id)
     INSERT INTO schedule_occurrences (schedule_id, scheduled_for, status, reason, execution_id, task_id)
     SELECT (SELECT id FROM planned), d.* FROM unnest($6::timestamptz[], $7::text[], $8::text[], $9::uuid[], $10::uuid[]) AS d
     ${decisions.length > 1 ? 'ON CONFLICT DO NOTHING' : ''}`,
    [
      id,
      next_at,
      plan.next_at,
      plan.due_at,
      plan.planned_zone,
      decisions.map(({ scheduled_for }) => scheduled_for),
      decisions.map(({ status }) => status),
      decisions.map(({ reason }) => reason),
      decisions.map(({ execution_id = null }) => execution_id),
      decisions.map(({ task_id = null }) => task_id),
    ],
  );
}

/** Plans the next occurrence of a schedule anew, unless it was changed meanwhile. */
export async function replan(db: Queryable, { id, next_at }: Schedule, plan: Plan): Promise<void> {
  await db.query(
    `UPDATE schedules SET next_at = $3, due_at = $4, planned_zone = $5, claimed_until = NULL
      WHERE id = $1 AND next_at IS NOT DISTINCT FROM $2 AND enabled AND deleted_at IS NULL`,
    [id, next_at, plan.next_at, plan.due_at, plan.planned_zone],
  );
}

/** Stores a run that somebody has started. */
export async function insertManual(
  tx: Transaction,
  scheduleId: string,
  {
    scheduled_for,
    execution_id,
    task_id,
  }: Pick<ScheduleOccurrence, 'scheduled_for' | 'execution_id' | 'task_id'>,
): Promise<void> {
  await tx.query(
    `INSERT INTO schedule_occurrences (schedule_id, scheduled_for, status, execution_id, task_id, is_manual)
     VALUES ($1, $2, 'fired', $3, $4, true)`,
    [scheduleId, scheduled_for, execution_id, task_id],
  );
}

/** The time of a schedule that waits and comes first. */
export async function firstWaiting(
  db: Queryable,
  scheduleId: string,
): Promise<Pick<ScheduleOccurrence, 'scheduled_for' | 'reason'> | undefined> {
  const [row] = await db.query<{ scheduled_for: Date; reason: string | null }>(
    `SELECT scheduled_for, reason FROM schedule_occurrences WHERE schedule_id = $1 AND status = 'waiting' ORDER BY scheduled_for LIMIT 1`,
    [scheduleId],
  );
  return row;
}

/** Stores what becomes of a time that waits. When another process has been faster, the statement fails: see `isDecided`. */
export async function decideWaiting(tx: Transaction, scheduleId: string, decision: Decision): Promise<void> {
  const { scheduled_for, status, reason, execution_id = null, task_id = null } = decision;
  await tx.query(
    `WITH decided AS (
       UPDATE schedule_occurrences SET status = $3, reason = $4, execution_id = $5, task_id = $6, decided_at = now()
        WHERE schedule_id = $1 AND scheduled_for = $2 AND status = 'waiting' RETURNING 1)
     SELECT 1 / count(*) FROM decided`,
    [scheduleId, scheduled_for, status, reason, execution_id, task_id],
  );
}

/** Gives up all times of a schedule that wait. */
export async function skipWaiting(db: Queryable, scheduleId: string, reason: string): Promise<void> {
  await db.query(
    `UPDATE schedule_occurrences SET status = 'skipped', reason = $2, decided_at = now() WHERE schedule_id = $1 AND status = 'waiting'`,
    [scheduleId, reason],
  );
}

/** Some schedules of which a time waits, after a place in the order of their ids. */
export async function schedulesWaiting(db: Queryable, after: string, most: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `WITH RECURSIVE w (id) AS (
       (SELECT schedule_id FROM schedule_occurrences WHERE status = 'waiting' AND schedule_id > $1 ORDER BY schedule_id LIMIT 1)
       UNION ALL
       SELECT (SELECT o.schedule_id FROM schedule_occurrences o WHERE o.status = 'waiting' AND o.schedule_id > w.id
                ORDER BY o.schedule_id LIMIT 1) FROM w WHERE w.id IS NOT NULL)
     SELECT id FROM w WHERE id IS NOT NULL LIMIT $2`,
    [after, most],
  );
  return rows.map(({ id }) => id);
}

/** The schedules of which a time waits for one of these runs to end. */
export async function schedulesWaitingFor(
  db: Queryable,
  ended: readonly { execution_id: string; task_id: string | null }[],
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT s.id FROM schedules s
      WHERE s.id IN (SELECT s.id FROM schedules s WHERE s.task_id = ANY ($1)
                     UNION ALL SELECT e.origin_id FROM executions e WHERE e.id = ANY ($2) AND e.origin_id IS NOT NULL)
        AND EXISTS (SELECT 1 FROM schedule_occurrences o WHERE o.schedule_id = s.id AND o.status = 'waiting')`,
    [ended.flatMap(({ task_id }) => task_id ?? []), ended.map(({ execution_id }) => execution_id)],
  );
  return rows.map(({ id }) => id);
}

const decidedCodes = {
  // the schedule was not planned for the occurrence any more
  notNull: '23502',
  // the occurrence did not wait any more
  divisionByZero: '22012',
};

/** Whether a transaction has failed since another one has decided the occurrence. */
export function isDecided(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && Object.values(decidedCodes).includes(String(error.code))
  );
}

/** Whether a transaction has failed since there is a row for the time already. */
export function wasDecided(error: unknown): boolean {
  return uniqueViolation(error) === occurrenceKey;
}
