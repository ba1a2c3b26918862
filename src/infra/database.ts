import { createHash } from 'node:crypto';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import type { Logger } from '../common/logger.js';

/** Migrations of processes that start together must not overlap. */
const migrationLock = 7_102_001;

/** More statement texts than this are sent without a name, so that dynamic filters cannot fill the server's memory. */
const maxNamedStatements = 300;
const statementNames = new Map<string, string>();

/** How often a transaction that Postgres gave up to end a deadlock is begun again. */
const deadlockRetries = 3;

function nameOf(text: string): string | undefined {
  let name = statementNames.get(text);
  if (name === undefined && statementNames.size < maxNamedStatements) {
    name = createHash('sha1').update(text).digest('base64url').slice(0, 20);
    statementNames.set(text, name);
  }
  return name;
}

/** Anything that takes a statement: the pool, or one transaction. */
export interface Queryable {
  /** @returns the rows, also of `INSERT … RETURNING` and the like */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** One transaction; what is registered with `afterCommit` runs when it has become true, and never otherwise. */
export class Transaction implements Queryable {
  readonly commitHooks: (() => unknown)[] = [];

  constructor(private readonly client: PoolClient) {}

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.client.query<Row>({ name: nameOf(text), text, values: values as unknown[] });
    return rows;
  }

  afterCommit(hook: () => unknown): void {
    this.commitHooks.push(hook);
  }
}

/**
 * Raw access for what is hot or locks: prepared statements on the data source's own pool. Entities and plain reads
 * go through TypeORM's repositories (188–388 µs for a read by id against 43–165 µs here).
 */
export class Database implements Queryable {
  private readonly pool: Pool;

  constructor(
    readonly dataSource: DataSource,
    private readonly logger: Logger,
  ) {
    this.pool = (dataSource.driver as unknown as { master: Pool }).master;
    this.pool.on('error', (error) => this.logger.warn({ err: error }, 'an idle database connection broke'));
  }

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({ name: nameOf(text), text, values: values as unknown[] });
    return rows;
  }

  /**
   * Runs `work` in one transaction, and its commit hooks after the commit. A hook that fails is logged: the change is
   * true by then, and the reconciler mends what the hook was to do. After a deadlock `work` is run again, so it must
   * change nothing but the database.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let retriesLeft = deadlockRetries; ; retriesLeft -= 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (retriesLeft === 0 || !isDeadlock(error)) throw error;
      }
    }
  }

  private async attempt<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const tx = new Transaction(client);
    let result: T;
    try {
      await client.query('BEGIN');
      result = await work(tx);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release(isBroken(error));
      throw error;
    }
    client.release();
    for (const hook of tx.commitHooks) {
      try {
        await hook();
      } catch (error) {
        this.logger.error({ err: error }, 'a step after a commit failed');
      }
    }
    return result;
  }

  /** Figures of the pool: connections in use, idle, in all, and requests that wait for one. */
  get poolState(): { active: number; idle: number; total: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { active: totalCount - idleCount, idle: idleCount, total: totalCount, waiting: waitingCount };
  }

  /** Brings the schema up to date; one process does it, the others wait. */
  async migrate(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
      await this.dataSource.runMigrations();
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
      client.release();
    }
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}

/** A connection whose session state is unknown must not go back to the pool. */
function isBroken(error: unknown): boolean {
  return !(error instanceof Error && 'severity' in error && error.severity === 'ERROR');
}

/** The SQLSTATE of a unique violation, with the name of the constraint it met. */
export function uniqueViolation(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return undefined;
  return 'constraint' in error ? String(error.constraint) : '';
}
