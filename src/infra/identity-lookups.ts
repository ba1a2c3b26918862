import { Injectable } from '@nestjs/common';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Infrastructure } from './infrastructure.js';
import { poolShare } from './pool-share.js';

/** The queue of look-ups, each of which holds its request while it waits. */
const queue = { perUser: 200, inAll: 1_000, timeoutMs: 10_000 };

/**
 * Bounds the concurrent queries that authenticate requests. They precede all other limits of a user, and a client that sends a new token
 * with each request causes a query for each.
 */
@Injectable()
export class IdentityLookups {
  private readonly turns: TurnsPerUser;

  constructor({ config }: Infrastructure) {
    this.turns = new TurnsPerUser({ perUser: poolShare(config), inAll: Infinity }, queue);
  }

  /**
   * Runs a look-up when the owner's turn has come.
   * @param owner the user or, while it is not known, the network
   * @throws RATE_LIMIT_EXCEEDED when too many look-ups of the owner wait
   */
  take<T>(owner: string, look: () => Promise<T>): Promise<T> {
    return this.turns.take(owner, look);
  }
}
