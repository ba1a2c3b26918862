import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../common/logger.js';
import { deliveryTries } from '../common/metrics.js';
import type { Queryable } from '../infra/database.js';
import { storeResults, type DeliveryResult } from './outbox.queries.js';

const batchSize = 500;

/**
 * Writes results in batches: what comes in during one statement goes with the next (one statement a result would cost
 * as much as the sending). While the database is away they are kept; should this process end before it is back, the
 * leases pass and the messages are sent again.
 */
export class ResultWriter {
  private readonly waiting: DeliveryResult[] = [];
  private writing: Promise<void> | undefined;

  constructor(
    private readonly database: Queryable,
    private readonly logger: Logger,
    private readonly hear: {
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

  /** Waits until all is written, but not longer than `ms`. */
  async drain(ms: number): Promise<void> {
    await Promise.race([this.writing, sleep(ms, undefined, { ref: false })]);
  }

  private async write(): Promise<void> {
    let pause = 0;
    // a moment to gather, also so that `writing` is set before the first look
    await sleep(2);
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, batchSize);
      try {
        await storeResults(this.database, batch);
        this.waiting.splice(0, batch.length);
        for (const { retryInMs } of batch) if (retryInMs !== null) this.hear.onRetry(retryInMs);
        await this.hear.onStored(batch);
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
