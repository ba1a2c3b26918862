import type { Queryable } from '../../infra/database.js';
import { addingUsage } from '../output-usage.queries.js';
import type { Execution } from '../execution.entity.js';
import type { Artifact } from './artifact.entity.js';

/** What a kept file counts besides its content and its path: its row and its entries in indexes, in bytes. */
export const rowBytes = 256;

/** Builds an SQL expression for the bytes that a kept file counts. @param artifact the name of its row in the query */
export const countedBytes = (artifact: string) =>
  `(${artifact}.size + octet_length(${artifact}.path) + ${rowBytes})`;

/** The worker that holds the lease of a run. */
type Writer = Pick<Execution, 'id' | 'generation'>;

/** Holds while the worker has the lease; see `appendSegment` for the lock. */
const writing = `SELECT id FROM executions WHERE id = $1 AND generation = $2 AND status = 'running' FOR KEY SHARE`;

/**
 * Begins to store a file of a run. It may be repeated after the connection broke.
 * @returns false when the worker has been fenced off, or the run has a file of this path
 */
export async function beginArtifact(
  db: Queryable,
  { id, generation }: Writer,
  artifact: Pick<Artifact, 'id' | 'owner' | 'kind' | 'path'>,
): Promise<boolean> {
  const rows = await db.query(
    `WITH writer AS MATERIALIZED (${writing}), begun AS (
       INSERT INTO artifacts (id, execution_id, owner, kind, path)
       SELECT $3::uuid, id, $4::uuid, $5, $6 FROM writer ON CONFLICT DO NOTHING RETURNING id
     )
     SELECT id FROM begun UNION ALL SELECT id FROM artifacts WHERE id = $3`,
    [id, generation, artifact.id, artifact.owner, artifact.kind, artifact.path],
  );
  return rows.length > 0;
}

/** Stores a part of the content of a file that was begun. A part that is stored already stays as it is. */
export async function appendPart(
  db: Queryable,
  artifactId: string,
  part: number,
  bytes: Buffer,
): Promise<void> {
  await db.query(
    `INSERT INTO artifact_parts (artifact_id, part, bytes) SELECT id, $2, $3 FROM artifacts WHERE id = $1
     ON CONFLICT DO NOTHING`,
    [artifactId, part, bytes],
  );
}

/** Completes a file: from now on it is seen, and its bytes count. It may be repeated after the connection broke. */
export async function completeArtifact(
  db: Queryable,
  { id, generation }: Writer,
  artifact: Pick<Artifact, 'id' | 'size' | 'sha256'>,
): Promise<void> {
  await db.query(
    `WITH writer AS MATERIALIZED (${writing}), completed AS (
       UPDATE artifacts a SET size = $4, sha256 = $5, is_complete = true FROM writer
        WHERE a.id = $3 AND a.execution_id = writer.id AND NOT a.is_complete RETURNING a.owner, ${countedBytes('a')} AS bytes
     )
     ${addingUsage('SELECT owner, bytes FROM completed')}`,
    [id, generation, artifact.id, artifact.size, artifact.sha256],
  );
}

/** Removes a file whose content could not be stored as a whole, which nobody has seen. */
export async function dropArtifact(db: Queryable, artifactId: string): Promise<void> {
  await db.query('DELETE FROM artifact_parts WHERE artifact_id = $1', [artifactId]);
  await db.query('DELETE FROM artifacts WHERE id = $1 AND NOT is_complete', [artifactId]);
}

/** Says of a run what was left out of its artifacts, if its worker still has the lease. */
export async function reportOmitted(
  db: Queryable,
  { id, generation }: Writer,
  omitted: number,
  error: string | null,
): Promise<void> {
  await db.query(
    `UPDATE executions SET artifacts_omitted = $3, artifacts_error = $4
      WHERE id = $1 AND generation = $2 AND status = 'running'`,
    [id, generation, omitted, error],
  );
}

/** Reads a part of a kept file. @returns undefined behind the last one, and when the file has been removed */
export async function readArtifactPart(
  db: Queryable,
  artifactId: string,
  part: number,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ bytes: Buffer }>(
    'SELECT bytes FROM artifact_parts WHERE artifact_id = $1 AND part = $2',
    [artifactId, part],
  );
  return row?.bytes;
}

/**
 * Reads bytes of a kept file from any place of it. Parts have different sizes, so that their lengths, which Postgres knows without reading
 * them, are added up: some hundred at most.
 * @param length bytes, at least one
 * @returns undefined when there is nothing
 */
export async function readArtifactBytes(
  db: Queryable,
  artifactId: string,
  from: number,
  length: number,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ bytes: Buffer | null }>(
    `WITH placed AS (
       SELECT p.part, sum(octet_length(p.bytes)) OVER (ORDER BY p.part) - octet_length(p.bytes) AS start, octet_length(p.bytes) AS size
         FROM artifact_parts p WHERE p.artifact_id = $1)
     SELECT string_agg(substring(p.bytes FROM greatest(1, $2 - n.start + 1)::int FOR (least(n.size, $2 + $3 - n.start) - greatest(0, $2 - n.start))::int),
                       '' ORDER BY n.part) AS bytes
       FROM placed n JOIN artifact_parts p ON p.artifact_id = $1 AND p.part = n.part
      WHERE n.start < $2::bigint + $3::bigint AND n.start + n.size > $2`,
    [artifactId, from, length],
  );
  return row?.bytes ?? undefined;
}

/** Reads the summary of a run, which has 1 MiB at most. */
export async function readSummary(db: Queryable, executionId: string): Promise<string | null> {
  const [row] = await db.query<{ content: Buffer | null }>(
    `SELECT (SELECT string_agg(p.bytes, '' ORDER BY p.part) FROM artifact_parts p WHERE p.artifact_id = a.id) AS content
       FROM artifacts a WHERE a.execution_id = $1 AND a.kind = 'summary' AND a.is_complete`,
    [executionId],
  );
  return row?.content?.toString('utf8') ?? null;
}
