import { Injectable } from '@nestjs/common';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Infrastructure } from './infrastructure.js';

const line = { perUser: 200, inAll: 1_000, timeoutMs: 10_000 };

/**
 * Bounds how many queries at once find out whom requests are from: they come before whatever else bounds a user, and a client that
 * sends a new token each time has one for each request.
 */
@Injectable()
export class IdentityLookups {
  private readonly turns: TurnsPerUser;

  constructor({ config }: Infrastructure) {
    const perUser = Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 4));
    this.turns = new TurnsPerUser({ perUser, inAll: Infinity }, line);
  }

  /**
   * Looks something up when the owner's turn has come.
   * @param owner the user or, while it is not known, the network
   * @throws RATE_LIMIT_EXCEEDED when too many of the owner's wait
   */
  take<T>(owner: string, look: () => Promise<T>): Promise<T> {
    return this.turns.take(owner, look);
  }
}
