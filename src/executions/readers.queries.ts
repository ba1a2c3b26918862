import type { Actor } from '../common/permissions.js';
import type { Queryable } from '../infra/database.js';
import { memberOf, visibleTo } from '../projects/projects.queries.js';

/** Somebody who reads an execution. */
export interface Reader {
  actor: Actor;
  execution: { id: string };
}

/**
 * Returns the readers who may read their execution, by the same rule as `ExecutionsService.require`, in one query for all of them.
 */
export async function permittedReaders<R extends Reader>(
  db: Queryable,
  readers: readonly R[],
): Promise<Set<R>> {
  const rows = await db.query<{ place: number }>(
    `SELECT r.place::int AS place
       FROM unnest($1::uuid[], $2::boolean[], $3::uuid[]) WITH ORDINALITY AS r (user_id, is_administrator, execution_id, place)
       JOIN executions e ON e.id = r.execution_id
       LEFT JOIN projects p ON p.id = e.project_id AND p.deleted_at IS NULL
       ${memberOf('r.user_id')}
      WHERE CASE WHEN e.project_id IS NULL THEN r.is_administrator OR e.requested_by = r.user_id
                 ELSE p.id IS NOT NULL AND ${visibleTo('r.user_id', 'r.is_administrator')} END`,
    [
      readers.map(({ actor }) => actor.id),
      readers.map(({ actor }) => actor.role === 'admin'),
      readers.map(({ execution }) => execution.id),
    ],
  );
  return new Set(rows.map(({ place }) => readers[place - 1]!));
}
