import { Injectable } from '@nestjs/common';
import { accountOf, type Actor, type Permission } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database, type Transaction } from './database.js';
import { Infrastructure } from './infrastructure.js';

/** The timeout of a read: after this time its client has probably given up, and others need the processor core. */
const statementMs = 8_000;
const queueLimits = { perUser: 100, inAll: 400, timeoutMs: 15_000 };

/**
 * Limits the concurrency of work that may occupy a connection and a core of Postgres for seconds: searches, sorts and counts without an
 * index, statistics over many rows, copies. Of reads and of writes, each user may do one at a time, and all users together may occupy
 * half of the connections.
 */
@Injectable()
export class HeavyWork {
  private readonly reads: TurnsPerUser;
  private readonly writes: TurnsPerUser;
  private confirms: (actor: Actor) => Promise<Actor> = (actor) => Promise.resolve(actor);

  constructor(
    private readonly database: Database,
    { config }: Infrastructure,
  ) {
    const inAll = Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 2));
    this.reads = new TurnsPerUser({ perUser: 1, inAll }, queueLimits);
    this.writes = new TurnsPerUser({ perUser: 1, inAll }, queueLimits);
  }

  /**
   * Runs a read in a transaction when the user's turn has come.
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when the turn does not come in time; SYSTEM_OVERLOADED when a statement takes too long
   */
  read<T>(actor: Actor, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.reads.take(accountOf(actor), () =>
      this.database.transaction((tx) => {
        tx.query(`SET LOCAL statement_timeout = ${statementMs}`).catch(() => undefined);
        return work(tx);
      }),
    );
  }

  /**
   * Runs a large write when the user's turn has come, for the actor as it is then.
   * @param required the permission that the actor must still have
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when the turn does not come in time; the errors of `confirm`
   */
  write<T>(actor: Actor, work: (actor: Actor) => Promise<T>, required: Permission = 'write'): Promise<T> {
    return this.writes.take(accountOf(actor), async () => work(await this.confirm(actor, required)));
  }

  /**
   * Checks an actor again whose writes had to wait, or take long.
   * @throws AUTH_TOKEN_EXPIRED, AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED, AUTH_INSUFFICIENT_PERMISSIONS when the actor has lost the permission
   */
  async confirm(actor: Actor, required: Permission = 'write'): Promise<Actor> {
    const confirmed = await this.confirms(actor);
    requirePermission(confirmed, required);
    return confirmed;
  }

  /** Sets how actors are checked again, which only a room of a higher rank can do. */
  confirmWith(confirms: (actor: Actor) => Promise<Actor>): void {
    this.confirms = confirms;
  }
}
