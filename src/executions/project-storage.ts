import { parseBytes } from '../common/bytes.js';
import { AppError } from '../common/errors.js';
import type { Transaction } from '../infra/database.js';

/** Counts output that a finished execution left in its project. */
export async function countStored(tx: Transaction, projectId: string, bytes: number): Promise<void> {
  if (bytes === 0) return;
  await tx.query('UPDATE projects SET stored_bytes = stored_bytes + $2 WHERE id = $1', [projectId, bytes]);
}

/**
 * Refuses another run in a project whose stored output has reached its limit.
 * @throws PROJECT_LIMIT_EXCEEDED
 */
export async function refuseWithoutStorage(tx: Transaction, projectId: string): Promise<void> {
  const [project] = await tx.query<{ stored: string; storage_limit: string }>(
    "SELECT stored_bytes AS stored, resource_limits->>'storage_limit' AS storage_limit FROM projects WHERE id = $1",
    [projectId],
  );
  const limit = parseBytes(project?.storage_limit ?? '') ?? Infinity;
  if (!project || Number(project.stored) < limit) return;
  throw new AppError('PROJECT_LIMIT_EXCEEDED', {
    project_id: projectId,
    limit: 'storage_limit',
    value: project.storage_limit,
    stored_bytes: Number(project.stored),
  });
}
