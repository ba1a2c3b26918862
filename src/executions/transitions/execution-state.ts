export const executionStatuses = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type ExecutionStatus = (typeof executionStatuses)[number];

/** Why an execution ended other than by exit code 0. */
export const executionReasons = [
  'TASK_EXECUTION_FAILED',
  'TASK_TIMEOUT',
  'TASK_CANCELLED',
  'TASK_DEPENDENCY_NOT_MET',
  'WORKER_LOST',
  'WORKER_SHUTDOWN',
  'OUTPUT_LIMIT_EXCEEDED',
] as const;
export type ExecutionReason = (typeof executionReasons)[number];

const transitions: Record<ExecutionStatus, readonly ExecutionStatus[]> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Lists the states that may precede a state; every conditional UPDATE of a status takes its WHERE from here. */
export function statesBefore(target: ExecutionStatus): ExecutionStatus[] {
  return executionStatuses.filter((status) => transitions[status].includes(target));
}

export function isFinal(status: ExecutionStatus): boolean {
  return transitions[status].length === 0;
}

/** How a run ended, before it is stored. */
export interface Outcome {
  status: 'completed' | 'failed' | 'cancelled';
  reason: ExecutionReason | null;
  exitCode: number | null;
  error?: string | undefined;
  /** Bytes of output beyond the limit, which were not stored. */
  omitted?: number;
}

/** The message of a run that Millrace cancels because its requester has lost the right to run it. */
export const rightsLost = 'Who asked for this run may not run commands here any more';

/** What stopped a run from outside, if anything did; `revoked` means that its requester has been disabled. */
export type StopCause = 'cancel' | 'revoked' | 'timeout' | 'shutdown' | 'output' | undefined;

/** Derives the outcome of a command that ran to its end or was stopped. */
export function outcomeOf(exitCode: number, stopped: StopCause): Outcome {
  if (stopped === 'cancel') return { status: 'cancelled', reason: 'TASK_CANCELLED', exitCode };
  if (stopped === 'revoked')
    return { status: 'cancelled', reason: 'TASK_CANCELLED', exitCode, error: rightsLost };
  if (stopped === 'timeout') return { status: 'failed', reason: 'TASK_TIMEOUT', exitCode };
  if (stopped === 'shutdown') return { status: 'failed', reason: 'WORKER_SHUTDOWN', exitCode };
  if (stopped === 'output') {
    const error = 'It was stopped because its output reached the limit';
    return { status: 'failed', reason: 'OUTPUT_LIMIT_EXCEEDED', exitCode, error };
  }
  if (exitCode === 0) return { status: 'completed', reason: null, exitCode };
  return { status: 'failed', reason: 'TASK_EXECUTION_FAILED', exitCode };
}

/** Reasons after which another attempt may succeed. */
const retryable: ReadonlySet<ExecutionReason> = new Set([
  'TASK_EXECUTION_FAILED',
  'TASK_TIMEOUT',
  'WORKER_LOST',
  'WORKER_SHUTDOWN',
]);

/**
 * Decides whether a failed attempt may be followed by another.
 * @param finalExitCodes exit codes after which the task allows no retry; they do not apply to a run that was stopped, whose exit code is
 * that of the signal
 */
export function isRetryable(outcome: Outcome, finalExitCodes: readonly number[]): boolean {
  const { status, reason, exitCode } = outcome;
  if (status !== 'failed' || reason === null || !retryable.has(reason)) return false;
  return reason !== 'TASK_EXECUTION_FAILED' || exitCode === null || !finalExitCodes.includes(exitCode);
}

const firstDelaySeconds = 2;
const longestDelaySeconds = 300;

/**
 * Computes the delay before a retry: exponential, with full jitter in its upper half, so that tasks that failed together are not
 * retried together.
 * @param attempt the number of the attempt that failed, from 1
 * @param random in [0, 1)
 * @returns seconds
 */
export function backoffSeconds(attempt: number, random: number = Math.random()): number {
  const whole = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** (attempt - 1));
  return whole / 2 + (whole / 2) * random;
}
