import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { mentionable } from '../comments/comments.queries.js';
import type { Queryable } from '../infra/database.js';
import { timeoutIssue } from '../executions/project-rules.js';
import { parseTaskName } from '../tasks/task-ref.js';
import { changedFields, fieldsOf, statusWordOf, type EntryFields } from './changes.js';
import type { FileContents, FromFile } from './formats/contents.js';
import type { TaskEntry } from './formats/entry.schema.js';
import { inSlices } from './formats/in-slices.js';
import {
  byExternalRef,
  byId,
  byNumber,
  importedBefore,
  type ExistingTask,
  type Where,
} from './existing.queries.js';
import { newParts, noParts, type NewParts } from './plan-parts.js';
import type { StatusWord } from '../tasks/task-words.js';

/** What an import does with one task of its file. */
export interface PlannedTask {
  from: FromFile<TaskEntry>;
  /** The id of the task, also of one that is to be made. */
  id: string;
  /** Null when the task is to be made. */
  existing: KeptOfTask | null;
  /** The values of the fields that change, as they are. */
  before: EntryFields;
  fields: EntryFields;
  status: StatusWord | undefined;
  /** The user it is assigned to; undefined when that stays as it is. */
  assigned_to: string | null | undefined;
  /** Settled when all tasks have an id, see `planLinks`; undefined when it stays as it is. */
  parent_id: string | null | undefined;
  dependencies: string[] | undefined;
  parts: NewParts;
  /** Whether it is brought back from the archive. */
  isRestored: boolean;
}

/** What an import is about. */
export interface ImportContext extends Where {
  actor: Actor;
  /** The key of the project. */
  key: string;
  /** How long a command may take at most, in seconds. */
  longestTimeout: number;
  /** What changes an entry with regard to the task that is there. */
  adjust?: ((entry: TaskEntry, existing: ExistingTask) => TaskEntry) | undefined;
  /** Ends the planning. */
  signal?: AbortSignal | undefined;
  /** Whether an archived task that the file names comes back. */
  restores?: ((existing: ExistingTask) => boolean) | undefined;
}

/** So many entries are compared with the tasks that are there at once, so that few of these are in memory. */
const entriesAtOnce = 200;

/** Decides what becomes of each task of a file. Faults and warnings are noted in `contents`. */
export async function planTasks(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
): Promise<PlannedTask[]> {
  const planned: PlannedTask[] = [];
  const taken = new Map<string, number>();
  for (let at = 0; at < contents.tasks.length; at += entriesAtOnce) {
    const entries = contents.tasks.slice(at, at + entriesAtOnce);
    const found = await findTasks(db, context, contents, entries);
    const users = await usersOf(db, context, entries);
    const parts = await newParts(db, contents, entries, found, context.signal);
    for await (const from of inSlices(entries, context.signal)) {
      const task = found.get(from);
      if (task === undefined && from.entry.title === undefined) {
        contents.addFault(from.line, 'title', 'Field is required');
        continue;
      }
      const id = task?.id ?? newId();
      const { external_ref } = from.entry;
      const names = [id, `key ${from.key}`, ...(external_ref ? [`ref ${external_ref}`] : [])];
      const first = names.map((name) => taken.get(name)).find((line) => line !== undefined);
      if (first !== undefined) {
        contents.addFault(from.line, 'external_ref', `The task is the one of line ${first}`);
        continue;
      }
      for (const name of names) taken.set(name, from.line);
      const adjusted = task && context.adjust ? { ...from, entry: context.adjust(from.entry, task) } : from;
      const isArchived = task !== undefined && task.archived_at !== null && !task.is_draft;
      const isRestored = isArchived && (context.restores?.(task) ?? false);
      const plan = planTask(contents, adjusted, id, task, users, parts.get(from) ?? noParts);
      if ((plan.fields.timeout ?? 0) > context.longestTimeout)
        contents.addFault(from.line, 'timeout', timeoutIssue(context.longestTimeout));
      planned.push({ ...plan, isRestored });
    }
  }
  return planned;
}

function planTask(
  contents: FileContents,
  from: FromFile<TaskEntry>,
  id: string,
  task: ExistingTask | undefined,
  users: Map<string, string>,
  parts: NewParts,
): Omit<PlannedTask, 'isRestored'> {
  const { entry, line } = from;
  let status = statusWordOf(entry, task);
  if (status !== undefined && task?.is_active) {
    contents.addWarning(line, 'status', 'The task is queued, running or claimed: its status stays');
    status = undefined;
  }
  const fields = task === undefined ? fieldsOf(entry) : changedFields(entry, task);
  const becomes = status ?? task?.status;
  if (fields.blocker && (becomes === 'completed' || becomes === 'cancelled'))
    contents.addFault(line, 'blocker', 'A task that is completed or cancelled cannot be blocked');
  return {
    from,
    id,
    existing: task === undefined ? null : existingOf(task),
    fields,
    before: task === undefined ? {} : pick(task, fields),
    status,
    assigned_to: assigneeOf(contents, from, task, users),
    parent_id: undefined,
    dependencies: undefined,
    parts,
  };
}

/** What is kept of a task that is there: its texts are not. */
type KeptOfTask = Pick<
  ExistingTask,
  'number' | 'title' | 'status' | 'version' | 'parent_id' | 'is_draft' | 'progress_percentage'
>;
const existingOf = (task: ExistingTask): KeptOfTask => {
  const { number, title, status, version, parent_id, is_draft, progress_percentage } = task;
  return { number, title, status, version, parent_id, is_draft, progress_percentage };
};

const pick = (task: ExistingTask, fields: EntryFields): EntryFields =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, task[name as keyof EntryFields]]));

function assigneeOf(
  contents: FileContents,
  { entry, line }: FromFile<TaskEntry>,
  task: ExistingTask | undefined,
  users: Map<string, string>,
): string | null | undefined {
  const { assigned_to } = entry;
  if (assigned_to === undefined) return undefined;
  const wanted = assigned_to === null ? null : users.get(userName(assigned_to));
  if (wanted === undefined) {
    contents.addWarning(line, 'assigned_to', `No user here is called ${assigned_to} and sees the project`);
    return undefined;
  }
  return wanted === (task?.assigned_to ?? null) ? undefined : wanted;
}

/** Others write who is a person and who is not in front of a name. */
const userName = (name: string) => name.replace(/^(human|ai):/, '');

async function usersOf(
  db: Queryable,
  { projectId }: ImportContext,
  entries: FromFile<TaskEntry>[],
): Promise<Map<string, string>> {
  const names = new Set(
    entries.flatMap(({ entry }) => (entry.assigned_to ? [userName(entry.assigned_to)] : [])),
  );
  const users = await mentionable(db, [...names], projectId);
  return new Map(users.map(({ username, user_id }) => [username, user_id]));
}

/** Finds the tasks that entries are about: by their name elsewhere, else by their ref in this project, else as what was imported before. */
async function findTasks(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
  entries: FromFile<TaskEntry>[],
): Promise<Map<FromFile<TaskEntry>, ExistingTask>> {
  const { actor } = context;
  const external = entries.flatMap(({ entry }) => entry.external_ref ?? []);
  const numbers = new Map(
    entries.flatMap((from) => {
      const number = numberHere(context, contents, from);
      return number === undefined ? [] : [[from, number] as const];
    }),
  );
  const before = await importedBefore(
    db,
    context.projectId,
    entries.map(({ key }) => key),
  );
  const byRef = new Map(
    (await byExternalRef(db, actor, context, external)).map((task) => [task.external_ref, task]),
  );
  const byNo = new Map(
    (await byNumber(db, actor, context, [...numbers.values()])).map((task) => [task.number, task]),
  );
  const byKey = new Map(
    (await byId(db, actor, context, [...before.values()])).map((task) => [task.id, task]),
  );
  const found = new Map<FromFile<TaskEntry>, ExistingTask>();
  for (const from of entries) {
    const { external_ref } = from.entry;
    const number = numbers.get(from);
    const task =
      (external_ref ? byRef.get(external_ref) : undefined) ??
      (number === undefined ? undefined : byNo.get(number)) ??
      byKey.get(before.get(from.key) ?? '');
    if (task) found.set(from, task);
  }
  return found;
}

/**
 * Returns the number that an entry's ref has in this project; undefined for that of another project. A file that does not say where it is
 * from is believed when the key is that of this project.
 */
function numberHere(
  { projectId, key }: ImportContext,
  { sourceId }: FileContents,
  { entry }: FromFile<TaskEntry>,
): number | undefined {
  if (!entry.ref || (sourceId !== undefined && sourceId !== projectId)) return undefined;
  const name = parseTaskName(entry.ref);
  return name && 'key' in name && name.key === key ? name.number : undefined;
}
