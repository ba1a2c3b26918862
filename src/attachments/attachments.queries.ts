import type { Actor } from '../common/permissions.js';
import { requireDocument } from '../documents/documents.queries.js';
import type { UploadedFile } from '../http/multipart.js';
import type { Queryable, Transaction } from '../infra/database.js';
import type { ProjectAccess, ProjectPermission } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import type { MemberRole } from '../projects/projects.schema.js';
import { requireTask } from '../tasks/tasks.queries.js';
import type { Link } from './attachments.schema.js';

/** What something is attached to, for who may see it. */
export interface Target {
  id: string;
  project_id: string;
  access: MemberRole;
  project_status: string;
  resource_limits: Project['resource_limits'];
  /** The task in whose history a change is told: the task itself, or that of a plan; null for all else. */
  task: { id: string; title: string; status: string; is_draft: boolean } | null;
}

/**
 * Finds what something is attached to, if the actor has a kind of access to it.
 * @param lock keeps a task from being moved or erased, and a document from being deleted, until the end of the transaction
 * @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
 */
export async function requireTarget(
  db: Queryable,
  projects: ProjectAccess,
  actor: Actor,
  { linked_type, linked_id }: Link,
  permission: ProjectPermission,
  lock = false,
): Promise<Target> {
  if (linked_type === 'task') {
    const task = await requireTask(db, actor, linked_id, permission, lock ? { lock } : {});
    const { resource_limits } = await projects.require(actor, task.project_id, permission, db);
    return { ...task, resource_limits, task };
  }
  if (linked_type === 'project') {
    const project = await projects.require(actor, linked_id, permission, db);
    const { id, access, status, resource_limits } = project;
    return { id, project_id: id, access, project_status: status, resource_limits, task: null };
  }
  const document = await requireDocument(db, actor, linked_id, permission, lock);
  const { task_id, task_title, task_status, is_draft } = document;
  const task = task_id === null ? null : { id: task_id, title: task_title!, status: task_status!, is_draft };
  return { ...document, task };
}

/**
 * Returns the bytes that an attachment takes of the storage of its project: those of a file, or of a link with its row. They are kept in
 * its column `size`.
 */
export const sizeOf = (
  file: { size: number } | null | undefined,
  name: string,
  url: string | null,
): number => (file ? file.size : Buffer.byteLength(name) + Buffer.byteLength(url ?? '') + 256);

/** A part of a file has this many bytes, and up to a chunk more. */
const partBytes = 256 * 1024;

/** Stores the content of a file. */
export async function storeContent(
  tx: Transaction,
  attachmentId: string,
  { chunks }: UploadedFile,
): Promise<void> {
  let part = 0;
  for (const bytes of partsOf(chunks))
    await tx.query('INSERT INTO attachment_parts (attachment_id, part, bytes) VALUES ($1, $2, $3)', [
      attachmentId,
      part++,
      bytes,
    ]);
}

function* partsOf(chunks: readonly Buffer[]): Generator<Buffer> {
  let pending: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < partBytes) continue;
    yield Buffer.concat(pending);
    [pending, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(pending);
}

/** Reads a part of a file. @returns undefined behind the last one, and when the attachment has been deleted */
export async function readPart(
  db: Queryable,
  attachmentId: string,
  part: number,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ bytes: Buffer }>(
    'SELECT bytes FROM attachment_parts WHERE attachment_id = $1 AND part = $2',
    [attachmentId, part],
  );
  return row?.bytes;
}
