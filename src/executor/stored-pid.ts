import type { ClaimedExecution } from '../executions/transitions/transitions.queries.js';
import type { Queryable } from '../infra/database.js';

/** Stores the pid of a run for operators. The run does not depend on it, so errors are ignored. */
export async function storePid(
  db: Queryable,
  { id, generation }: Pick<ClaimedExecution, 'id' | 'generation'>,
  pid: number,
): Promise<void> {
  await db
    .query("UPDATE executions SET pid = $3 WHERE id = $1 AND generation = $2 AND status = 'running'", [
      id,
      generation,
      pid,
    ])
    .catch(() => undefined);
}
