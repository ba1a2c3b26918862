import { formatBytes, parseBytes } from '../common/bytes.js';
import type { Config } from '../common/config.js';
import { AppError } from '../common/errors.js';
import { effectiveLimits, type ProcessLimits, type RunLimits } from '../common/run-limits.js';
import type { Queryable, Transaction } from '../infra/database.js';
import type { Project } from '../projects/project.entity.js';
import type { Execution } from './execution.entity.js';

/** Counts output that a finished execution left in its project, or of its user's own commands. */
export async function countStored(
  tx: Transaction,
  { project_id, requested_by }: Pick<Execution, 'project_id' | 'requested_by'>,
  bytes: number,
): Promise<void> {
  if (bytes === 0) return;
  if (project_id === null) await tx.query(countOfUser('SELECT $1::uuid, $2::bigint'), [requested_by, bytes]);
  else
    await tx.query('UPDATE projects SET stored_bytes = stored_bytes + $2 WHERE id = $1', [project_id, bytes]);
}

/** Adds to what the own commands of a user store. @param rows gives the user's id and the bytes */
export const countOfUser = (rows: string) =>
  `INSERT INTO user_usage AS u (user_id, stored_bytes) ${rows}
       ON CONFLICT (user_id) DO UPDATE SET stored_bytes = greatest(0, u.stored_bytes + excluded.stored_bytes)`;

/**
 * How long a run may take, in seconds.
 * @param asked the timeout that somebody has named
 * @throws VALIDATION_ERROR for more than the server allows
 */
export function allowedTimeout(
  asked: number | null | undefined,
  { COMMAND_TIMEOUT_SECONDS: usual, COMMAND_TIMEOUT_MAX_SECONDS: most }: Config,
): number {
  if (asked === null || asked === undefined) return Math.min(usual, most);
  if (asked <= most) return asked;
  throw new AppError('VALIDATION_ERROR', {
    field: 'timeout',
    issue: `A command may take ${most} seconds here at most`,
    limit: most,
  });
}

/** What a run is held to, settled when it is asked for. */
export interface RunRules {
  limits: RunLimits;
  network: boolean;
}

/**
 * What a project says about a run with these limits.
 * @param project null for a command that belongs to none
 * @param most what the installation allows where the project says nothing
 * @throws PROJECT_LIMIT_EXCEEDED when the stored output of the project has reached its limit
 */
export function runRules(
  project: Pick<Project, 'id' | 'stored_bytes' | 'resource_limits' | 'settings'> | null,
  asked: RunLimits,
  most: ProcessLimits,
): RunRules {
  if (project === null) return { limits: effectiveLimits(asked, {}, most), network: true };
  const { storage_limit, ...limits } = project.resource_limits;
  if (Number(project.stored_bytes) >= (parseBytes(storage_limit) ?? Infinity)) {
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: project.id,
      limit: 'storage_limit',
      value: storage_limit,
      stored_bytes: Number(project.stored_bytes),
    });
  }
  return { limits: effectiveLimits(asked, limits, most), network: project.settings.network !== false };
}

/**
 * The same for the commands of a user that belong to no project.
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
