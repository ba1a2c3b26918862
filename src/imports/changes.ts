import { stringify } from 'safe-stable-stringify';
import { fileStatuses, fileStatusOf, type FileStatus } from '../exports/file-words.js';
import { changeTo, type StatusWord } from '../tasks/task-words.js';
import { writtenColumns } from '../tasks/task-columns.js';
import type { Task } from '../tasks/task.entity.js';
import type { UpdateTask } from '../tasks/tasks.schema.js';
import type { TaskEntry } from './formats/entry.schema.js';

/** The columns that an import settles in its own way. */
const settled = ['status', 'planned', 'parent_id', 'started_at', 'completed_at'] as const;
type Plain = Exclude<(typeof writtenColumns)[number], (typeof settled)[number]>;

/** The fields of an entry that are compared with those of a task as they are. */
const plain = writtenColumns.filter((name): name is Plain => !(settled as readonly string[]).includes(name));

/** The fields that an entry sets, without its status. */
export type EntryFields = Partial<Pick<UpdateTask, Plain>>;

/** Returns the fields that an entry names. */
export function fieldsOf(entry: TaskEntry): EntryFields {
  const named = plain.filter((name) => entry[name] !== undefined);
  return Object.fromEntries(named.map((name) => [name, entry[name]]));
}

/** Returns those of an entry's fields that differ from a task's. */
export function changedFields(entry: TaskEntry, task: Pick<Task, Plain>): EntryFields {
  const fields = Object.entries(fieldsOf(entry)) as [Plain, unknown][];
  return Object.fromEntries(fields.filter(([name, value]) => !isSame(name, value, task[name])));
}

function isSame(name: string, value: unknown, present: unknown): boolean {
  // the catalogue spells labels in its own way
  if (name === 'tags') return sorted(value as string[]) === sorted(present as string[]);
  if (name === 'due_at') return Number(value) === Number(present);
  return value === present || stringify(value) === stringify(present);
}

const sorted = (tags: string[]) => [...new Set(tags.map((tag) => tag.toLowerCase()))].toSorted().join(',');

/**
 * Returns the word that an entry sets as the status of a task; undefined when the task shows it already.
 * @param now the state of the task; undefined for a new one
 */
export function statusWordOf(
  { status, planned }: Pick<TaskEntry, 'status' | 'planned'>,
  now?: Pick<Task, 'status' | 'planned'>,
): StatusWord | undefined {
  const word = wordOf(status, planned, now);
  if (word === undefined || now === undefined) return word;
  return Object.keys(changeTo(word, now)).length === 0 ? undefined : word;
}

function wordOf(
  status: TaskEntry['status'],
  planned: boolean | undefined,
  now: Pick<Task, 'status' | 'planned'> | undefined,
): StatusWord | undefined {
  if (status === 'queued') return 'planned';
  if (status !== undefined && fileStatuses.includes(status as FileStatus)) {
    // the words of other backlogs say less than ours, so that most of our states are already what they mean
    const shown = now === undefined ? undefined : fileStatusOf(now.status);
    if (shown === status && (planned === undefined || now!.status !== 'pending')) return undefined;
  }
  const word =
    ({ todo: 'pending', doing: 'running', done: 'completed' } as const)[status as 'todo'] ?? status;
  if (word === undefined && now !== undefined && now.status !== 'pending') return undefined;
  if ((word ?? 'pending') === 'pending' && planned !== undefined) return planned ? 'planned' : 'backlogged';
  return word as StatusWord | undefined;
}
