import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import type { Queryable, Transaction } from '../infra/database.js';
import { addUsage, readUsage } from '../executions/output-usage.queries.js';
import { refuseFullStorage } from '../executions/project-rules.js';
import { checkPermission, type ProjectPermission } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { accessRole, memberJoin, visible } from '../projects/projects.queries.js';
import type { MemberRole } from '../projects/projects.schema.js';
import type { DocumentKind } from './document.entity.js';
import { listedCharacters, type DocumentRow } from './documents.schema.js';

const columns = `d.id, d.kind, d.task_id, d.title, d.tags, d.created_by, d.updated_by, d.created_at, d.updated_at, d.version, d.bytes`;

/** The columns of a document `d` in a list, without its project. */
export const listedColumns = `${columns}, left(d.body, ${listedCharacters}) AS body, octet_length(d.body) > octet_length(left(d.body, ${listedCharacters})) AS body_truncated`;

export interface AccessibleDocument extends DocumentRow {
  access: MemberRole;
  project_status: string;
  resource_limits: Project['resource_limits'];
  /** The title and the status of the task of a plan. */
  task_title: string | null;
  task_status: string | null;
  /** Whether it is a plan of a draft, of which nobody else hears. */
  is_draft: boolean;
}

/**
 * Reads a document that the actor may see: that of a visible project, or a plan of a task there that is theirs if it is a draft.
 * @param lock keeps others from changing it, after its task, as everybody who locks both does
 */
export async function findDocument(
  db: Queryable,
  actor: Actor,
  id: string,
  lock = false,
): Promise<AccessibleDocument | undefined> {
  if (lock)
    await db.query(
      'SELECT 1 FROM tasks WHERE id = (SELECT task_id FROM documents WHERE id = $1) FOR NO KEY UPDATE',
      [id],
    );
  const [row] = await db.query<AccessibleDocument & Record<string, unknown>>(
    `SELECT ${columns}, p.id AS project_id, d.body, ${accessRole} AS access, p.status AS project_status, p.resource_limits,
            t.title AS task_title, t.status AS task_status, coalesce(t.is_draft, false) AS is_draft
       FROM documents d LEFT JOIN tasks t ON t.id = d.task_id JOIN projects p ON p.id = coalesce(t.project_id, d.project_id) ${memberJoin}
      WHERE d.id = $3 AND p.deleted_at IS NULL AND ${visible} AND t.deleted_at IS NULL
        AND (t.is_draft IS NOT TRUE OR t.created_by = $1 OR ${accessRole} = 'owner') ${lock ? 'FOR UPDATE OF d' : ''}`,
    [actor.id, actor.role === 'admin', id],
  );
  return row;
}

/**
 * Finds a document if the actor has a kind of access to it; see `findDocument`.
 * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
 */
export async function requireDocument(
  db: Queryable,
  actor: Actor,
  id: string,
  permission: ProjectPermission,
  lock = false,
): Promise<AccessibleDocument> {
  const document = await findDocument(db, actor, id, lock);
  if (!document) throw new AppError('RESOURCE_NOT_FOUND', { document_id: id });
  const { project_id, project_status, access } = document;
  checkPermission({ id: project_id, status: project_status, access }, permission);
  return document;
}

/** Keeps the present text of a plan or a doc as a version. */
export async function keepVersion(
  tx: Transaction,
  id: string,
  changeNote: string | null,
  authorId: string,
): Promise<void> {
  await tx.query(
    `INSERT INTO document_versions (document_id, version, title, body, change_note, author_id)
     SELECT id, version, title, body, $2, $3 FROM documents WHERE id = $1`,
    [id, changeNote, authorId],
  );
}

/** The bytes of a document, or of a version, beside its texts. */
const ofRow = 256;

/** Counts the bytes of a text with a title, as it is stored. */
export const bytesOf = ({ title, body }: { title: string; body: string }): number =>
  Buffer.byteLength(title) + Buffer.byteLength(body) + ofRow;

/** Counts the bytes of the tags of a note; other documents have none. */
export const bytesOfTags = (tags: readonly string[]): number =>
  tags.reduce((sum, tag) => sum + Buffer.byteLength(tag), 0);

/**
 * Counts bytes that a document takes or no longer takes: those of a plan with its task, others with what its project has stored.
 * @throws PROJECT_LIMIT_EXCEEDED when there is no room for more
 */
export async function countBytes(
  tx: Transaction,
  {
    task_id,
    project_id,
    resource_limits,
  }: Pick<AccessibleDocument, 'task_id' | 'project_id' | 'resource_limits'>,
  bytes: number,
): Promise<void> {
  if (task_id !== null) {
    await tx.query('UPDATE tasks SET bytes = coalesce(bytes, 0) + $2 WHERE id = $1', [task_id, bytes]);
    return;
  }
  if (bytes > 0) {
    const stored = await readUsage(tx, project_id);
    refuseFullStorage({ id: project_id, resource_limits }, stored + bytes, Infinity);
  }
  await addUsage(tx, project_id, bytes);
}

/** Counts the documents of a kind of a task or a project, up to a number. */
export async function countDocuments(
  tx: Queryable,
  { task_id, project_id, kind }: { task_id: string | null; project_id: string | null; kind: DocumentKind },
  most: number,
): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT 1 FROM documents d
      WHERE ${task_id === null ? 'd.project_id = $1 AND d.kind = $2' : 'd.task_id = $1 AND d.kind = $2'} LIMIT $3) AS counted`,
    [task_id ?? project_id, kind, most],
  );
  return row!.n;
}
