import type { Queryable } from '../infra/database.js';
import type { GoneTask } from './import-plan.js';

/**
 * Finds the tasks of sources that a file does not name any more, without archived ones and drafts.
 * @param statuses the statuses that they have
 */
export function notNamed(
  db: Queryable,
  projectId: string,
  sources: string[],
  named: string[],
  statuses: readonly string[],
): Promise<(GoneTask & { is_active: boolean })[]> {
  return db.query<GoneTask & { is_active: boolean } & Record<string, unknown>>(
    `SELECT t.id, task_ref(p.key, t.number, p.ref_digits) AS ref, t.title,
            t.claim_id IS NOT NULL OR EXISTS (SELECT 1 FROM executions e WHERE e.id = t.execution_id AND e.status IN ('queued', 'running')) AS is_active
       FROM tasks t JOIN projects p ON p.id = t.project_id
      WHERE t.project_id = $1 AND t.deleted_at IS NULL AND NOT t.is_archived AND NOT t.is_draft AND t.status = ANY ($4)
        AND t.source = ANY ($2) AND t.external_ref IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unnest($3::text[]) AS n (name) WHERE n.name = t.external_ref)
      ORDER BY t.number`,
    [projectId, sources, named, statuses],
  );
}
