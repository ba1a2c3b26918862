import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { whyWaiting } from './admission/admission.queries.js';
import type { ExecutionRow } from './executions.schema.js';
import { isFinal } from './transitions/execution-state.js';

/** The bus usually reports a change at once; when that message is lost, the change is seen after this time. */
const recheckMs = 500;
/** The process id is stored just after the start, without an event. */
const pidRecheckMs = 15;

/** Waits for the start or the end of an execution. */
@Injectable()
export class ExecutionWaiter {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
  ) {}

  /** Waits until the process of an execution runs, the execution has ended, or the time is over. */
  untilStarted(id: string, timeoutMs: number): Promise<ExecutionRow> {
    return this.until(id, timeoutMs, (row) => row.pid !== null);
  }

  /**
   * Waits until an execution has ended or the time is over.
   * @param gone ends the wait at once, when nobody is there any more who would get the answer
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
    let wake = (): void => undefined;
    let changes = 0;
    const stop = this.events.on('execution.changed', ({ execution_id }) => {
      if (execution_id !== id) return;
      changes += 1;
      wake();
    });
    const onGone = () => wake();
    gone?.addEventListener('abort', onGone, { once: true });
    try {
      for (;;) {
        const before = changes;
        const row = await this.load(id);
        const left = deadline - Date.now();
        if (isFinal(row.status) || isReached(row) || left <= 0) return row;
        const waitsForPid = row.status === 'running' && row.pid === null;
        // a change that arrived during the query may be missing from its result
        if (changes === before)
          await pause(Math.min(left, waitsForPid ? pidRecheckMs : recheckMs), (resolve) => (wake = resolve));
      }
    } finally {
      stop();
      gone?.removeEventListener('abort', onGone);
    }
  }

  private async load(id: string): Promise<ExecutionRow> {
    const [row] = await this.database.query<ExecutionRow>(
      `SELECT e.*, ${whyWaiting} AS why_waiting FROM executions e WHERE e.id = $1`,
      [id],
    );
    return row!;
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
