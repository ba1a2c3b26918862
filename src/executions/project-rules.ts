import { formatBytes, parseBytes } from '../common/bytes.js';
import type { Config } from '../common/config.js';
import { AppError } from '../common/errors.js';
import { effectiveLimits, type ProcessLimits, type RunLimits } from '../common/run-limits.js';
import type { Queryable, Transaction } from '../infra/database.js';
import type { Project } from '../projects/project.entity.js';
import type { Execution } from './execution.entity.js';

/** Adds the stored output of a finished execution to the counter of its project, or of its requester when it has no project. */
export async function addStoredBytes(
  tx: Transaction,
  { project_id, requested_by }: Pick<Execution, 'project_id' | 'requested_by'>,
  bytes: number,
): Promise<void> {
  if (bytes === 0) return;
  if (project_id === null)
    await tx.query(addUserStoredBytes('SELECT $1::uuid, $2::bigint'), [requested_by, bytes]);
  else
    await tx.query('UPDATE projects SET stored_bytes = stored_bytes + $2 WHERE id = $1', [project_id, bytes]);
}

/**
 * Builds the statement that adds stored output of commands without a project to the counter of their user.
 * @param rows a query for the user's id and the bytes
 */
export const addUserStoredBytes = (rows: string) =>
  `INSERT INTO user_usage AS u (user_id, stored_bytes) ${rows}
       ON CONFLICT (user_id) DO UPDATE SET stored_bytes = greatest(0, u.stored_bytes + excluded.stored_bytes)`;

/**
 * Decides how long a run may take, in seconds.
 * @param requested the timeout of the request or the task, if there is one
 * @throws VALIDATION_ERROR when it exceeds the server's maximum
 */
export function allowedTimeout(
  requested: number | null | undefined,
  { COMMAND_TIMEOUT_SECONDS: usual, COMMAND_TIMEOUT_MAX_SECONDS: most }: Config,
): number {
  if (requested === null || requested === undefined) return Math.min(usual, most);
  if (requested <= most) return requested;
  throw new AppError('VALIDATION_ERROR', {
    field: 'timeout',
    issue: `A command may take ${most} seconds here at most`,
    limit: most,
  });
}

/** The limits of a run, fixed when it is requested. */
export interface RunRules {
  limits: RunLimits;
  network: boolean;
}

/**
 * Resolves the limits and the network of a run from its request, its project and the installation.
 * @param project null for a command without a project
 * @param requested the limits of the request or the task
 * @param most the installation's limits, which apply where the project sets none
 * @throws PROJECT_LIMIT_EXCEEDED when the stored output of the project has reached its limit
 */
export function runRules(
  project: Pick<Project, 'id' | 'stored_bytes' | 'resource_limits' | 'settings'> | null,
  requested: RunLimits,
  most: ProcessLimits,
): RunRules {
  if (project === null) return { limits: effectiveLimits(requested, {}, most), network: true };
  const { storage_limit, ...limits } = project.resource_limits;
  if (Number(project.stored_bytes) >= (parseBytes(storage_limit) ?? Infinity)) {
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: project.id,
      limit: 'storage_limit',
      value: storage_limit,
      stored_bytes: Number(project.stored_bytes),
    });
  }
  return { limits: effectiveLimits(requested, limits, most), network: project.settings.network !== false };
}

/**
 * Refuses a command without a project when the output of such commands of its user has reached the storage limit.
 * @param most bytes of output that all of them may store
 * @throws RESOURCE_LIMIT_EXCEEDED
 */
export async function refuseFullStorage(db: Queryable, userId: string, most: number): Promise<void> {
  const [usage] = await db.query<{ stored_bytes: string }>(
    'SELECT stored_bytes FROM user_usage WHERE user_id = $1',
    [userId],
  );
  const stored = Number(usage?.stored_bytes ?? 0);
  if (stored < most) return;
  throw new AppError(
    'RESOURCE_LIMIT_EXCEEDED',
    { limit: 'user_storage', value: formatBytes(most), stored_bytes: stored },
    { message: 'The output of your own commands has reached its limit; run them in a project' },
  );
}
