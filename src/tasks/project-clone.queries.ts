import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { addUsage } from '../executions/output-usage.queries.js';
import type { Transaction } from '../infra/database.js';

/** The ids of the tasks to copy and of their copies, in the order of the task numbers. Tasks that are added later are not copied. */
export interface TaskCopies {
  sources: string[];
  copies: string[];
  /** How many of them are neither archived nor drafts. */
  listed: number;
}

/** Which tasks to copy besides those that lists show. */
export interface CopiedToo {
  archived: boolean;
  /** The user whose drafts are copied, or `all`, or `none`. */
  draftsOf: string;
}

/**
 * Chooses the tasks to copy and the ids of their copies.
 * @param limit the most tasks to return
 */
export async function planCopies(
  tx: Transaction,
  projectId: string,
  limit: number,
  { archived, draftsOf }: CopiedToo,
): Promise<TaskCopies> {
  const rows = await tx.query<{ id: string; is_listed: boolean }>(
    `SELECT id, NOT is_archived AND NOT is_draft AS is_listed FROM tasks
      WHERE project_id = $1 AND deleted_at IS NULL AND (NOT is_archived OR $3)
        AND (NOT is_draft OR $4::text = 'all' OR created_by::text = $4)
      ORDER BY number LIMIT $2`,
    [projectId, limit, archived, draftsOf],
  );
  // ids are generated here, not in the database: UUIDs of version 7 that one process generates are in order, and lists sort tasks with
  // the same creation time by id
  return {
    sources: rows.map(({ id }) => id),
    copies: rows.map(() => newId()),
    listed: rows.filter((row) => row.is_listed).length,
  };
}

const pairs = 'unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS c (source, copy, number)';

/** The columns that a copy has of its task. */
const copied = [
  'title',
  'description',
  'type',
  'priority',
  'due_at',
  'source',
  'external_ref',
  'project_path',
  'is_draft',
  'is_archived',
  'archived_at',
  'checklist_total',
  'estimated_duration',
  'tags',
  'metadata',
  'command',
  'shell',
  'working_directory',
  'environment',
  'timeout',
  'retry_attempts',
  'limits',
  'final_exit_codes',
  'artifacts',
  'inputs',
  'concurrency',
  'runs_on',
];

/** Inserts the copies. An assignee other than the actor is dropped, since that user may not be able to see the new project. */
export async function copyTasks(
  tx: Transaction,
  { sources, copies }: TaskCopies,
  projectId: string,
  actor: Actor,
): Promise<void> {
  await tx.query(
    `INSERT INTO tasks (id, project_id, number, parent_id, assigned_to, created_by, ${copied.join(', ')})
     SELECT c.copy, $3, c.number, parent.copy, CASE WHEN t.assigned_to = $4 THEN t.assigned_to END, $4,
            ${copied.map((name) => `t.${name}`).join(', ')}
       FROM ${pairs} JOIN tasks t ON t.id = c.source
       LEFT JOIN ${pairs.replace('AS c', 'AS parent')} ON parent.source = t.parent_id`,
    [sources, copies, projectId, actor.id],
  );
}

/** Copies the catalogue of labels. */
export async function copyLabels(
  tx: Transaction,
  sourceId: string,
  projectId: string,
  actor: Actor,
): Promise<void> {
  const rows = await tx.query<{ id: string }>('SELECT id FROM labels WHERE project_id = $1 ORDER BY id', [
    sourceId,
  ]);
  await tx.query(
    `INSERT INTO labels (id, project_id, kind, name, color, description, created_by, archived_at)
     SELECT c.copy, $3, l.kind, l.name, l.color, l.description, $4, l.archived_at
       FROM unnest($1::uuid[], $2::uuid[]) AS c (source, copy) JOIN labels l ON l.id = c.source`,
    [rows.map(({ id }) => id), rows.map(() => newId()), projectId, actor.id],
  );
}

/** What the copy of a document `d` takes, with its only version. */
const bytesOfCopy = '2 * (octet_length(d.title) + octet_length(d.body) + 256)';

/** A document to copy, with the copy of its task, and what the copy takes. */
interface DocumentCopy extends Record<string, unknown> {
  id: string;
  /** Null for a doc of the project. */
  task_id: string | null;
  bytes: number;
}

/** The documents to copy, and how many bytes those of the project take, which count against its storage limit. */
export interface DocumentCopies {
  rows: DocumentCopy[];
  stored: number;
}

/** Chooses the plans of the tasks and the docs of the project. */
export async function planDocuments(
  tx: Transaction,
  { sources, copies }: TaskCopies,
  sourceId: string,
): Promise<DocumentCopies> {
  const rows = await tx.query<DocumentCopy>(
    `SELECT d.id, c.copy AS task_id, ${bytesOfCopy} AS bytes FROM ${pairs} JOIN documents d ON d.task_id = c.source
      UNION ALL
     SELECT d.id, NULL, ${bytesOfCopy} FROM documents d WHERE d.project_id = $3 AND d.kind = 'doc'
      ORDER BY id`,
    [sources, copies, sourceId],
  );
  const stored = rows.filter(({ task_id }) => task_id === null).reduce((sum, { bytes }) => sum + bytes, 0);
  return { rows, stored };
}

/**
 * Copies documents as they are now; the versions of before stay where they are. They are counted with the copied tasks, and with what the
 * new project has stored.
 */
export async function copyDocuments(
  tx: Transaction,
  { rows, stored }: DocumentCopies,
  projectId: string,
  actor: Actor,
): Promise<void> {
  const ids = rows.map(() => newId());
  await tx.query(
    `INSERT INTO documents (id, kind, project_id, task_id, title, body, created_by, updated_by, bytes)
     SELECT c.copy, d.kind, CASE WHEN c.task_id IS NULL THEN $5::uuid END, c.task_id, d.title, d.body, $6, $6, c.bytes
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) AS c (source, copy, task_id, bytes)
       JOIN documents d ON d.id = c.source`,
    [
      rows.map(({ id }) => id),
      ids,
      rows.map(({ task_id }) => task_id),
      rows.map(({ bytes }) => bytes),
      projectId,
      actor.id,
    ],
  );
  await tx.query(
    `INSERT INTO document_versions (document_id, version, title, body, author_id)
     SELECT id, version, title, body, created_by FROM documents WHERE id = ANY ($1)`,
    [ids],
  );
  await tx.query(
    `UPDATE tasks t SET bytes = coalesce(t.bytes, 0) + d.bytes
       FROM (SELECT task_id, sum(bytes) AS bytes FROM documents WHERE id = ANY ($1) AND task_id IS NOT NULL GROUP BY 1) AS d
      WHERE t.id = d.task_id`,
    [ids],
  );
  if (stored > 0) await addUsage(tx, projectId, stored);
}

/** Copies the checklists; nothing of them is done in the copies. */
export async function copyChecklists(tx: Transaction, { sources, copies }: TaskCopies): Promise<void> {
  const rows = await tx.query<{ task_id: string; text: string; position: number }>(
    `SELECT c.copy AS task_id, i.text, i.position FROM ${pairs} JOIN checklist_items i ON i.task_id = c.source
      ORDER BY c.number, i.position`,
    [sources, copies],
  );
  await tx.query(
    `INSERT INTO checklist_items (id, task_id, text, position)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[])`,
    [
      rows.map(() => newId()),
      rows.map(({ task_id }) => task_id),
      rows.map(({ text }) => text),
      rows.map(({ position }) => position),
    ],
  );
}

/** Copies the dependencies between the tasks. */
export async function copyDependencies(tx: Transaction, { sources, copies }: TaskCopies): Promise<void> {
  const rows = await tx.query<{ task_id: string; depends_on: string }>(
    `SELECT a.copy AS task_id, b.copy AS depends_on
       FROM ${pairs.replace('AS c', 'AS a')} JOIN task_dependencies d ON d.task_id = a.source
       JOIN ${pairs.replace('AS c', 'AS b')} ON b.source = d.depends_on_task_id
      ORDER BY a.number, d.id`,
    [sources, copies],
  );
  await tx.query(
    `INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])`,
    [rows.map(() => newId()), rows.map(({ task_id }) => task_id), rows.map(({ depends_on }) => depends_on)],
  );
}

/**
 * Inserts the first history entry of each copy, in one statement: a call of `ActivityLog.record` for each would cost a round trip and a
 * webhook message per task, and the webhook message of the project stands for them all. Of a draft the project does not hear.
 */
export async function recordCopies(
  tx: Transaction,
  { sources, copies }: TaskCopies,
  project: { id: string; key: string },
  actor: Actor,
): Promise<void> {
  await tx.query(
    `INSERT INTO activity (id, actor_id, session_id, request_id, entity_type, entity_id, project_id, action, new_value)
     SELECT n.id, $4, $5, $6, 'task', c.copy, CASE WHEN t.is_draft THEN NULL ELSE $7::uuid END, 'created',
            jsonb_build_object('title', t.title, 'status', t.status, 'priority', t.priority, 'ref', task_ref($8, t.number, 1::smallint), 'cloned_from', c.source)
       FROM ${pairs} JOIN unnest($3::uuid[]) WITH ORDINALITY AS n (id, number) USING (number) JOIN tasks t ON t.id = c.copy
      ORDER BY c.number`,
    [
      sources,
      copies,
      copies.map(() => newId()),
      actor.id,
      actor.sessionId ?? null,
      actor.requestId ?? null,
      project.id,
      project.key,
    ],
  );
}
