import type { Concurrency } from '../executions/concurrency.js';
import type { Execution, OriginType } from '../executions/execution.entity.js';
import type { CheckedInputs } from '../executions/inputs/check-inputs.js';
import type { Transaction } from '../infra/database.js';
import type { ExecuteTask } from './task-execution.schema.js';
import type { AccessibleTask, RunState } from './tasks.queries.js';

/** A command that has passed the safety check, with the shell and the environment that it was checked with. */
export interface CheckedCommand {
  command: string;
  shell: string;
  environment: Record<string, string>;
}

/** Rolls a transaction back whose command is to be checked first. */
export class Unchecked extends Error {
  constructor(readonly found: CheckedCommand) {
    super('The command was not checked yet');
  }
}

/** What starts a run on behalf of somebody. */
export interface RunStart {
  origin?: { type: OriginType; id: string };
  /** The message that starts it, which `within` stores. */
  payloadId?: string;
  /** The concurrency group in place of the task's; null for none. */
  concurrency?: Concurrency | null;
  /** Makes the task that is run, in the transaction of the run: both are there, or neither. @returns its id */
  makeTask?: (tx: Transaction) => Promise<string>;
  /** Whether nobody waits for the answer, so that no estimate is made for it, nor a flush of the WAL awaited. */
  isUnattended?: boolean;
  /** Writes what belongs to the new execution in its transaction. */
  within?: (tx: Transaction, executionId: string) => Promise<void>;
}

/** What is known of a run when it is enqueued. */
export type Enqueued = Omit<ExecuteTask, 'inputs'> & RunStart & { inputs: CheckedInputs; last?: Execution };

/** Work on a locked task whose command and inputs were checked. */
export interface CheckedWork<T> extends Pick<RunStart, 'isUnattended' | 'makeTask'> {
  allowUnsafe?: boolean | undefined;
  inputs: (tx: Transaction, task: AccessibleTask) => Promise<CheckedInputs>;
  enqueue: (
    tx: Transaction,
    task: AccessibleTask,
    state: RunState,
    inputs: CheckedInputs,
  ) => Promise<() => Promise<T>>;
}
