import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { whyWaiting } from './admission/admission.queries.js';
import type { ExecutionRow } from './executions.schema.js';
import { isFinal } from './transitions/execution-state.js';

/** The bus usually reports a change at once; when that message is lost, the change is seen after this time. */
const recheckMs = 1_000;
/** The process id is stored just after the start, without an event. */
const pidRecheckMs = 15;

/** A wait for a change of an execution: what is known of it, and how to look again. */
interface Wait {
  seen?: Pick<ExecutionRow, 'status' | 'pid'>;
  /** The number of changes that were reported, for those that come during a query. */
  changes: number;
  wake: () => void;
}

/**
 * Waits for the start or the end of executions. One query a second serves all waits of a process, so that what a wait costs does not grow
 * with its length.
 */
@Injectable()
export class ExecutionWaiter {
  private readonly waits = new Map<string, Set<Wait>>();
  private isRechecking = false;

  constructor(
    private readonly database: Database,
    events: Events,
  ) {
    events.on('execution.changed', ({ execution_id }) => this.report(execution_id));
  }

  /**
   * Waits until the process of an execution runs, the execution has ended, or the time is over.
   * @throws RESOURCE_NOT_FOUND when the execution is erased meanwhile
   */
  untilStarted(id: string, timeoutMs: number): Promise<ExecutionRow> {
    return this.until(id, timeoutMs, (row) => row.pid !== null);
  }

  /**
   * Waits until an execution has ended or the time is over.
   * @param gone ends the wait at once, when nobody is there any more who would get the answer
   * @throws RESOURCE_NOT_FOUND when the execution is erased meanwhile
   */
  untilEnded(id: string, timeoutMs: number, gone?: AbortSignal): Promise<ExecutionRow> {
    return this.until(id, timeoutMs, () => gone?.aborted === true, gone);
  }

  /**
   * Waits until an attempt to run a task has ended which no other one follows, or the time is over.
   * @param id the execution of the first attempt
   * @param gone as in `untilEnded`
   * @returns the last attempt
   */
  async untilLastEnded(id: string, timeoutMs: number, gone: AbortSignal): Promise<ExecutionRow> {
    const deadline = Date.now() + timeoutMs;
    for (let current = id; ;) {
      const row = await this.untilEnded(current, deadline - Date.now(), gone);
      // the next attempt is stored in the same transaction as the end of the one before
      const [next] = isFinal(row.status) ? await this.retryOf(row) : [];
      if (!next) return row;
      current = next.id;
    }
  }

  private retryOf({ id, task_id }: ExecutionRow): Promise<{ id: string }[]> {
    return this.database.query<{ id: string }>(
      'SELECT id FROM executions WHERE task_id = $1 AND id > $2 AND retry_of = $2 LIMIT 1',
      [task_id, id],
    );
  }

  private async until(
    id: string,
    timeoutMs: number,
    isReached: (row: ExecutionRow) => boolean,
    gone?: AbortSignal,
  ): Promise<ExecutionRow> {
    const deadline = Date.now() + timeoutMs;
    const wait: Wait = { changes: 0, wake: () => undefined };
    this.add(id, wait);
    const onGone = () => wait.wake();
    gone?.addEventListener('abort', onGone, { once: true });
    try {
      for (;;) {
        const before = wait.changes;
        const row = await this.load(id);
        wait.seen = row;
        const left = deadline - Date.now();
        if (isFinal(row.status) || isReached(row) || left <= 0) return row;
        const waitsForPid = row.status === 'running' && row.pid === null;
        // a change that arrived during the query may be missing from its result
        if (wait.changes === before)
          await pause(Math.min(left, waitsForPid ? pidRecheckMs : left), (resolve) => (wait.wake = resolve));
      }
    } finally {
      this.remove(id, wait);
      gone?.removeEventListener('abort', onGone);
    }
  }

  private add(id: string, wait: Wait): void {
    const others = this.waits.get(id);
    if (others) others.add(wait);
    else this.waits.set(id, new Set([wait]));
    this.recheckLater();
  }

  private remove(id: string, wait: Wait): void {
    const all = this.waits.get(id);
    all?.delete(wait);
    if (all?.size === 0) this.waits.delete(id);
  }

  private report(id: string): void {
    for (const wait of this.waits.get(id) ?? []) {
      wait.changes += 1;
      wait.wake();
    }
  }

  private recheckLater(): void {
    if (this.isRechecking || this.waits.size === 0) return;
    this.isRechecking = true;
    setTimeout(() => {
      // the next one comes also after a failure: the database may be back by then
      void this.recheck()
        .catch(() => undefined)
        .then(() => {
          this.isRechecking = false;
          this.recheckLater();
        });
    }, recheckMs).unref();
  }

  /** Wakes the waits whose execution has another state than they have seen, in case the report of it was lost. */
  private async recheck(): Promise<void> {
    const rows = await this.database.query<{ id: string } & Pick<ExecutionRow, 'status' | 'pid'>>(
      'SELECT id, status, pid FROM executions WHERE id = ANY($1::uuid[])',
      [[...this.waits.keys()]],
    );
    const states = new Map(rows.map((row) => [row.id, row]));
    for (const [id, waits] of this.waits) {
      // an execution without a row was erased with its project
      const state = states.get(id);
      for (const { seen, wake } of waits)
        if (seen?.status !== state?.status || seen?.pid !== state?.pid) wake();
    }
  }

  private async load(id: string): Promise<ExecutionRow> {
    const [row] = await this.database.query<ExecutionRow>(
      `SELECT e.*, ${whyWaiting} AS why_waiting FROM executions e WHERE e.id = $1`,
      [id],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { id });
    return row;
  }
}

function pause(ms: number, wakeWith: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakeWith(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
