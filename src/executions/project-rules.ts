import { formatBytes, parseBytes } from '../common/bytes.js';
import type { Config } from '../common/config.js';
import { AppError } from '../common/errors.js';
import { effectiveLimits, type ProcessLimits, type RunLimits } from '../common/run-limits.js';
import { labelSet } from '../common/worker-labels.js';
import type { Project } from '../projects/project.entity.js';

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
  refuseLongTimeout(requested, most);
  return requested;
}

/** Says what is wrong with a timeout, in seconds, that exceeds the server's maximum. */
export const timeoutIssue = (most: number): string => `A command may take ${most} seconds here at most`;

/**
 * Refuses a timeout where it is named, and not only when the command is to run.
 * @param requested in seconds; null or undefined stands for the server's default
 * @param most the server's maximum, `COMMAND_TIMEOUT_MAX_SECONDS`
 * @param field the field that names it
 * @throws VALIDATION_ERROR
 */
export function refuseLongTimeout(
  requested: number | null | undefined,
  most: number,
  field = 'timeout',
): void {
  if (requested === null || requested === undefined || requested <= most) return;
  throw new AppError('VALIDATION_ERROR', { field, issue: timeoutIssue(most), limit: most });
}

/** The limits and the place of a run, fixed when it is requested. */
export interface RunRules {
  limits: RunLimits;
  network: boolean;
  runs_on: string[];
}

/**
 * Resolves the limits, the network and the labels of a run from its request, its project and the installation.
 * @param project null for a command without a project
 * @param requested the limits of the request or the task
 * @param most the installation's limits, which apply where the project sets none
 * @param labels those that a worker must have by the task; null or undefined for the project's
 */
export function runRules(
  project: Pick<Project, 'resource_limits' | 'settings'> | null,
  requested: RunLimits,
  most: ProcessLimits,
  labels?: readonly string[] | null,
): RunRules {
  if (project === null) return { limits: effectiveLimits(requested, {}, most), network: true, runs_on: [] };
  const { storage_limit: _, ...limits } = project.resource_limits;
  return {
    limits: effectiveLimits(requested, limits, most),
    network: project.settings.network !== false,
    runs_on: labelSet(labels ?? project.settings.runs_on ?? []),
  };
}

/**
 * Refuses a run when the stored output of its project, or that of its user's commands without one, has reached its limit.
 * @param project null for a command without a project
 * @param storedBytes what the project, or the user, has stored
 * @param most bytes of output that all commands of a user without a project may store
 * @throws PROJECT_LIMIT_EXCEEDED, RESOURCE_LIMIT_EXCEEDED
 */
export function refuseFullStorage(
  project: Pick<Project, 'id' | 'resource_limits'> | null,
  storedBytes: number,
  most: number,
): void {
  if (project === null) {
    if (storedBytes < most) return;
    throw new AppError(
      'RESOURCE_LIMIT_EXCEEDED',
      { limit: 'user_storage', value: formatBytes(most), stored_bytes: storedBytes },
      { message: 'The output of your own commands has reached its limit; run them in a project' },
    );
  }
  const { storage_limit } = project.resource_limits;
  if (storedBytes < (parseBytes(storage_limit) ?? Infinity)) return;
  throw new AppError('PROJECT_LIMIT_EXCEEDED', {
    project_id: project.id,
    limit: 'storage_limit',
    value: storage_limit,
    stored_bytes: storedBytes,
  });
}
