import { hashOfToken } from '../credentials/token-format.js';
import type { Queryable, Transaction } from '../infra/database.js';

/** Which tasks of a project a claim may take. */
export interface Wanted {
  projectId: string;
  types: string[] | undefined;
  labels: string[] | undefined;
}

/**
 * Locks the most urgent task, of those the oldest, that a user may claim in a project. It is the SQL function of the migration Claims, which
 * reads one entry of an index when nothing is locked by other claims.
 * @returns its id, null when there is none; `is_cut` when it is to be looked again; `passed`, the tasks that were found to wait for others
 */
export async function lockClaimable(
  tx: Transaction,
  userId: string,
  { projectId, types, labels }: Wanted,
): Promise<{ id: string | null; passed: string[]; is_cut: boolean }> {
  const [row] = await tx.query<{ id: string | null; passed: string[]; is_cut: boolean }>(
    'SELECT id, passed, is_cut FROM lock_claimable($1, $2, $3, $4)',
    [projectId, userId, types ?? null, labels ?? null],
  );
  return row!;
}

export interface NewClaim {
  id: string;
  taskId: string;
  userId: string;
  token: string;
  leaseSeconds: number;
}

/** Stores the claim of a locked task that is open, which runs and is assigned to the holder then. @returns when it expires */
export async function insertClaim(
  tx: Transaction,
  { id, taskId, userId, token, leaseSeconds }: NewClaim,
): Promise<Date> {
  const [row] = await tx.query<{ expires_at: Date }>(
    `WITH claim AS (
       INSERT INTO claims (id, task_id, user_id, token_hash, was_assigned, lease_seconds, expires_at)
       SELECT $1, t.id, $3, $4, t.assigned_to IS NOT NULL, $5::int, clock_timestamp() + make_interval(secs => $5::int) FROM tasks t WHERE t.id = $2
       RETURNING expires_at
     ), taken AS (
       UPDATE tasks SET claim_id = $1, status = 'running', assigned_to = $3, started_at = now(), completed_at = NULL,
              actual_duration = NULL, updated_at = now(), version = version + 1 WHERE id = $2
     ) SELECT expires_at FROM claim`,
    [id, taskId, userId, hashOfToken(token), leaseSeconds],
  );
  return row!.expires_at;
}

/** The claim of a holder, whose task is to be locked before it is ended. */
export interface HeldClaim extends Record<string, unknown> {
  task_id: string;
  was_assigned: boolean;
}

const isHeld = 'id = $1 AND user_id = $2 AND token_hash = $3 AND expires_at > clock_timestamp()';

/** Finds the claim of a holder. @returns undefined when it has ended or lapsed, or is another one's */
export async function findHeld(
  tx: Transaction,
  id: string,
  userId: string,
  token: string,
): Promise<HeldClaim | undefined> {
  const [claim] = await tx.query<HeldClaim>(`SELECT task_id, was_assigned FROM claims WHERE ${isHeld}`, [
    id,
    userId,
    hashOfToken(token),
  ]);
  return claim;
}

/** Ends the claim of a holder, whose task is locked. @returns false when it has ended or lapsed meanwhile */
export async function endHeld(tx: Transaction, id: string, userId: string, token: string): Promise<boolean> {
  const rows = await tx.query(
    `WITH gone AS (DELETE FROM claims WHERE ${isHeld} RETURNING task_id)
     UPDATE tasks t SET claim_id = NULL FROM gone WHERE t.id = gone.task_id RETURNING t.id`,
    [id, userId, hashOfToken(token)],
  );
  return rows.length > 0;
}

/** Renews the claim of a holder. @returns when it expires; undefined when it has ended or lapsed, or is another one's */
export async function renewHeld(
  tx: Transaction,
  id: string,
  userId: string,
  token: string,
): Promise<Date | undefined> {
  const [row] = await tx.query<{ expires_at: Date }>(
    `UPDATE claims SET expires_at = clock_timestamp() + make_interval(secs => lease_seconds) WHERE ${isHeld} RETURNING expires_at`,
    [id, userId, hashOfToken(token)],
  );
  return row?.expires_at;
}

/** A claim that has lapsed, and its task, which is locked. */
export interface LapsedClaim extends Record<string, unknown> {
  id: string;
  user_id: string;
  username: string;
  was_assigned: boolean;
  task_id: string;
  project_id: string;
  key: string;
  number: number;
  ref_digits: number;
  title: string;
  assigned_to: string | null;
  progress_percentage: number;
  is_draft: boolean;
  /** Including this time. */
  lapses: number;
  max_claims: number;
  /** The status of the run that is under way; null without one. */
  run_status: 'queued' | 'running' | null;
}

/** A claim that has lapsed, and its place among them. */
export interface Lapsed extends Record<string, unknown> {
  id: string;
  expires_at: Date;
}

/** How many lapsed claims are read at once. */
export const lapsedAtOnce = 100;

/** Lists claims that have lapsed, in the order in which they have. @param after the last one that was read before */
export function lapsedClaims(db: Queryable, after: Lapsed | undefined): Promise<Lapsed[]> {
  return db.query<Lapsed>(
    `SELECT id, expires_at FROM claims
      WHERE expires_at <= clock_timestamp() AND ($1::timestamptz IS NULL OR (expires_at, id) > ($1, $2::uuid))
      ORDER BY expires_at, id LIMIT ${lapsedAtOnce}`,
    [after?.expires_at ?? null, after?.id ?? null],
  );
}

/**
 * Lets the rest of a transaction pass the limit on what the tasks of a project take: a claim can be ended whatever its project has stored.
 * What it stores beyond the limit is a row of the history, and as often as somebody claims.
 */
export async function passLimits(tx: Transaction): Promise<void> {
  await tx.query("SET LOCAL millrace.beyond_limits = 'on'");
}

/** Locks the task of a claim that has lapsed. @returns undefined when the claim has ended meanwhile, or somebody else has locked its task */
export async function lockLapsed(
  tx: Transaction,
  id: string,
  defaultMax: number,
): Promise<LapsedClaim | undefined> {
  const [locked] = await tx.query<{ id: string }>(
    `SELECT t.id FROM claims c JOIN tasks t ON t.id = c.task_id WHERE c.id = $1 FOR NO KEY UPDATE OF t SKIP LOCKED`,
    [id],
  );
  if (!locked) return undefined;
  const [lapsed] = await tx.query<LapsedClaim>(
    `WITH gone AS (DELETE FROM claims WHERE id = $1 AND expires_at <= clock_timestamp() RETURNING *)
     SELECT c.id, c.user_id, u.username, c.was_assigned, c.task_id, t.project_id, p.key, t.number, p.ref_digits, t.title, t.assigned_to,
            t.progress_percentage, t.is_draft, t.claim_lapses + 1 AS lapses,
            coalesce((p.settings->>'max_claims')::int, $2) AS max_claims,
            (SELECT e.status FROM executions e WHERE e.id = t.execution_id AND e.status IN ('queued', 'running')) AS run_status
       FROM gone c JOIN tasks t ON t.id = c.task_id JOIN projects p ON p.id = t.project_id JOIN users u ON u.id = c.user_id`,
    [id, defaultMax],
  );
  return lapsed;
}

/** Opens a task again whose claim has lapsed; a run that is under way decides what becomes of it. */
export async function reopen(
  tx: Transaction,
  { task_id }: LapsedClaim,
  after: { status: string; blocker: string | null; assigned_to: string | null; lapses: number },
): Promise<Date> {
  const [row] = await tx.query<{ updated_at: Date }>(
    `UPDATE tasks SET claim_id = NULL, status = $2, blocker = coalesce($3, blocker), assigned_to = $4, claim_lapses = $5,
            started_at = CASE WHEN $2 = 'running' THEN started_at END, updated_at = now(), version = version + 1
      WHERE id = $1 RETURNING updated_at`,
    [task_id, after.status, after.blocker, after.assigned_to, after.lapses],
  );
  return row!.updated_at;
}
