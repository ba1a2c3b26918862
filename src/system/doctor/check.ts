import type { Queryable, Transaction } from '../../infra/database.js';
import type { CheckName, CheckStatus } from './doctor.schema.js';

/** What a check has found. */
export interface Finding {
  status: Exclude<CheckStatus, 'skipped'>;
  message: string;
  details?: Record<string, unknown>;
  /** Whether `mend` can do something about it; true when absent and the check has a `mend`. */
  fixable?: boolean;
}

/** What mends work with. */
export interface Mending {
  /**
   * Runs one batch in a transaction, with a limit of time for each statement, and records the number that it returns in the activity when
   * something was changed.
   */
  batch(work: (tx: Transaction) => Promise<number>): Promise<number>;
  /** Records a change that was made outside of `batch`, by something that has transactions of its own. */
  record(changed: number): Promise<void>;
  /** Whether there is time for another batch. */
  hasTime(): boolean;
}

/** One thing that the doctor looks at. */
export interface Check {
  name: CheckName;
  /** @param db a read-only transaction that sees one moment, with a limit of time for each statement */
  examine: (db: Queryable) => Promise<Finding>;
  /**
   * Mends what is safe to mend while others write. It looks anew, so that what was found need not be true any more.
   * @returns how much was changed
   */
  mend?: (mending: Mending) => Promise<number>;
}

/** Runs batches until one changes less than it could. @returns how much was changed in all */
export async function inBatches(
  mending: Mending,
  atOnce: number,
  work: (tx: Transaction) => Promise<number>,
): Promise<number> {
  let changed = 0;
  for (let last = atOnce; last >= atOnce && mending.hasTime(); changed += last)
    last = await mending.batch(work);
  return changed;
}

/** The most examples of a difference that an answer shows. */
export const mostExamples = 5;

/** `1 task is`, `2 tasks are`: a number with its noun and verb. */
export const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
