import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Infrastructure } from './infrastructure.js';

/** The limit on sockets and output streams of one user, over all processes. */
export const connectionsPerUser = 50;
/** The time after which an entry of a dead process, which is no longer confirmed, does not count any more. */
const staleMs = 90_000;
const confirmMs = 30_000;

/** Removes stale entries of dead processes, counts the others and adds one if the limit allows it, atomically. */
const acquireScript = `
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  return 1`;

const keyOf = (userId: string) => `millrace:connections:${userId}`;

/**
 * Counts the connections of each user, which are sockets and output streams: over all API processes through Redis in distributed mode,
 * and in this process in single mode and while Redis is unreachable.
 */
@Injectable()
export class ConnectionCounts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly mine = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly infrastructure: Infrastructure) {}

  onApplicationBootstrap(): void {
    if (this.infrastructure.redis) this.timer = setInterval(() => void this.confirm(), confirmMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Adds a connection. @returns a function that releases it; undefined when the user has reached the limit */
  async acquire(userId: string): Promise<(() => void) | undefined> {
    const own = this.mine.get(userId) ?? new Set();
    if (own.size >= connectionsPerUser) return undefined;
    const id = newId();
    // added before anything is awaited, so that concurrent calls cannot exceed the limit
    own.add(id);
    this.mine.set(userId, own);
    const release = () => this.release(userId, id);
    if (await this.isFull(userId, id)) {
      release();
      return undefined;
    }
    return release;
  }

  private async isFull(userId: string, id: string): Promise<boolean> {
    const { redis } = this.infrastructure;
    if (!redis) return false;
    const now = Date.now();
    const answer = await redis
      .eval(acquireScript, 1, keyOf(userId), now - staleMs, connectionsPerUser, now, id, staleMs)
      .catch(() => 1);
    return answer === 0;
  }

  private release(userId: string, id: string): void {
    const own = this.mine.get(userId);
    own?.delete(id);
    if (own?.size === 0) this.mine.delete(userId);
    this.infrastructure.redis?.zrem(keyOf(userId), id).catch(() => undefined);
  }

  private async confirm(): Promise<void> {
    for (const [userId, ids] of this.mine) {
      const now = Date.now();
      const members = [...ids].flatMap((id) => [now, id]);
      await this.infrastructure.redis
        ?.multi()
        .zadd(keyOf(userId), ...members)
        .pexpire(keyOf(userId), staleMs)
        .exec()
        .catch(() => undefined);
    }
  }
}
