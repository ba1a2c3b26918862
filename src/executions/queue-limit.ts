import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Queryable } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';

/** Counting 100,000 queued executions takes 8 ms, so far from the limit it is done once in this time. */
const countAgainMs = 1_000;
/** Nearer to the limit than this, every request counts. */
const margin = 5_000;

/** Keeps the queue from growing without bound; the limit is not exact to the last of requests that come at once. */
@Injectable()
export class QueueLimit {
  private count = 0;
  private countedAt = -Infinity;

  constructor(private readonly infrastructure: Infrastructure) {}

  /** @throws QUEUE_FULL */
  async check(db: Queryable): Promise<void> {
    const limit = this.infrastructure.config.QUEUE_LIMIT;
    const known = performance.now() - this.countedAt < countAgainMs;
    if (known && this.count < limit - margin) return;
    this.countedAt = performance.now();
    const [row] = await db.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM (SELECT 1 FROM executions WHERE status = 'queued' LIMIT $1) AS waiting",
      [limit],
    );
    this.count = row?.n ?? 0;
    if (this.count >= limit) throw new AppError('QUEUE_FULL', { limit }, { retryAfterSeconds: 5 });
  }
}
