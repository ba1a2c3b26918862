import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible';

export type RateLimiter = RateLimiterAbstract;

/** Creates rate limiters. They count in Redis in distributed mode, and in this process when Redis is unreachable or not used. */
export class RateLimiterFactory {
  constructor(private readonly redis: Redis | undefined) {}

  /**
   * @param name the name of the counters, which processes with the same name share
   * @param points the number of points that a key may consume
   * @param duration the length of the window, in seconds
   */
  create(name: string, points: number, duration: number): RateLimiter {
    const options = { keyPrefix: `millrace:limit:${name}`, points, duration };
    const memory = new RateLimiterMemory(options);
    if (!this.redis) return memory;
    return new RateLimiterRedis({ ...options, storeClient: this.redis, insuranceLimiter: memory });
  }
}
