import type { LastRun } from '../executions/last-run.js';
import type { TaskStatus } from '../tasks/task.entity.js';

/** The words of a backlog for the state of a task. */
export const backlogStatuses = ['queued', 'in_progress', 'complete', 'blocked', 'cancelled'] as const;
export type BacklogStatus = (typeof backlogStatuses)[number];

/** What decides how a backlog shows a task. */
interface Shown {
  status: TaskStatus;
  blocker: string | null;
  result: string | null;
  last_run: Pick<LastRun, 'status' | 'reason' | 'error' | 'exit_code'> | null;
}

/** Returns the word of a backlog for a state: what has failed needs somebody, as what is blocked does. */
export function backlogStatusOf({ status, blocker }: Pick<Shown, 'status' | 'blocker'>): BacklogStatus {
  if (status === 'completed') return 'complete';
  if (status === 'cancelled') return 'cancelled';
  if (status === 'failed' || blocker !== null) return 'blocked';
  return status === 'running' ? 'in_progress' : 'queued';
}

/** Returns why the work on a task cannot go on; of one that has failed, the reason of its run or what was said when it failed. */
export function blockerOf({ status, blocker, result, last_run }: Shown): string | null {
  if (blocker !== null || status !== 'failed') return blocker;
  if (last_run?.status === 'failed')
    return (
      last_run.error ??
      (last_run.exit_code === null
        ? `The last run failed: ${last_run.reason}`
        : `The last run ended with exit code ${last_run.exit_code}`)
    );
  return result ?? 'The task has failed';
}

/** What a client sends to change the state of a task in a backlog. */
export interface SentState {
  status?: BacklogStatus | undefined;
  blocker?: string | null | undefined;
}

/** The same in the words of tasks. */
export interface StateChange {
  status?: 'pending' | 'running' | 'completed' | 'cancelled';
  blocker?: string | null;
}

/** Stands for the reason that a client does not give. */
const noReason = 'Blocked';

/**
 * Translates a change of state. A word that the task shows already changes nothing; a task that is blocked keeps its status, and one that
 * was done is open again.
 */
export function changeOf(
  now: Pick<Shown, 'status' | 'blocker'>,
  { status, blocker }: SentState,
): StateChange {
  const given = blocker === undefined ? {} : { blocker };
  if (status === undefined || status === backlogStatusOf(now)) return given;
  switch (status) {
    case 'blocked':
      return {
        blocker: blocker ?? now.blocker ?? noReason,
        ...(now.status === 'completed' || now.status === 'cancelled' ? { status: 'pending' } : {}),
      };
    case 'queued':
      return { blocker: null, ...(now.status === 'queued' ? {} : { status: 'pending' }), ...given };
    case 'in_progress':
      return { blocker: null, status: 'running', ...given };
    case 'complete':
      return { status: 'completed', ...given };
    case 'cancelled':
      return { status: 'cancelled', ...given };
  }
}
