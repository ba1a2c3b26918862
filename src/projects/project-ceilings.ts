import { isDeepStrictEqual } from 'node:util';
import { formatBytes, parseBytes } from '../common/bytes.js';
import type { Config } from '../common/config.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { effectiveLimits, limitsAbove } from '../common/run-limits.js';
import { lockCount } from '../infra/count-lock.js';
import type { Transaction } from '../infra/database.js';
import type { ResourceLimits } from './project.entity.js';

/** The limits that the owner of a project may set at most; an administrator may set higher ones. */
export type ProjectCeilings = Pick<
  Config,
  'MAX_PROJECT_TASKS' | 'MAX_PROJECT_CONCURRENT_TASKS' | 'MAX_PROJECT_STORAGE' | 'MAX_RUN_LIMITS'
>;

/**
 * Refuses limits above the ceilings of the installation, unless they are unchanged: an administrator may have set them before.
 * @param present the current limits of the project; absent for a new one
 * @throws AUTH_INSUFFICIENT_PERMISSIONS that names the limit and its ceiling
 */
export function refuseAboveCeilings(
  actor: Actor,
  limits: Partial<ResourceLimits>,
  ceilings: ProjectCeilings,
  present: Partial<ResourceLimits> = {},
): void {
  if (actor.role === 'admin') return;
  const refuse = (limit: string, most: unknown) => {
    throw new AppError(
      'AUTH_INSUFFICIENT_PERMISSIONS',
      { limit, most },
      { message: `Only an administrator may set ${limit} above ${String(most)}` },
    );
  };
  const names = Object.keys(limits) as (keyof ResourceLimits)[];
  for (const name of names.filter((name) => !isDeepStrictEqual(limits[name], present[name]))) {
    const most = ceilingOf(name, ceilings);
    if (most !== undefined && amountOf(limits, name) > most)
      refuse(name, name === 'storage_limit' ? formatBytes(most) : most);
  }
  const { max_run_limits } = limits;
  if (max_run_limits === undefined || isDeepStrictEqual(max_run_limits, present.max_run_limits)) return;
  const [first] = limitsAbove(max_run_limits, ceilings.MAX_RUN_LIMITS);
  if (first !== undefined)
    refuse(`max_run_limits.${first}`, (ceilings.MAX_RUN_LIMITS as Record<string, unknown>)[first]);
}

/**
 * Refuses another project when the user has reached the limit. Deleted projects count, since their data is kept; of those that were erased,
 * those count whose commands had a user id, which is never given to others: nobody could use up the user ids of an installation. A lock serializes requests of the same user until the transaction ends.
 * @throws RESOURCE_LIMIT_EXCEEDED
 */
export async function refuseMoreProjects(
  tx: Transaction,
  actor: Actor,
  { MAX_PROJECTS_PER_USER: most }: Pick<Config, 'MAX_PROJECTS_PER_USER'>,
): Promise<void> {
  if (actor.role === 'admin') return;
  const locked = lockCount(tx, 'projects', actor.id);
  const counted = tx.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (
       (SELECT 1 FROM projects WHERE created_by = $1 LIMIT $2)
       UNION ALL (SELECT 1 FROM erased_projects WHERE created_by = $1 AND command_user_number IS NOT NULL LIMIT $2)) AS own`,
    [actor.id, most],
  );
  const [, [made]] = await Promise.all([locked, counted]);
  if (made!.n < most) return;
  throw new AppError(
    'RESOURCE_LIMIT_EXCEEDED',
    { limit: 'max_projects_per_user', value: most },
    { message: 'You have made as many projects as one user may; deleted ones count too' },
  );
}

/** Returns the limits of a project for a copy of it, lowered to the ceilings unless the actor is an administrator. */
export function limitsForCopy(
  actor: Actor,
  limits: ResourceLimits,
  ceilings: ProjectCeilings,
): ResourceLimits {
  if (actor.role === 'admin') return limits;
  const { MAX_PROJECT_TASKS, MAX_PROJECT_CONCURRENT_TASKS, MAX_PROJECT_STORAGE } = ceilings;
  const { max_run_limits } = limits;
  return {
    ...limits,
    max_tasks: Math.min(limits.max_tasks, MAX_PROJECT_TASKS),
    max_concurrent_tasks: Math.min(limits.max_concurrent_tasks, MAX_PROJECT_CONCURRENT_TASKS),
    storage_limit:
      amountOf(limits, 'storage_limit') > MAX_PROJECT_STORAGE
        ? formatBytes(MAX_PROJECT_STORAGE)
        : limits.storage_limit,
    ...(max_run_limits && { max_run_limits: effectiveLimits(max_run_limits, {}, ceilings.MAX_RUN_LIMITS) }),
  };
}

function ceilingOf(name: keyof ResourceLimits, ceilings: ProjectCeilings): number | undefined {
  if (name === 'max_tasks') return ceilings.MAX_PROJECT_TASKS;
  if (name === 'max_concurrent_tasks') return ceilings.MAX_PROJECT_CONCURRENT_TASKS;
  return name === 'storage_limit' ? ceilings.MAX_PROJECT_STORAGE : undefined;
}

function amountOf(limits: Partial<ResourceLimits>, name: keyof ResourceLimits): number {
  const value = limits[name];
  if (typeof value === 'string') return parseBytes(value) ?? Infinity;
  return typeof value === 'number' ? value : 0;
}
