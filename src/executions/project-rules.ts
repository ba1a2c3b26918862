import { parseBytes } from '../common/bytes.js';
import { AppError } from '../common/errors.js';
import type { Transaction } from '../infra/database.js';
import type { Project } from '../projects/project.entity.js';
import { effectiveLimits, type RunLimits } from '../projects/run-limits.js';

/** Counts output that a finished execution left in its project. */
export async function countStored(tx: Transaction, projectId: string, bytes: number): Promise<void> {
  if (bytes === 0) return;
  await tx.query('UPDATE projects SET stored_bytes = stored_bytes + $2 WHERE id = $1', [projectId, bytes]);
}

/** What a run is held to, settled when it is asked for. */
export interface RunRules {
  limits: RunLimits;
  network: boolean;
}

/**
 * What a project says about a run with these limits.
 * @param project null for a command that belongs to none
 * @throws PROJECT_LIMIT_EXCEEDED when the stored output of the project has reached its limit
 */
export function runRules(
  project: Pick<Project, 'id' | 'stored_bytes' | 'resource_limits' | 'settings'> | null,
  asked: RunLimits,
): RunRules {
  if (project === null) return { limits: asked, network: true };
  const { storage_limit, ...limits } = project.resource_limits;
  if (Number(project.stored_bytes) >= (parseBytes(storage_limit) ?? Infinity)) {
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: project.id,
      limit: 'storage_limit',
      value: storage_limit,
      stored_bytes: Number(project.stored_bytes),
    });
  }
  return { limits: effectiveLimits(asked, limits), network: project.settings.network !== false };
}
