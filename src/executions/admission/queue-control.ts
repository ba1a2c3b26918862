import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/permissions.js';
import { countRows, Database, type Transaction } from '../../infra/database.js';
import { ExecutionQueue, type QueuedJob } from '../../infra/execution-queue.js';
import { ExecutionLifecycle } from '../transitions/execution-lifecycle.js';

/** How many executions are cancelled concurrently while a queue is cleared; each is a transaction of its own. */
const clearedAtOnce = 8;

/** Pauses, resumes and clears queues, and moves executions between them. Postgres decides; the queue follows after the commit. */
@Injectable()
export class QueueControl {
  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly lifecycle: ExecutionLifecycle,
  ) {}

  /** Pauses a queue and revokes its admitted executions that have not started; a worker that gets such a job cannot claim it. */
  async pause(tx: Transaction, queue: number, actor: Actor, reason: string | null): Promise<Date> {
    const [state] = await tx.query<{ changed_at: Date }>(
      `INSERT INTO queue_states (queue, paused, reason, changed_by, changed_at) VALUES ($1, true, $2, $3, now())
       ON CONFLICT (queue) DO UPDATE SET paused = true, reason = excluded.reason, changed_by = excluded.changed_by,
         changed_at = excluded.changed_at RETURNING changed_at`,
      [queue, reason, actor.id],
    );
    const taken = await tx.query<QueuedJob & Record<string, unknown>>(
      `UPDATE executions SET admitted_at = NULL
        WHERE status = 'queued' AND queue = $1 AND admitted_at IS NOT NULL RETURNING id, runs_on`,
      [queue],
    );
    tx.afterCommit(async () => {
      for (const job of taken) await this.queue.remove(job);
    });
    return state!.changed_at;
  }

  async resume(tx: Transaction, queue: number, actor: Actor): Promise<Date> {
    const [state] = await tx.query<{ changed_at: Date }>(
      `INSERT INTO queue_states (queue, paused, changed_by, changed_at) VALUES ($1, false, $2, now())
       ON CONFLICT (queue) DO UPDATE SET paused = false, reason = NULL, changed_by = excluded.changed_by,
         changed_at = excluded.changed_at RETURNING changed_at`,
      [queue, actor.id],
    );
    tx.afterCommit(() => this.lifecycle.admitWaiting());
    return state!.changed_at;
  }

  /**
   * Cancels the queued executions of a queue, in small steps.
   * @param deadline Unix time in milliseconds after which no further step is begun
   * @returns how many were cancelled, and how many are left
   */
  async clear(
    queue: number,
    actor: Actor,
    reason: string,
    deadline: number,
  ): Promise<{ cleared: number; left: number }> {
    let cleared = 0;
    for (;;) {
      const waiting = await this.database.query<{ id: string }>(
        `SELECT id FROM executions WHERE status = 'queued' AND queue = $1 ORDER BY boosted DESC, id DESC LIMIT $2`,
        [queue, clearedAtOnce],
      );
      if (waiting.length === 0) return { cleared, left: 0 };
      if (Date.now() > deadline) {
        const left = await countRows(
          this.database,
          "FROM executions WHERE status = 'queued' AND queue = $1",
          [queue],
        );
        return { cleared, left };
      }
      const ended = await Promise.all(
        waiting.map(({ id }) =>
          this.database.transaction((tx) => this.lifecycle.cancelQueued(tx, id, actor, reason)),
        ),
      );
      cleared += ended.filter(Boolean).length;
    }
  }

  /**
   * Moves a queued execution to another queue.
   * @returns false when it is not queued any more
   */
  async move(tx: Transaction, executionId: string, queue: number): Promise<boolean> {
    // the admission of the execution is revoked, and it is admitted again if nothing blocks it in the new queue
    const [moved] = await tx.query<QueuedJob & Record<string, unknown>>(
      `UPDATE executions SET queue = $2, boosted = false, admitted_at = NULL WHERE id = $1 AND status = 'queued' RETURNING id, runs_on`,
      [executionId, queue],
    );
    if (!moved) return false;
    tx.afterCommit(async () => {
      await this.queue.remove(moved);
      await this.lifecycle.admitWaiting();
    });
    return true;
  }
}
