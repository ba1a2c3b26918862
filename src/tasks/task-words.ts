import type { TaskStatus } from './task.entity.js';

/** The words of a board for the state of a task. */
export const workflowStatuses = ['backlogged', 'planned', 'progressed', 'completed', 'cancelled'] as const;
export type WorkflowStatus = (typeof workflowStatuses)[number];

/** A status that people may set; `queued` belongs to executions. */
export const settableStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type SettableStatus = (typeof settableStatuses)[number];

/** What is stored of the state of a task. */
export interface StoredState {
  status: TaskStatus;
  planned: boolean;
  blocker: string | null;
}

const wordOf: Record<TaskStatus, WorkflowStatus> = {
  pending: 'backlogged',
  queued: 'planned',
  running: 'progressed',
  failed: 'progressed',
  completed: 'completed',
  cancelled: 'cancelled',
};

/** Returns the word of a board for a state. */
export function workflowStatusOf({
  status,
  planned,
}: Pick<StoredState, 'status' | 'planned'>): WorkflowStatus {
  return status === 'pending' && planned ? 'planned' : wordOf[status];
}

/** The state that a word asks for, where it asks for another than the task has. */
const stateOf: Record<SettableStatus | WorkflowStatus, Partial<StoredState> & { status: SettableStatus }> = {
  pending: { status: 'pending' },
  running: { status: 'running' },
  failed: { status: 'failed' },
  backlogged: { status: 'pending', planned: false },
  planned: { status: 'pending', planned: true },
  progressed: { status: 'running' },
  completed: { status: 'completed', blocker: null },
  cancelled: { status: 'cancelled', blocker: null },
};

/** Every word for a status that clients may send. */
export const statusWords = [...new Set([...settableStatuses, ...workflowStatuses])];
export type StatusWord = SettableStatus | WorkflowStatus;

/**
 * Returns what a word changes in the state of a task.
 * @returns an empty object when the task already shows the word
 */
export function changeTo(
  word: StatusWord,
  now: Pick<StoredState, 'status' | 'planned'>,
): Partial<StoredState> {
  return word === now.status || word === workflowStatusOf(now) ? {} : stateOf[word];
}

/** The statuses that a word of a list's filter means, and whether the pending ones among them must be planned. */
export interface StatusFilter {
  status: TaskStatus;
  planned?: boolean;
}

/** Every word that a list can be filtered by. */
export const filterWords = [...new Set([...settableStatuses, 'queued' as const, ...workflowStatuses])];
export type FilterWord = (typeof filterWords)[number];

/** Returns the states that show a word. */
export function statesThatShow(word: FilterWord): StatusFilter[] {
  if (word === 'backlogged') return [{ status: 'pending', planned: false }];
  if (word === 'planned') return [{ status: 'pending', planned: true }, { status: 'queued' }];
  if (word === 'progressed') return [{ status: 'running' }, { status: 'failed' }];
  return [{ status: word }];
}

/** The names of priorities, each for a band of two numbers. */
export const priorityNames = ['urgent', 'high', 'medium', 'low', 'none'] as const;
export type PriorityName = (typeof priorityNames)[number];

/** The band of a priority from 1 to 10: 1 for the two most urgent ones, 5 for the last two. */
export const bandOf = (priority: number): number => Math.ceil(priority / 2);

export const priorityNameOf = (priority: number): PriorityName => priorityNames[bandOf(priority) - 1]!;

/** The priority that a name stands for: the more urgent one of its band. */
export const priorityOf = (name: PriorityName): number => 2 * priorityNames.indexOf(name) + 1;

/** Whether work on a task is over, unless somebody opens it again. */
export const isFinalStatus = (status: TaskStatus): boolean =>
  status === 'completed' || status === 'cancelled';
