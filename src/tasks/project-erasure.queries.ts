import { nilId } from '../common/ids.js';
import type { Queryable } from '../infra/database.js';

/** The number of rows that one transaction deletes of a table, so that none holds locks for long or floods the log of Postgres. */
const rowsAtOnce = 500;
/** Parts of files and segments of output have up to 1 MiB each. */
const largeRowsAtOnce = 64;
const runsAtOnce = 200;

/** How far a step has come, and whether it has deleted anything. */
export interface StepResult {
  /** The key of the last row that is gone; null when the step has come to its end. */
  after: string | null;
  /** Whether rows were deleted or cleared. */
  changed: boolean;
  /** The tasks of other projects that depended on deleted ones. */
  dependents?: string[];
  /** Whether the step must wait for a job of another process. */
  waits?: boolean;
}

/**
 * Deletes a part of what belongs to a project.
 * @param after where the last call of the step ended, so that the entries of deleted rows are not walked again each time; empty to begin
 */
export type ErasureStep = (db: Queryable, projectId: string, after: string) => Promise<StepResult>;

/** Deletes some rows that meet a condition on $1. @returns whether there may be more */
async function deleteSome(
  db: Queryable,
  table: string,
  condition: string,
  value: unknown,
  most = rowsAtOnce,
): Promise<{ more: boolean; changed: boolean }> {
  const rows = await db.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${most})) RETURNING 1`,
    [value],
  );
  return { more: rows.length === most, changed: rows.length > 0 };
}

/** What hangs on tasks, by the column with the task's id. Files of tasks are deleted as those of their project. */
const ofTasks = [
  ['comments', 'task_id'],
  ['checklist_items', 'task_id'],
  ['former_refs', 'task_id'],
  ['claims', 'task_id'],
  ['task_dependencies', 'task_id'],
] as const;

const tasks: ErasureStep = async (db, projectId, after) => {
  const batch = await db.query<{ id: string; number: string }>(
    'SELECT t.id, t.number::text FROM tasks t WHERE t.project_id = $1 AND t.number > $2 ORDER BY t.number LIMIT $3',
    [projectId, after === '' ? 0 : Number(after), rowsAtOnce],
  );
  if (batch.length === 0) return { after: null, changed: false };
  const ids = batch.map(({ id }) => id);
  // each task may have many of these, which take a transaction of their own then
  for (const [table, column] of ofTasks)
    if ((await deleteSome(db, table, `${column} = ANY ($1)`, ids)).more) return { after, changed: true };
  if ((await deleteDocuments(db, 'task_id = ANY ($1)', ids)).more) return { after, changed: true };
  const edges = await db.query<{ task_id: string }>(
    `DELETE FROM task_dependencies WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM task_dependencies WHERE depends_on_task_id = ANY ($1) LIMIT ${rowsAtOnce})) RETURNING task_id`,
    [ids],
  );
  const dependents = await elsewhere(
    db,
    projectId,
    edges.map(({ task_id }) => task_id),
  );
  if (edges.length === rowsAtOnce) return { after, changed: true, dependents };
  const children = await db.query(
    `UPDATE tasks SET parent_id = NULL WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM tasks WHERE parent_id = ANY ($1) AND project_id <> $2 LIMIT ${rowsAtOnce})) RETURNING 1`,
    [ids, projectId],
  );
  if (children.length === rowsAtOnce) return { after, changed: true, dependents };
  await db.query('DELETE FROM tasks WHERE id = ANY ($1)', [ids]);
  return { after: batch.at(-1)!.number, changed: true, dependents };
};

/** Picks the tasks that are in other projects. */
async function elsewhere(db: Queryable, projectId: string, taskIds: string[]): Promise<string[]> {
  if (taskIds.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    'SELECT id FROM tasks WHERE id = ANY ($1) AND project_id <> $2',
    [taskIds, projectId],
  );
  return rows.map(({ id }) => id);
}

/** Deletes some documents that meet a condition on $1, with their versions. */
async function deleteDocuments(
  db: Queryable,
  condition: string,
  value: unknown,
): Promise<{ more: boolean; changed: boolean }> {
  const of = `SELECT id FROM documents WHERE ${condition}`;
  const versions = await deleteSome(
    db,
    'document_versions',
    `document_id IN (${of})`,
    value,
    largeRowsAtOnce,
  );
  if (versions.more) return versions;
  const documents = await deleteSome(db, 'documents', condition, value, largeRowsAtOnce);
  return { more: documents.more, changed: versions.changed || documents.changed };
}

const documents: ErasureStep = async (db, projectId) => {
  const { more, changed } = await deleteDocuments(db, 'project_id = $1', projectId);
  return { after: more ? '' : null, changed };
};

/** Runs with their output and their files. A task that was moved elsewhere has left its runs here. */
const executions: ErasureStep = async (db, projectId, after) => {
  const batch = await db.query<{ id: string }>(
    `SELECT id FROM executions WHERE project_id = $1 AND finished_at IS NOT NULL AND id > $2 ORDER BY id LIMIT ${runsAtOnce}`,
    [projectId, after === '' ? nilId : after],
  );
  if (batch.length === 0) return { after: null, changed: false };
  const ids = batch.map(({ id }) => id);
  const segments = await deleteSome(db, 'output_segments', 'execution_id = ANY ($1)', ids, largeRowsAtOnce);
  if (segments.more) return { after, changed: true };
  const artifactsOf = 'SELECT id FROM artifacts WHERE execution_id = ANY ($1)';
  const parts = await deleteSome(
    db,
    'artifact_parts',
    `artifact_id IN (${artifactsOf})`,
    ids,
    largeRowsAtOnce,
  );
  if (parts.more) return { after, changed: true };
  if ((await deleteSome(db, 'artifacts', 'execution_id = ANY ($1)', ids)).more)
    return { after, changed: true };
  await db.query(
    `UPDATE tasks SET execution_id = NULL
      WHERE id IN (SELECT task_id FROM executions WHERE id = ANY ($1)) AND execution_id = ANY ($1)`,
    [ids],
  );
  await db.query('DELETE FROM executions WHERE id = ANY ($1)', [ids]);
  return { after: ids.at(-1)!, changed: true };
};

const attachments: ErasureStep = async (db, projectId, after) => {
  const batch = await db.query<{ id: string }>(
    `SELECT id FROM attachments WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT ${largeRowsAtOnce}`,
    [projectId, after === '' ? nilId : after],
  );
  if (batch.length === 0) return { after: null, changed: false };
  const ids = batch.map(({ id }) => id);
  const parts = await deleteSome(db, 'attachment_parts', 'attachment_id = ANY ($1)', ids, largeRowsAtOnce);
  if (parts.more) return { after, changed: true };
  await db.query('DELETE FROM attachments WHERE id = ANY ($1)', [ids]);
  return { after: ids.at(-1)!, changed: true };
};

/** Work sessions are of their users, and stay without the project. */
const sessions: ErasureStep = async (db, projectId) => {
  const rows = await db.query(
    `UPDATE sessions SET project_id = NULL WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM sessions WHERE project_id = $1 LIMIT ${rowsAtOnce})) RETURNING 1`,
    [projectId],
  );
  return { after: rows.length === rowsAtOnce ? '' : null, changed: rows.length > 0 };
};

const simple =
  (table: string, condition = 'project_id = $1'): ErasureStep =>
  async (db, projectId) => {
    const { more, changed } = await deleteSome(db, table, condition, projectId);
    return { after: more ? '' : null, changed };
  };

/** Sums follow from the changes of tasks, which are added up every few seconds: those of the deleted tasks come first. */
const whenAddedUp =
  (step: ErasureStep): ErasureStep =>
  async (db, projectId, after) => {
    const [waiting] = await db.query('SELECT 1 FROM task_deltas WHERE project_id = $1 LIMIT 1', [projectId]);
    return waiting ? { after, changed: false, waits: true } : step(db, projectId, after);
  };

/** What is deleted of a project, in this order. Tasks come first, since tasks of other projects may wait for them. */
export const erasureSteps: readonly ErasureStep[] = [
  tasks,
  attachments,
  documents,
  executions,
  sessions,
  simple('schedule_occurrences', 'schedule_id IN (SELECT id FROM schedules WHERE project_id = $1)'),
  simple('schedules'),
  simple('webhook_deliveries', 'webhook_id IN (SELECT id FROM webhooks WHERE project_id = $1)'),
  ...[
    'webhooks',
    'former_refs',
    'imported_entries',
    'labels',
    'project_secrets',
    'input_secrets',
    'triggers',
    'trigger_deliveries',
    'run_payloads',
    'credentials',
    'project_members',
    'task_numbers',
    'task_counts',
  ].map((table) => simple(table)),
  simple('output_usage', 'owner = $1'),
  ...['project_days', 'member_blocks', 'task_duration_blocks'].map((table) => whenAddedUp(simple(table))),
];

/** Finds some projects of which something is left. @param pause how long those are left alone in which nothing was found; in seconds */
export async function unfinishedErasures(db: Queryable, pause: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM erased_projects WHERE finished_at IS NULL AND (empty_at IS NULL OR empty_at < now() - make_interval(secs => $1))
      ORDER BY id LIMIT 100`,
    [pause],
  );
  return rows.map(({ id }) => id);
}

/** Locks the erasure of a project until the end of the transaction. @returns false when another process has it, or it is finished */
export async function lockErasure(db: Queryable, projectId: string): Promise<boolean> {
  const rows = await db.query(
    'SELECT 1 FROM erased_projects WHERE id = $1 AND finished_at IS NULL FOR UPDATE SKIP LOCKED',
    [projectId],
  );
  return rows.length > 0;
}

/**
 * Stores that nothing of a project was found, and removes its own row, which is the last one; who made it is kept with the user id that its
 * commands had. The row stays for ten minutes, so that what a
 * request writes late that was let in before is found: no statement takes longer than 30 seconds, and no transaction waits for longer than
 * a minute.
 */
export async function finishErasure(db: Queryable, projectId: string): Promise<void> {
  const [erasure] = await db.query<{ finished: boolean }>(
    `UPDATE erased_projects SET empty_at = now(), finished_at = CASE WHEN erased_at < now() - interval '10 minutes' THEN now() END
      WHERE id = $1 RETURNING finished_at IS NOT NULL AS finished`,
    [projectId],
  );
  if (!erasure?.finished) return;
  await db.query(
    `WITH gone AS (DELETE FROM projects WHERE id = $1 RETURNING id, created_by, command_user_number)
     UPDATE erased_projects e SET created_by = gone.created_by, command_user_number = gone.command_user_number
       FROM gone WHERE e.id = gone.id`,
    [projectId],
  );
}

/** Finds the runs of tasks that wait for other tasks. */
export async function waitingRunsOf(db: Queryable, taskIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM executions WHERE task_id = ANY ($1) AND status = 'queued' AND blocked`,
    [taskIds],
  );
  return rows.map(({ id }) => id);
}
