import type { Actor } from '../common/permissions.js';
import type { Queryable } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { writtenColumns } from '../tasks/task-columns.js';
import type { Task } from '../tasks/task.entity.js';

/** A task as it is exported, with names for the ids of others. */
export interface ExportedTaskRow extends Omit<Task, 'assigned_to' | 'created_by' | 'words' | 'bytes'> {
  ref: string;
  /** The ref of its parent. */
  parent: string | null;
  /** The refs of the tasks that it waits for. */
  dependencies: string[];
  former_refs: string[];
  /** User names. */
  assigned_to: string | null;
  created_by: string | null;
  /** Bytes that it takes with its comments, plans and history. */
  bytes: number;
}

/** How many tasks are read at once. */
const tasksAtOnce = 100;

const own = [
  'id',
  'number',
  'actual_duration',
  'is_draft',
  'archived_at',
  'created_at',
  'updated_at',
] as const;
const columns = [...own, ...writtenColumns.filter((name) => name !== 'parent_id')]
  .map((name) => `t.${name}`)
  .join(', ');

/** Whether the actor may see a task `o` of a project `p`. */
const seen = `o.deleted_at IS NULL AND p.deleted_at IS NULL AND (NOT o.is_draft OR o.created_by = $1) AND ${visible}`;

/**
 * Reads the next tasks of a project in the order of their numbers, archived ones too.
 * @param after the number of the last task that was read
 * @param statuses the statuses that they have; null for any
 * @param isOwner whether the actor sees the drafts of others
 */
export function tasksAfter(
  db: Queryable,
  actor: Actor,
  project: { id: string; isOwner: boolean },
  after: number,
  statuses: readonly string[] | null,
): Promise<ExportedTaskRow[]> {
  return db.query<ExportedTaskRow & Record<string, unknown>>(
    `SELECT ${columns}, task_ref(q.key, t.number, q.ref_digits) AS ref, coalesce(t.bytes, 0)::float8 AS bytes,
            (SELECT u.username FROM users u WHERE u.id = t.assigned_to) AS assigned_to,
            (SELECT u.username FROM users u WHERE u.id = t.created_by) AS created_by,
            (SELECT task_ref(p.key, o.number, p.ref_digits) FROM tasks o JOIN projects p ON p.id = o.project_id ${memberJoin}
              WHERE o.id = t.parent_id AND ${seen}) AS parent,
            coalesce((SELECT json_agg(task_ref(p.key, o.number, p.ref_digits) ORDER BY o.number, o.id)
               FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id JOIN projects p ON p.id = o.project_id ${memberJoin}
              WHERE d.task_id = t.id AND ${seen}), '[]') AS dependencies,
            coalesce((SELECT json_agg(task_ref(r.key, f.number, r.ref_digits) ORDER BY f.project_id, f.number)
               FROM former_refs f JOIN projects r ON r.id = f.project_id AND r.deleted_at IS NULL WHERE f.task_id = t.id), '[]') AS former_refs
       FROM tasks t JOIN projects q ON q.id = t.project_id
      WHERE t.project_id = $3 AND t.number > $4 AND t.deleted_at IS NULL AND (NOT t.is_draft OR t.created_by = $1 OR $5)
        AND ($6::text[] IS NULL OR t.status = ANY ($6)) ORDER BY t.number LIMIT ${tasksAtOnce}`,
    [actor.id, actor.role === 'admin', project.id, after, project.isOwner, statuses],
  );
}

export interface CommentRow {
  task_id: string;
  author: string | null;
  body: string;
  created_at: Date;
  updated_at: Date;
}

export interface ItemRow {
  task_id: string;
  text: string;
  done: boolean;
  done_by: string | null;
  done_at: Date | null;
}

/** Reads the comments of tasks in the order in which they were made. */
export function commentsOf(db: Queryable, taskIds: string[]): Promise<CommentRow[]> {
  return db.query<CommentRow & Record<string, unknown>>(
    `SELECT c.task_id, c.body, c.created_at, c.updated_at,
            coalesce(c.imported_author, (SELECT u.username FROM users u WHERE u.id = c.author_id)) AS author
       FROM comments c WHERE c.task_id = ANY ($1) ORDER BY c.task_id, c.id`,
    [taskIds],
  );
}

/** Reads the checklists of tasks in their order. */
export function checklistsOf(db: Queryable, taskIds: string[]): Promise<ItemRow[]> {
  return db.query<ItemRow & Record<string, unknown>>(
    `SELECT i.task_id, i.text, i.done_at IS NOT NULL AS done, i.done_at,
            (SELECT u.username FROM users u WHERE u.id = i.done_by) AS done_by
       FROM checklist_items i WHERE i.task_id = ANY ($1) ORDER BY i.task_id, i.position, i.id`,
    [taskIds],
  );
}

export interface DocumentRow {
  id: string;
  kind: string;
  task_id: string | null;
  title: string;
  body: string;
  tags: string[];
  version: number;
  change_note: string | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
}

const document = `d.id, d.kind, d.task_id, d.title, d.body, d.tags, d.version, d.created_at, d.updated_at,
  (SELECT v.change_note FROM document_versions v WHERE v.document_id = d.id AND v.version = d.version) AS change_note,
  (SELECT u.username FROM users u WHERE u.id = d.created_by) AS created_by`;

/** Reads the plans of tasks. */
export function plansOf(db: Queryable, taskIds: string[]): Promise<DocumentRow[]> {
  return db.query<DocumentRow & Record<string, unknown>>(
    `SELECT ${document} FROM documents d WHERE d.task_id = ANY ($1) AND d.kind = 'plan' ORDER BY d.task_id, d.id`,
    [taskIds],
  );
}

/** Reads the next doc or memory of a project. @param after the id of the last one that was read */
export async function documentAfter(
  db: Queryable,
  projectId: string,
  kind: string,
  after: string,
): Promise<DocumentRow | undefined> {
  const [row] = await db.query<DocumentRow & Record<string, unknown>>(
    `SELECT ${document} FROM documents d WHERE d.project_id = $1 AND d.kind = $2 AND d.id > $3 ORDER BY d.id LIMIT 1`,
    [projectId, kind, after],
  );
  return row;
}

export interface VersionRow {
  version: number;
  title: string;
  body: string;
  change_note: string | null;
  author: string | null;
  created_at: Date;
}

/** How many versions of a document, which may have megabytes each, are read at once. */
const versionsAtOnce = 4;

/** Reads the next versions of a document before its present one. @param after the number of the last one that was read */
export function earlierVersions(
  db: Queryable,
  { id, version }: Pick<DocumentRow, 'id' | 'version'>,
  after: number,
): Promise<VersionRow[]> {
  return db.query<VersionRow & Record<string, unknown>>(
    `SELECT v.version, v.title, v.body, v.change_note, v.created_at,
            (SELECT u.username FROM users u WHERE u.id = v.author_id) AS author
       FROM document_versions v WHERE v.document_id = $1 AND v.version > $2 AND v.version < $3
      ORDER BY v.version LIMIT ${versionsAtOnce}`,
    [id, after, version],
  );
}

export interface AttachmentRow {
  id: string;
  linked_id: string;
  name: string;
  url: string | null;
  media_type: string | null;
  size: number;
  sha256: string | null;
  created_by: string | null;
  created_at: Date;
}

/** Reads what is attached to tasks, documents or projects. */
export function attachmentsOf(db: Queryable, linkedIds: string[]): Promise<AttachmentRow[]> {
  return db.query<AttachmentRow & Record<string, unknown>>(
    `SELECT a.id, a.linked_id, a.name, a.url, a.media_type, a.size, a.sha256, a.created_at,
            (SELECT u.username FROM users u WHERE u.id = a.created_by) AS created_by
       FROM attachments a WHERE a.linked_id = ANY ($1) ORDER BY a.linked_id, a.id`,
    [linkedIds],
  );
}

export interface LabelRow {
  id: string;
  name: string;
  kind: string;
  color: string | null;
  description: string;
  archived_at: Date | null;
}

/** Reads the next labels of a project. @param after the id of the last one that was read */
export function labelsAfter(db: Queryable, projectId: string, after: string): Promise<LabelRow[]> {
  return db.query<LabelRow & Record<string, unknown>>(
    `SELECT l.id, l.name, l.kind, l.color, l.description, l.archived_at FROM labels l
      WHERE l.project_id = $1 AND l.id > $2 ORDER BY l.id LIMIT 500`,
    [projectId, after],
  );
}
