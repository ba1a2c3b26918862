import { validate } from 'uuid';
import type { InputDeclaration } from '../executions/inputs/input-declarations.js';
import { countRows, type Queryable } from '../infra/database.js';
import type { Schedule } from '../schedules/schedule.entity.js';
import type { Trigger } from '../triggers/trigger.entity.js';
import type { FileContents, FromFile } from './formats/contents.js';
import { importedBefore } from './existing.queries.js';
import type { PlannedTask } from './plan-tasks.js';

/** What starts runs, by the name of its table, and which rows of it are there. */
interface Starters {
  schedules: Schedule;
  triggers: Trigger;
}
const present = { schedules: 'deleted_at IS NULL', triggers: 'true' };

/**
 * Finds the schedules or triggers of a project that entries are about: those of this project by their id, and others by what was imported
 * before. Entries that are about one that another entry is about are noted as faults.
 * @returns the entries that are left, each with what it is about
 */
export async function matchStarters<Kind extends keyof Starters>(
  db: Queryable,
  projectId: string,
  contents: FileContents,
  kind: Kind,
): Promise<Map<FromFile<(typeof contents)[Kind][number]['entry']>, Starters[Kind] | undefined>> {
  const entries: FromFile<FileContents[Kind][number]['entry']>[] = contents[kind];
  const before = await importedBefore(
    db,
    projectId,
    entries.map(({ key }) => key),
  );
  const isFromHere = contents.sourceId === projectId;
  const idOf = ({ entry: { id }, key }: (typeof entries)[number]) =>
    before.get(key) ?? (isFromHere && id !== undefined && validate(id) ? id.toLowerCase() : undefined);
  const rows = await db.query<Starters[Kind] & Record<string, unknown>>(
    `SELECT * FROM ${kind} WHERE project_id = $1 AND id = ANY ($2::uuid[]) AND ${present[kind]}`,
    [projectId, entries.flatMap((from) => idOf(from) ?? [])],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const matched = new Map<(typeof entries)[number], Starters[Kind] | undefined>();
  const taken = new Map<string, number>();
  for (const from of entries) {
    const row = byId.get(idOf(from) ?? '');
    const names = [from.key, ...(row ? [row.id] : [])];
    const first = names.map((name) => taken.get(name)).find((line) => line !== undefined);
    if (first !== undefined) contents.addFault(from.line, null, `It is the one of line ${first}`);
    else matched.set(from, row);
    for (const name of names) taken.set(name, from.line);
  }
  return matched;
}

/** Notes a fault at the first entry that is beyond what a project may have. */
export async function refuseBeyond(
  db: Queryable,
  projectId: string,
  contents: FileContents,
  kind: keyof Starters,
  created: { from: { line: number } }[],
  most: number,
): Promise<void> {
  if (created.length === 0) return;
  const count = await countRows(db, `FROM ${kind} WHERE project_id = $1 AND ${present[kind]}`, [projectId]);
  const beyond = created[Math.max(0, most - count)];
  if (beyond) contents.addFault(beyond.from.line, null, `A project has at most ${most} ${kind}`);
}

/**
 * Finds the inputs that the tasks of schedules or triggers take after the import.
 * @param tasks those of the file
 * @param matched the entries of the file, with those that are there already
 * @param idOf finds the id of a task by its name in the file
 * @returns what finds the inputs by the id of the task
 */
export async function declaredInputs(
  db: Queryable,
  tasks: PlannedTask[],
  matched: Iterable<
    [{ entry: { task?: string | null | undefined } }, { task_id: string | null } | undefined]
  >,
  idOf: (name: string) => string | undefined,
): Promise<(taskId: string) => readonly InputDeclaration[]> {
  const taskIds = [...matched]
    .flatMap(([{ entry }, existing]) => [entry.task ? idOf(entry.task) : undefined, existing?.task_id])
    .filter((id) => typeof id === 'string');
  const changed = new Map(tasks.map(({ id, fields }) => [id, fields.inputs]));
  const stored = taskIds.filter((id) => changed.get(id) === undefined);
  const rows = await db.query<{ id: string; inputs: InputDeclaration[] }>(
    'SELECT t.id, t.inputs FROM tasks t WHERE t.id = ANY ($1::uuid[])',
    [stored],
  );
  const present = new Map(rows.map(({ id, inputs }) => [id, inputs]));
  return (id) => changed.get(id) ?? present.get(id) ?? [];
}
