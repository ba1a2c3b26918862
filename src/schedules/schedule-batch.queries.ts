import { keepChosen } from '../infra/chosen-rows.js';
import type { Queryable } from '../infra/database.js';
import type { Plan } from './schedule-plan.js';

/** What becomes of the next time of one of many schedules. */
export interface BatchedDecision extends Plan {
  /** That of the run, or of a time that is skipped any. */
  id: string;
  schedule_id: string;
  /** The version that the schedule must still have. */
  version: number;
  scheduled_for: Date;
  status: 'fired' | 'skipped';
  reason: string | null;
  /** What the run belongs to; null for a time that is skipped. */
  project_id: string | null;
  task_id: string | null;
  /** The version that the task must still have; null for a new task. */
  task_version: number | null;
}

const record = `id uuid, schedule_id uuid, version integer, scheduled_for timestamptz, status text, reason text, next_at timestamptz, due_at timestamptz,
  planned_zone text, project_id uuid, task_id uuid, task_version integer`;

// the rows to lock are looked up one by one, so that no plan of a time when the tables were small goes through them
const deciding = `
  WITH n AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1) AS n (${record})
  ), projects_kept AS MATERIALIZED (
    SELECT p.id FROM projects p
     WHERE p.id IN (SELECT n.project_id FROM n) AND p.deleted_at IS NULL AND p.status <> 'archived'
       FOR KEY SHARE SKIP LOCKED
  ), tasks_kept AS MATERIALIZED (
    SELECT k.id FROM n CROSS JOIN LATERAL (
      SELECT t.id FROM tasks t
       WHERE t.id = n.task_id AND t.version = n.task_version AND t.deleted_at IS NULL AND t.claim_id IS NULL
         FOR NO KEY UPDATE SKIP LOCKED) AS k
  ), decided AS MATERIALIZED (
    SELECT n.* FROM n CROSS JOIN LATERAL (
      SELECT 1 FROM schedules s
       WHERE s.id = n.schedule_id AND s.next_at = n.scheduled_for AND s.version = n.version AND s.enabled AND s.deleted_at IS NULL
         FOR NO KEY UPDATE SKIP LOCKED) AS k
     WHERE n.status = 'skipped' OR n.project_id IN (SELECT id FROM projects_kept)
           AND (n.task_version IS NULL OR n.task_id IN (SELECT id FROM tasks_kept))
  ), planned AS (
    UPDATE schedules s SET next_at = d.next_at, due_at = d.due_at, planned_zone = d.planned_zone, claimed_until = NULL
      FROM decided d WHERE s.id = d.schedule_id
  ), stored AS (
    INSERT INTO schedule_occurrences (schedule_id, scheduled_for, status, reason, execution_id, task_id)
    SELECT d.schedule_id, d.scheduled_for, d.status, d.reason, CASE WHEN d.status = 'fired' THEN d.id END, d.task_id FROM decided d
        ON CONFLICT DO NOTHING RETURNING schedule_id
  ), chosen AS (
    SELECT coalesce(array_agg(d.id), '{}') AS ids FROM decided d WHERE d.schedule_id IN (SELECT schedule_id FROM stored)
  )
  SELECT ids, ${keepChosen('ids')} FROM chosen`;

/**
 * Stores what becomes of the next times of many schedules, and plans those after them. It passes over, and waits for nobody, what was changed
 * since it was read or is locked: a schedule, its task, or its project. The statements behind it in the same packet write what belongs
 * to the others; see `chosen-rows.ts`.
 * @returns the ids of what is decided so
 */
export async function decideMany(db: Queryable, decisions: readonly BatchedDecision[]): Promise<string[]> {
  const [row] = await db.query<{ ids: string[] }>(deciding, [JSON.stringify(decisions)]);
  return row!.ids;
}
