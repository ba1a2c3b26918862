import { AppError } from '../common/errors.js';
import type { Task, TaskStatus } from './task.entity.js';
import { changeTo, isFinalStatus, type StatusWord, type StoredState } from './task-words.js';

type Times = Pick<Task, 'started_at' | 'completed_at' | 'actual_duration' | 'progress_percentage'>;
/** The fields of a task that depend on each other. */
type State = Times & StoredState;

const fresh: State = {
  status: 'pending',
  planned: false,
  blocker: null,
  started_at: null,
  completed_at: null,
  actual_duration: null,
  progress_percentage: 0,
};

/** What clients may send about the state of a task. */
interface SentState {
  status?: StatusWord | undefined;
  blocker?: string | null | undefined;
  progress_percentage?: number | undefined;
}

/** Returns the state of a new task. @throws VALIDATION_ERROR for a blocker of a task that is done */
export const stateOfNew = (sent: SentState): State => ({ ...fresh, ...changedState(fresh, sent) });

/**
 * Derives what changes in the state of a task, with the times and the progress that go with a status.
 * @throws VALIDATION_ERROR for a blocker of a task that is done
 */
export function changedState(before: State, sent: SentState): Partial<State> {
  const { blocker, progress_percentage } = sent;
  const change = sent.status === undefined ? {} : changeTo(sent.status, before);
  const status = change.status ?? before.status;
  if (blocker && isFinalStatus(status)) {
    const issue = 'A task that is completed or cancelled cannot be blocked';
    throw new AppError('VALIDATION_ERROR', { field: 'blocker', issue });
  }
  return {
    ...(blocker === undefined ? {} : { blocker }),
    ...(progress_percentage === undefined ? {} : { progress_percentage }),
    ...change,
    ...(status === before.status ? {} : timesOf(before, status, progress_percentage)),
  };
}

function timesOf(before: State, status: TaskStatus, progress: number | undefined): Partial<Times> {
  const now = new Date();
  switch (status) {
    case 'running':
      return { started_at: now, completed_at: null, actual_duration: null };
    case 'completed':
    case 'failed':
    case 'cancelled': {
      const seconds = before.started_at ? (now.getTime() - before.started_at.getTime()) / 1000 : null;
      return {
        completed_at: now,
        actual_duration: before.status === 'running' ? seconds : null,
        progress_percentage: progress ?? (status === 'completed' ? 100 : before.progress_percentage),
      };
    }
    default:
      return { started_at: null, completed_at: null, actual_duration: null };
  }
}
