import { Injectable } from '@nestjs/common';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database, type Transaction } from './database.js';
import { Infrastructure } from './infrastructure.js';

/** A read that takes longer is given up: who asked has long stopped waiting, and others want the core. */
const statementMs = 8_000;
const line = { perUser: 100, inAll: 400, patienceMs: 15_000 };

/**
 * Work that may keep a connection and a core of Postgres busy for seconds: searches, sorts and counts that no index serves,
 * figures over many rows, copies. A user does one at a time of each kind, and of each kind all together take half of the connections.
 */
@Injectable()
export class HeavyWork {
  private readonly reads: TurnsPerUser;
  private readonly writes: TurnsPerUser;

  constructor(
    private readonly database: Database,
    { config }: Infrastructure,
  ) {
    const inAll = Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 2));
    this.reads = new TurnsPerUser({ perUser: 1, inAll }, line);
    this.writes = new TurnsPerUser({ perUser: 1, inAll }, line);
  }

  /**
   * Reads, in one transaction, when the user's turn has come.
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when it does not come in time; SYSTEM_OVERLOADED for a statement that takes too long
   */
  read<T>(userId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.reads.take(userId, () =>
      this.database.transaction((tx) => {
        tx.query(`SET LOCAL statement_timeout = ${statementMs}`).catch(() => undefined);
        return work(tx);
      }),
    );
  }

  /** Does what writes much, when the user's turn has come. @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when it does not come in time */
  write<T>(userId: string, work: () => Promise<T>): Promise<T> {
    return this.writes.take(userId, work);
  }
}
