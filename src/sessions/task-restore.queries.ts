import type { Transaction } from '../infra/database.js';

/** A session, and the point in time to which it is restored. */
export interface RestorePoint {
  sessionId: string;
  userId: string;
  /** The project whose tasks are restored; null for those of all projects. */
  projectId: string | null;
  at: Date;
  /** True for the moment of creation: then all changes are reverted, including those within the same millisecond. */
  first: boolean;
}

/** Builds the condition that the activity entry `a` is later than the restore point. */
export const since = (at: string, first: string) => `(a.at > ${at}::timestamptz OR ${first}::boolean)`;

export interface ChangedTask {
  id: string;
  project_id: string;
  ref: string;
  status: string;
  is_draft: boolean;
  created_by: string;
  deleted: boolean;
}

/** Loads the tasks that the session has changed after the restore point, and locks them in the order of their ids. */
export function changedTasks(tx: Transaction, point: RestorePoint, limit: number): Promise<ChangedTask[]> {
  return tx.query<ChangedTask & Record<string, unknown>>(
    `SELECT t.id, t.project_id, task_ref(p.key, t.number, p.ref_digits) AS ref, t.status, t.is_draft, t.created_by,
            t.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL AS deleted
       FROM tasks t JOIN projects p ON p.id = t.project_id
      WHERE t.id IN (
              SELECT a.entity_id FROM activity a
               WHERE a.session_id = $1 AND a.actor_id = $2 AND a.entity_type = 'task' AND a.old_value IS NOT NULL
                 AND ${since('$3', '$4')})
        AND ($5::uuid IS NULL OR t.project_id = $5)
      ORDER BY t.id LIMIT $6 FOR UPDATE OF t`,
    [point.sessionId, point.userId, point.at, point.first, point.projectId, limit],
  );
}

/** A field as it was before the session first changed it. A null progress was not recorded and is derived by `earlierState`. */
export interface FirstValue {
  field: string;
  value: unknown;
  sequence: string;
}

/** What belongs to a task beside its fields, by the beginnings of the actions that change it. */
const besideTheTask = Object.entries({
  comment: 'comments',
  checklist_item_: 'checklist',
  plan_: 'plans',
  attachment_: 'attachments',
  moved: 'project_id',
})
  .map(([beginning, field]) => `('${beginning}', '${field}')`)
  .join(', ');

export function firstValues(tx: Transaction, point: RestorePoint, taskId: string): Promise<FirstValue[]> {
  return tx.query<FirstValue & Record<string, unknown>>(
    `SELECT DISTINCT ON (f.field) f.field, f.value, a.sequence
       FROM activity a CROSS JOIN LATERAL jsonb_each(
              CASE WHEN a.action = 'status_changed' THEN jsonb_build_object('status', a.old_value) || CASE
                     -- both set the progress without recording it: a completion by hand, and an execution
                     WHEN a.new_value IN ('"completed"', '"queued"') THEN '{"progress_percentage": null}' ELSE '{}'::jsonb END
                   WHEN a.action = 'workflow_status_changed' THEN jsonb_build_object('planned', a.old_value = '"planned"')
                   -- what else was done to a task stays, and is named: its entries have fields of their own, such as the title of a plan
                   WHEN a.action <> 'updated' THEN coalesce((
                     SELECT jsonb_build_object(k.field, NULL) FROM (VALUES ${besideTheTask}) AS k (beginning, field)
                      WHERE starts_with(a.action, k.beginning)), '{}')
                   WHEN jsonb_typeof(a.old_value) <> 'object' THEN '{}'
                   -- the previous dependencies of a task are not recorded
                   WHEN a.new_value ? 'dependencies' THEN '{"dependencies": null}' || a.old_value
                   ELSE a.old_value END) AS f (field, value)
      WHERE a.entity_id = $5 AND a.entity_type = 'task' AND a.session_id = $1 AND a.actor_id = $2
        AND ${since('$3', '$4')}
      ORDER BY f.field, a.sequence`,
    [point.sessionId, point.userId, point.at, point.first, taskId],
  );
}

export interface EarlierState {
  started_at: Date | null;
  ended_at: Date | null;
  /** The status before its end. */
  ended_from: string | null;
  progress: number | null;
}

/**
 * Derives from the activity a task's last start, its last end with a status, and its progress, all before an entry. A change of the status
 * sets the progress without recording it: to 100 when completed, to 0 when an execution starts.
 */
export async function earlierState(
  tx: Transaction,
  taskId: string,
  sequence: string,
  status: unknown = null,
): Promise<EarlierState> {
  const [row] = await tx.query<EarlierState & Record<string, unknown>>(
    `WITH earlier AS (
       SELECT a.* FROM activity a WHERE a.entity_id = $1 AND a.entity_type = 'task' AND a.sequence < $2
     ), ended AS (
       SELECT at, old_value FROM earlier WHERE action = 'status_changed' AND new_value = $3::jsonb ORDER BY sequence DESC LIMIT 1
     )
     SELECT (SELECT at FROM earlier WHERE action = 'status_changed' AND new_value = '"running"'
              ORDER BY sequence DESC LIMIT 1) AS started_at,
            (SELECT at FROM ended) AS ended_at, (SELECT old_value #>> '{}' FROM ended) AS ended_from,
            (SELECT CASE WHEN action = 'updated' THEN (new_value->>'progress_percentage')::int
                         WHEN new_value = '"completed"' THEN 100 ELSE 0 END
               FROM earlier
              WHERE action = 'created' OR (action = 'updated' AND new_value ? 'progress_percentage')
                 OR (action = 'status_changed' AND (new_value = '"completed"' OR (new_value = '"running"' AND actor_id IS NULL)))
              ORDER BY sequence DESC LIMIT 1) AS progress`,
    [taskId, sequence, JSON.stringify(status)],
  );
  return row!;
}
