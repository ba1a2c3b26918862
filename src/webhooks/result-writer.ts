import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../common/logger.js';
import { deliveryTries } from '../common/metrics.js';
import type { Queryable } from '../infra/database.js';
import { storeResults, type DeliveryResult } from './outbox.queries.js';

const batchSize = 500;

/**
 * Stores results in batches: results that arrive during a statement are stored by the next one, since a statement for each would cost as
 * much as the sending. While the database is unreachable they are kept in memory; if this process ends by then, the leases expire and the
 * messages are sent again.
 */
export class ResultWriter {
  private readonly waiting: DeliveryResult[] = [];
  private writing: Promise<void> | undefined;

  constructor(
    private readonly database: Queryable,
    private readonly logger: Logger,
    private readonly listeners: {
      onRetry: (inMs: number) => void;
      onStored: (results: readonly DeliveryResult[]) => Promise<void>;
    },
  ) {}

  get backlog(): number {
    return this.waiting.length;
  }

  add(result: DeliveryResult): void {
    this.waiting.push(result);
    const outcome = result.status === 'pending' ? 'retried' : result.status;
    deliveryTries.observe({ outcome }, (result.durationMs ?? 0) / 1000);
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  /** Waits until all results are stored, for `ms` at most. */
  async drain(ms: number): Promise<void> {
    await Promise.race([this.writing, sleep(ms, undefined, { ref: false })]);
  }

  private async write(): Promise<void> {
    let pause = 0;
    // collects a batch, and makes sure that `writing` is set before the loop ends
    await sleep(2);
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, batchSize);
      try {
        await storeResults(this.database, batch);
        this.waiting.splice(0, batch.length);
        for (const { retryInMs } of batch) if (retryInMs !== null) this.listeners.onRetry(retryInMs);
        await this.listeners.onStored(batch);
        if (pause > 0) this.logger.info('results of webhook deliveries are stored again');
        pause = 0;
      } catch (error) {
        if (pause === 0)
          this.logger.warn({ err: error }, 'results of webhook deliveries cannot be stored, will try again');
        pause = Math.min(Math.max(pause * 2, 250), 5_000);
        await sleep(pause, undefined, { ref: false });
      }
    }
  }
}
