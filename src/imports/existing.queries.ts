import { batchesOf } from '../common/batches.js';
import type { Actor } from '../common/permissions.js';
import type { Queryable } from '../infra/database.js';
import { writtenColumns } from '../tasks/task-columns.js';
import type { Task } from '../tasks/task.entity.js';
import type { PresentAttachment } from './new-attachments.js';

const own = ['id', 'number', 'assigned_to', 'is_draft', 'archived_at', 'version'] as const;

/** A task of the project as it is before an import. */
export type ExistingTask = Pick<Task, (typeof own)[number] | (typeof writtenColumns)[number]> & {
  /** Whether it is queued or running, or somebody has a claim on it, so that its status cannot be set. */
  is_active: boolean;
};

/** Where tasks are looked for. */
export interface Where {
  projectId: string;
  isOwner: boolean;
}

const columns = [...own, ...writtenColumns].map((name) => `t.${name}`).join(', ');

const active = `(t.claim_id IS NOT NULL OR EXISTS (SELECT 1 FROM executions e WHERE e.id = t.execution_id AND e.status IN ('queued', 'running')))`;

/** Finds the tasks of a project that a condition names; drafts of others are for owners only. */
async function find(
  db: Queryable,
  actor: Actor,
  { projectId, isOwner }: Where,
  condition: string,
  names: readonly unknown[],
): Promise<ExistingTask[]> {
  if (names.length === 0) return [];
  return db.query<ExistingTask & Record<string, unknown>>(
    `SELECT ${columns}, ${active} AS is_active FROM tasks t
      WHERE t.project_id = $1 AND t.deleted_at IS NULL AND (NOT t.is_draft OR t.created_by = $2 OR $3) AND ${condition}`,
    [projectId, actor.id, isOwner, names],
  );
}

export const byExternalRef = (db: Queryable, actor: Actor, where: Where, refs: string[]) =>
  find(db, actor, where, 't.external_ref = ANY ($4)', refs);

export const byNumber = (db: Queryable, actor: Actor, where: Where, numbers: number[]) =>
  find(db, actor, where, 't.number = ANY ($4::int[])', numbers);

export const byId = (db: Queryable, actor: Actor, where: Where, ids: string[]) =>
  find(db, actor, where, 't.id = ANY ($4::uuid[])', ids);

/** How many names are looked up at once. */
const namesAtOnce = 1_000;

/**
 * Finds the tasks of a project by names of them.
 * @param column what names them
 * @returns their ids by the names
 */
export async function idsOf<Name extends string | number>(
  db: Queryable,
  actor: Actor,
  { projectId, isOwner }: Where,
  column: 'external_ref' | 'number',
  names: Name[],
): Promise<Map<Name, string>> {
  const ids = new Map<Name, string>();
  const type = column === 'number' ? 'int' : 'text';
  for (const some of batchesOf(names, namesAtOnce)) {
    const rows = await db.query<{ id: string; name: Name }>(
      `SELECT t.id, t.${column} AS name FROM tasks t
        WHERE t.project_id = $1 AND t.deleted_at IS NULL AND (NOT t.is_draft OR t.created_by = $2 OR $3) AND t.${column} = ANY ($4::${type}[])`,
      [projectId, actor.id, isOwner, some],
    );
    for (const { id, name } of rows) ids.set(name, id);
  }
  return ids;
}

/** Finds what earlier imports made of entries. @returns the ids by the keys of the entries */
export async function importedBefore(
  db: Queryable,
  projectId: string,
  keys: string[],
): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await db.query<{ key: string; entity_id: string }>(
    'SELECT key, entity_id FROM imported_entries WHERE project_id = $1 AND key = ANY ($2)',
    [projectId, keys],
  );
  return new Map(rows.map(({ key, entity_id }) => [key, entity_id]));
}

export interface PresentDependency {
  task_id: string;
  depends_on: string;
  /** Whether it is a task of the same project. */
  is_here: boolean;
}

/** Reads what tasks wait for. */
export function presentDependencies(db: Queryable, taskIds: string[]): Promise<PresentDependency[]> {
  return db.query<PresentDependency & Record<string, unknown>>(
    `SELECT d.task_id, d.depends_on_task_id AS depends_on, o.project_id = t.project_id AS is_here
       FROM task_dependencies d JOIN tasks t ON t.id = d.task_id JOIN tasks o ON o.id = d.depends_on_task_id
      WHERE d.task_id = ANY ($1)`,
    [taskIds],
  );
}

/** What belongs to a task before an import, as far as it is needed to find what is new. */
export interface PresentParts {
  comments: { author: string | null; body: string }[];
  items: { id: string; text: string; done: boolean }[];
  plans: { id: string; title: string; body: string; attachments: PresentAttachment[] }[];
  attachments: PresentAttachment[];
}

type OfTask<T> = T & { task_id: string };

/** Reads what belongs to tasks. @returns it by the id of the task */
export async function presentParts(db: Queryable, taskIds: string[]): Promise<Map<string, PresentParts>> {
  const parts = new Map<string, PresentParts>(
    taskIds.map((id) => [id, { comments: [], items: [], plans: [], attachments: [] }]),
  );
  if (taskIds.length === 0) return parts;
  const read = <Row>(text: string) => db.query<Row & Record<string, unknown>>(text, [taskIds]);
  const [comments, items, plans] = await Promise.all([
    read<OfTask<PresentParts['comments'][number]>>(
      `SELECT c.task_id, c.body, coalesce(c.imported_author, (SELECT u.username FROM users u WHERE u.id = c.author_id)) AS author
         FROM comments c WHERE c.task_id = ANY ($1)`,
    ),
    read<OfTask<PresentParts['items'][number]>>(
      'SELECT i.task_id, i.id, i.text, i.done_at IS NOT NULL AS done FROM checklist_items i WHERE i.task_id = ANY ($1) ORDER BY i.position',
    ),
    read<OfTask<Omit<PresentParts['plans'][number], 'attachments'>>>(
      `SELECT d.task_id, d.id, d.title, d.body FROM documents d WHERE d.task_id = ANY ($1) AND d.kind = 'plan' ORDER BY d.id`,
    ),
  ]);
  const attached = await presentAttachments(db, [...taskIds, ...plans.map(({ id }) => id)]);
  for (const comment of comments) parts.get(comment.task_id)!.comments.push(comment);
  for (const item of items) parts.get(item.task_id)!.items.push(item);
  for (const plan of plans)
    parts.get(plan.task_id)!.plans.push({ ...plan, attachments: attached.get(plan.id) ?? [] });
  for (const [id, own] of parts) own.attachments = attached.get(id) ?? [];
  return parts;
}

/** Reads what is attached to things. @returns it by their ids */
export async function presentAttachments(
  db: Queryable,
  linkedIds: string[],
): Promise<Map<string, PresentAttachment[]>> {
  const attached = new Map<string, PresentAttachment[]>();
  if (linkedIds.length === 0) return attached;
  const rows = await db.query<PresentAttachment & { linked_id: string } & Record<string, unknown>>(
    'SELECT a.linked_id, a.name, a.url, a.sha256 FROM attachments a WHERE a.linked_id = ANY ($1)',
    [linkedIds],
  );
  for (const row of rows) {
    const own = attached.get(row.linked_id);
    if (own) own.push(row);
    else attached.set(row.linked_id, [row]);
  }
  return attached;
}
