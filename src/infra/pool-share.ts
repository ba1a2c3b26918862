import type { Config } from '../common/config.js';

/** The number of requests of one user that may use the database at once: a quarter of the pool, and at least one. */
export function poolShare({ DATABASE_POOL_SIZE }: Pick<Config, 'DATABASE_POOL_SIZE'>): number {
  return Math.max(1, Math.floor(DATABASE_POOL_SIZE / 4));
}
