import type { Queryable } from '../../infra/database.js';
import { counted, inBatches, type Check } from './check.js';

/** Rows that name another one. The schema has no foreign keys: they would lock the row that is named by every insert. */
interface Reference {
  table: string;
  column: string;
  to: string;
  /** Whether rows without what they name can be deleted: nobody can reach them any more. */
  isDeletable: boolean;
}

const reference = (table: string, column: string, to: string, isDeletable = true): Reference => ({
  table,
  column,
  to,
  isDeletable,
});

const references: Reference[] = [
  reference('tasks', 'project_id', 'projects', false),
  reference('tasks', 'execution_id', 'executions', false),
  reference('tasks', 'created_by', 'users', false),
  reference('executions', 'project_id', 'projects', false),
  reference('executions', 'requested_by', 'users', false),
  reference('comments', 'task_id', 'tasks'),
  reference('checklist_items', 'task_id', 'tasks'),
  reference('claims', 'task_id', 'tasks'),
  reference('task_dependencies', 'task_id', 'tasks'),
  reference('task_dependencies', 'depends_on_task_id', 'tasks'),
  reference('documents', 'task_id', 'tasks', false),
  reference('documents', 'project_id', 'projects', false),
  reference('document_versions', 'document_id', 'documents'),
  reference('attachments', 'project_id', 'projects', false),
  reference('attachment_parts', 'attachment_id', 'attachments'),
  reference('output_segments', 'execution_id', 'executions'),
  reference('artifacts', 'execution_id', 'executions'),
  reference('artifact_parts', 'artifact_id', 'artifacts'),
  reference('project_members', 'project_id', 'projects'),
  reference('project_members', 'user_id', 'users'),
  reference('project_secrets', 'project_id', 'projects'),
  reference('input_secrets', 'project_id', 'projects'),
  reference('triggers', 'project_id', 'projects'),
  reference('labels', 'project_id', 'projects'),
  reference('credentials', 'user_id', 'users'),
  reference('webhook_deliveries', 'webhook_id', 'webhooks'),
];

const rowsAtOnce = 1_000;
/** Counting further tells nobody more. */
const mostCounted = 10_000;

const orphansOf = ({ table, column, to }: Reference) =>
  `FROM ${table} c WHERE c.${column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${to} p WHERE p.id = c.${column})`;

async function count(db: Queryable, one: Reference): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT 1 ${orphansOf(one)} LIMIT ${mostCounted}) AS o`,
  );
  return row!.n;
}

export const orphans: Check = {
  name: 'orphans',
  examine: async (db) => {
    const found: Record<string, number> = {};
    let fixable = false;
    for (const one of references) {
      const n = await count(db, one);
      if (n === 0) continue;
      found[`${one.table}.${one.column}`] = n;
      fixable ||= one.isDeletable;
    }
    const n = Object.values(found).reduce((sum, one) => sum + one, 0);
    if (n === 0) return { status: 'ok', message: 'Every row that names another one finds it' };
    return {
      status: 'warning',
      message: fixable
        ? `${counted(n, 'row belongs', 'rows belong')} to what is not there any more; nobody can see them`
        : `${counted(n, 'row belongs', 'rows belong')} to what is not there any more: restore it from a backup, or leave them`,
      details: { orphans: found },
      fixable,
    };
  },
  mend: async (mending) => {
    let changed = 0;
    for (const one of references.filter(({ isDeletable }) => isDeletable))
      changed += await inBatches(mending, rowsAtOnce, async (tx) => {
        const rows = await tx.query(
          `DELETE FROM ${one.table} WHERE ctid = ANY (ARRAY(SELECT c.ctid ${orphansOf(one)} LIMIT ${rowsAtOnce} FOR UPDATE OF c SKIP LOCKED)) RETURNING 1`,
        );
        return rows.length;
      });
    return changed;
  },
};

const incomplete = `
  FROM attachments a LEFT JOIN (SELECT attachment_id, sum(length(bytes)) AS size FROM attachment_parts GROUP BY 1) AS s ON s.attachment_id = a.id
 WHERE a.url IS NULL AND a.size <> coalesce(s.size, 0)`;

export const files: Check = {
  name: 'files',
  examine: async (db) => {
    const [row] = await db.query<{ n: number; attachments: string[] | null }>(
      `SELECT count(*)::int AS n, (array_agg(a.id))[1:5] AS attachments ${incomplete}`,
    );
    const { n, attachments } = row!;
    if (n === 0) return { status: 'ok', message: 'Every attached file is as long as it should be' };
    return {
      status: 'error',
      message: `${counted(n, 'attached file is', 'attached files are')} not stored as a whole: restore them from a backup`,
      details: { differences: n, attachments },
      fixable: false,
    };
  },
};
