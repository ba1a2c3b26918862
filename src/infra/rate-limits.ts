import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible';

export type RateLimiter = RateLimiterAbstract;

/** Makes limiters: counted in Redis in distributed mode, and in this process while Redis is away or absent. */
export class RateLimits {
  constructor(private readonly redis: Redis | undefined) {}

  /**
   * @param name names the counters; the same name in several processes counts together
   * @param points how many a key may use up
   * @param duration of the window, in seconds
   */
  create(name: string, points: number, duration: number): RateLimiter {
    const options = { keyPrefix: `millrace:limit:${name}`, points, duration };
    const memory = new RateLimiterMemory(options);
    if (!this.redis) return memory;
    return new RateLimiterRedis({ ...options, storeClient: this.redis, insuranceLimiter: memory });
  }
}
