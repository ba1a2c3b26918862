import { newId } from '../common/ids.js';
import { jsonPieces } from '../common/json-pieces.js';
import type { InputDeclaration } from '../executions/inputs/input-declarations.js';
import type { Transaction } from '../infra/database.js';
import { columnTypes, writtenColumns } from '../tasks/task-columns.js';
import { stateOfNew } from '../tasks/task-state.js';
import type { PlannedTask } from './plan-tasks.js';

const own = {
  id: 'uuid',
  number: 'integer',
  assigned_to: 'uuid',
  is_draft: 'boolean',
  is_archived: 'boolean',
  checklist_total: 'smallint',
  checklist_done: 'smallint',
};
const columns = [...Object.keys(own), ...writtenColumns];
const record = [...Object.entries(own), ...writtenColumns.map((name) => [name, columnTypes[name]])]
  .map((column) => column.join(' '))
  .join(', ');

const insertion = `INSERT INTO tasks (project_id, created_by, archived_at, ${columns.join(', ')})
  SELECT $1, $2, CASE WHEN n.is_archived THEN now() END,
         ${columns.map((name) => (name === 'tags' ? 'attach_labels($1::uuid, $2::uuid, n.tags)' : `n.${name}`)).join(', ')}
    FROM json_to_recordset($3) AS n (${record})
  RETURNING id, title, status, priority, number, progress_percentage, updated_at`;

export interface InsertedTask {
  id: string;
  title: string;
  status: string;
  priority: number;
  number: number;
  progress_percentage: number;
  updated_at: Date;
}

const blank = {
  description: '',
  type: 'task',
  priority: 5,
  due_at: Infinity as Date | number,
  result: null,
  source: null,
  external_ref: null,
  project_path: null,
  estimated_duration: null,
  tags: [] as string[],
  metadata: {},
  command: null,
  shell: null,
  working_directory: null,
  environment: {},
  timeout: null,
  retry_attempts: 0,
  limits: {},
  final_exit_codes: [] as number[],
  artifacts: [] as string[],
  inputs: [] as InputDeclaration[],
  concurrency: null,
  runs_on: null,
};

/** Stores the tasks that an import makes, in their order. @param numbers the number of each */
export async function insertTasks(
  tx: Transaction,
  projectId: string,
  actorId: string,
  tasks: PlannedTask[],
  numbers: Map<PlannedTask, number>,
): Promise<InsertedTask[]> {
  const inserted: InsertedTask[] = [];
  const rows = tasks.map((task) => rowOf(task, numbers.get(task)!));
  for (const { json } of jsonPieces(rows)) {
    const values = [projectId, actorId, json];
    inserted.push(...(await tx.query<InsertedTask & Record<string, unknown>>(insertion, values)));
  }
  return inserted;
}

function rowOf(task: PlannedTask, number: number): Record<string, unknown> {
  const { blocker, progress_percentage, ...fields } = task.fields;
  const { entry } = task.from;
  const state = stateOfNew({ status: task.status, blocker, progress_percentage });
  const due = fields.due_at ?? blank.due_at;
  return {
    ...blank,
    ...fields,
    ...state,
    due_at: typeof due === 'number' ? 'infinity' : due,
    parent_id: task.parent_id ?? null,
    id: task.id,
    number,
    assigned_to: task.assigned_to ?? null,
    is_draft: entry.draft,
    is_archived: entry.archived,
    checklist_total: task.parts.items.length,
    checklist_done: task.parts.items.filter(({ done }) => done).length,
  };
}

/** Stores what new tasks wait for. Nobody else knows them yet, so that no circle can close through other transactions. */
export async function insertDependencies(tx: Transaction, tasks: PlannedTask[]): Promise<void> {
  const edges = tasks.flatMap(({ id, dependencies = [] }) =>
    dependencies.map((depends_on) => ({ id: newId(), task_id: id, depends_on })),
  );
  for (const { json } of jsonPieces(edges))
    await tx.query(
      `INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
       SELECT n.id, n.task_id, n.depends_on FROM json_to_recordset($1) AS n (id uuid, task_id uuid, depends_on uuid)`,
      [json],
    );
}

/** Remembers what was made of entries that have no other name here. */
export async function rememberEntries(
  tx: Transaction,
  projectId: string,
  made: { key: string; id: string }[],
): Promise<void> {
  if (made.length === 0) return;
  await tx.query(
    `INSERT INTO imported_entries (project_id, key, entity_id)
     SELECT $1, n.key, n.id FROM unnest($2::text[], $3::uuid[]) AS n (key, id)
     ON CONFLICT (project_id, key) DO UPDATE SET entity_id = excluded.entity_id`,
    [projectId, made.map(({ key }) => key), made.map(({ id }) => id)],
  );
}
