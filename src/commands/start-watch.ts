import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { isFinal } from '../executions/execution-state.js';
import { whyWaiting } from '../executions/executions.queries.js';
import type { ExecutionRow } from '../executions/executions.schema.js';

/** The bus tells at once; a lost word costs this much. */
const recheckMs = 500;
/** The process id is written just after the start, and no event tells of it. */
const pidRecheckMs = 15;

/** Waits for what becomes of an execution. */
@Injectable()
export class StartWatch {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
  ) {}

  /** Waits until its process runs (or it has ended), at most for a time. */
  started(id: string, patienceMs: number): Promise<ExecutionRow> {
    return this.until(id, patienceMs, (row) => row.pid !== null);
  }

  /** Waits until it has ended, at most for a time. */
  ended(id: string, patienceMs: number): Promise<ExecutionRow> {
    return this.until(id, patienceMs, () => false);
  }

  private async until(
    id: string,
    patienceMs: number,
    enough: (row: ExecutionRow) => boolean,
  ): Promise<ExecutionRow> {
    const deadline = Date.now() + patienceMs;
    let wake = (): void => undefined;
    let changes = 0;
    const stop = this.events.on('execution.changed', ({ execution_id }) => {
      if (execution_id !== id) return;
      changes += 1;
      wake();
    });
    try {
      for (;;) {
        const before = changes;
        const row = await this.look(id);
        const left = deadline - Date.now();
        if (isFinal(row.status) || enough(row) || left <= 0) return row;
        const waitsForPid = row.status === 'running' && row.pid === null;
        // a change during the look may not be in what was seen
        if (changes === before)
          await pause(Math.min(left, waitsForPid ? pidRecheckMs : recheckMs), (resolve) => (wake = resolve));
      }
    } finally {
      stop();
    }
  }

  private async look(id: string): Promise<ExecutionRow> {
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
