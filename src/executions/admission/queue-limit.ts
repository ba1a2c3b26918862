import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors.js';
import type { Queryable } from '../../infra/database.js';
import { Infrastructure } from '../../infra/infrastructure.js';

/** Counts are cached for this time far from the limit, since counting 100,000 queued executions takes 8 ms. */
const cacheMs = 1_000;
/** With fewer free places than this, every request counts anew. */
const margin = 5_000;
/** The most users whose counts are cached. */
const maxCachedCounts = 10_000;

const queued = "SELECT 1 FROM executions WHERE status = 'queued'";

/** An SQL expression for the user for whose limits the user $2 counts. */
const account = '(SELECT coalesce(u.account_id, u.id) FROM users u WHERE u.id = $2)';

const ofUser = `${queued} AND account_id = ${account}`;

/** Bounds the number of queued executions; concurrent requests may exceed the limits slightly. */
@Injectable()
export class QueueLimit {
  /** Cached counts of queued executions by user; the key '' is for those of all users. */
  private readonly counts = new Map<string, { queued: number; at: number }>();

  constructor(private readonly infrastructure: Infrastructure) {}

  /** @throws QUEUE_FULL; RESOURCE_LIMIT_EXCEEDED when this user has too many queued */
  async check(db: Queryable, userId: string): Promise<void> {
    const { QUEUE_LIMIT: limit, MAX_QUEUED_PER_USER } = this.infrastructure.config;
    if (await this.isReached(db, '', queued, limit))
      throw new AppError('QUEUE_FULL', { limit }, { retryAfterSeconds: 5 });
    // by default, one user can fill only half of the queue
    const most = MAX_QUEUED_PER_USER ?? Math.ceil(limit / 2);
    if (await this.isReached(db, userId, ofUser, most))
      throw new AppError(
        'RESOURCE_LIMIT_EXCEEDED',
        { limit: 'max_queued_per_user', value: most },
        { message: 'You have too many queued executions', retryAfterSeconds: 5 },
      );
  }

  /** Whether so many more executions of a user may be queued, 1,000 at most. */
  async hasRoom(db: Queryable, userId: string, more: number): Promise<boolean> {
    const { QUEUE_LIMIT: limit, MAX_QUEUED_PER_USER } = this.infrastructure.config;
    const most = MAX_QUEUED_PER_USER ?? Math.ceil(limit / 2);
    return !(
      (await this.isReached(db, '', queued, limit, more)) ||
      (await this.isReached(db, userId, ofUser, most, more))
    );
  }

  private async isReached(
    db: Queryable,
    whose: string,
    rows: string,
    limit: number,
    more = 1,
  ): Promise<boolean> {
    const now = performance.now();
    const known = this.counts.get(whose);
    if (known && now - known.at < cacheMs && known.queued < limit - margin) return false;
    const [row] = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM (${rows} LIMIT $1) AS waiting`,
      whose === '' ? [limit] : [limit, whose],
    );
    const count = row?.n ?? 0;
    if (this.counts.size >= maxCachedCounts) this.counts.clear();
    this.counts.set(whose, { queued: count, at: now });
    return count + more > limit;
  }
}
