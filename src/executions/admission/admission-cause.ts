import type { Execution } from '../execution.entity.js';
import type { Outcome } from '../transitions/execution-state.js';
import { ownerOf, type AdmissionCause } from './admission.queries.js';

/** What is known of an execution that has ended. */
export type EndedRun = Pick<Execution, 'project_id' | 'requested_by' | 'task_id' | 'concurrency_group'>;

/** Lists the concurrency group of an execution, if it has one. */
export const groupsOf = ({ concurrency_group }: Pick<Execution, 'concurrency_group'>): string[] =>
  concurrency_group === null ? [] : [concurrency_group];

/** Why something may be admitted after the end of an execution. */
export function causeOf(run: EndedRun, outcome: Outcome): AdmissionCause {
  return {
    owner: ownerOf(run),
    freedBy: [run.requested_by],
    endedTasks: run.task_id !== null && outcome.status === 'completed' ? [run.task_id] : [],
    groups: groupsOf(run),
  };
}
