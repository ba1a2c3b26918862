import { Injectable } from '@nestjs/common';
import { backgroundTurn } from '../../common/background-turns.js';
import type { Transaction } from '../../infra/database.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionPublisher } from './execution-publisher.js';
import { insertChosenExecutions, type NewExecution } from './new-executions.queries.js';

/** How many new executions are published without a pause. */
const publishedAtOnce = 50;

/** Queues many executions in one transaction. */
@Injectable()
export class ExecutionBatches {
  constructor(
    private readonly lifecycle: ExecutionLifecycle,
    private readonly publisher: ExecutionPublisher,
  ) {}

  /**
   * Stores the new executions whose id a statement before in the packet of the commit has chosen (see `chosen-rows.ts`), each the current one
   * of another task. After the commit they are published, and what nothing blocks is admitted in the background. Whether the queue has
   * room is for the caller to check.
   */
  enqueueChosen(tx: Transaction, executions: readonly NewExecution[]): void {
    const queued = tx.withCommit(() => insertChosenExecutions(tx, executions));
    tx.afterCommit(async () => {
      const results = await queued;
      for (const [index, result] of results.entries()) {
        if (index % publishedAtOnce === 0) await backgroundTurn();
        this.publisher.queued(result);
      }
      const groups = new Set(executions.flatMap(({ concurrency_group }) => concurrency_group ?? []));
      await this.lifecycle.admitNew(results, [...groups]);
    });
  }
}
