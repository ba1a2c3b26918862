import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { AppError } from '../common/errors.js';
import type { Logger } from '../common/logger.js';

/** The number of named prepared statements; others are unnamed, so that dynamic filters cannot fill the memory of the server. */
const maxNamedStatements = 300;
const statementNames = new Map<string, string>();

/** How often a statement or transaction is retried that Postgres aborted to resolve a deadlock. */
const deadlockRetries = 3;

function nameOf(text: string): string | undefined {
  let name = statementNames.get(text);
  if (name === undefined && statementNames.size < maxNamedStatements) {
    name = createHash('sha1').update(text).digest('base64url').slice(0, 20);
    statementNames.set(text, name);
  }
  return name;
}

/** Anything that executes statements: a pool or a transaction. */
export interface Queryable {
  /** @returns the rows, also those of a RETURNING clause */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Counts the rows of a `FROM … WHERE …` clause. */
export async function countRows(db: Queryable, from: string, values: readonly unknown[]): Promise<number> {
  const [counted] = await db.query<{ n: number }>(`SELECT count(*)::int AS n ${from}`, values);
  return counted?.n ?? 0;
}

/** The pattern of LIKE for what contains a text, whose own wildcards stand for themselves. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Rows of a list that has no kept count are counted up to this number, so that counting costs no more in a longer list. */
export const mostCounted = 10_000;

/** Counts the rows of a `FROM … WHERE …` clause, at most 10,000. */
export async function countSome(
  db: Queryable,
  from: string,
  values: readonly unknown[],
): Promise<{ n: number; isExact: boolean }> {
  const n = await countRows(db, `FROM (SELECT 1 ${from} LIMIT ${mostCounted + 1}) AS counted`, values);
  return { n: Math.min(n, mostCounted), isExact: n <= mostCounted };
}

/** A client of `pg` in pipeline mode, which sends statements before the results of earlier ones have arrived. */
type PipelinedClient = PoolClient & { connection: { stream: Socket } };

/**
 * A transaction. Hooks that are registered with `afterCommit` run only when it was committed. Statements that are sent without awaiting
 * the previous ones leave in one packet: BEGIN with the first of them, the last ones with COMMIT. A round trip costs more than most
 * statements.
 */
export class Transaction implements Queryable {
  readonly commitHooks: (() => unknown)[] = [];
  private readonly last: (() => Promise<unknown>)[] = [];
  private readonly behind: (() => Promise<unknown>)[] = [];
  private corked = false;
  private over = false;

  /** @param isPreparing whether statements are named, so that Postgres parses and plans each of them once a connection */
  constructor(
    private readonly client: PipelinedClient,
    private readonly isPreparing = true,
  ) {}

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    // when one of several concurrent queries has failed, the code after the others must not run statements outside the transaction
    if (this.over) throw new Error('The transaction is over');
    this.cork();
    const name = this.isPreparing ? nameOf(text) : undefined;
    const { rows } = await this.client.query<Row>({ name, text, values: values as unknown[] });
    return rows;
  }

  /**
   * Sends statements in one packet with the commit, after all others. The result must only be awaited after the transaction, such as in
   * a commit hook: within the transaction the promise never resolves.
   * @param send must send its statements before it awaits anything; when one of them fails, the transaction is rolled back
   */
  withCommit<T>(send: () => Promise<T>): Promise<T> {
    return sentLater(send, this.last);
  }

  /** Sends a read in one packet with the commit, but after it, so that it does not delay the release of locks. */
  behindCommit<T>(send: () => Promise<T>): Promise<T> {
    return sentLater(send, this.behind);
  }

  afterCommit(hook: () => unknown): void {
    this.commitHooks.push(hook);
  }

  /** Sends BEGIN. Its result is not awaited: when it fails, the first statement fails as well. */
  begin(): void {
    this.cork();
    this.client.query('BEGIN').catch(() => undefined);
  }

  async commit(): Promise<void> {
    this.cork();
    // after a failed statement COMMIT does a rollback
    const sent = [...this.last.map((send) => send()), this.client.query('COMMIT')];
    const behind = this.behind.map((send) => send());
    this.over = true;
    // the callers of `behindCommit` receive the errors
    void Promise.allSettled(behind);
    const failed = (await Promise.allSettled(sent)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** @returns false when the connection is in an unknown state and must be closed */
  async rollback(): Promise<boolean> {
    this.over = true;
    return this.client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
  }

  /** Corks the socket until the next tick, so that everything that is sent by then leaves in one write. */
  private cork(): void {
    if (this.corked) return;
    const { stream } = this.client.connection;
    this.corked = true;
    stream.cork();
    process.nextTick(() => {
      this.corked = false;
      stream.uncork();
    });
  }
}

/**
 * A pool of connections for prepared statements, used for frequent statements and those with locks. Entities and plain reads go through
 * TypeORM's repositories (188–388 µs for a read by id, against 43–165 µs here).
 */
export class ConnectionPool implements Queryable {
  constructor(
    protected readonly pool: Pool,
    private readonly logger: Logger,
    private readonly isPreparing = true,
  ) {
    pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
  }

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const name = this.isPreparing ? nameOf(text) : undefined;
    const config = { name, text, values: values as unknown[] };
    const { rows } = await retryDeadlocks(() => this.pool.query<Row>(config));
    return rows;
  }

  /**
   * Runs `work` in a transaction, and its commit hooks after the commit. The error of a hook is logged, since the change is committed by
   * then, and the reconciler repairs what the hook has not done. After a deadlock `work` is run again, so it must have no effects outside
   * the database.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T> | T): Promise<T> {
    return retryDeadlocks(() => this.attempt(work));
  }

  private async attempt<T>(work: (tx: Transaction) => Promise<T> | T): Promise<T> {
    const client = await this.pool.connect();
    const tx = new Transaction(client as PipelinedClient, this.isPreparing);
    let result: T;
    try {
      tx.begin();
      result = await work(tx);
      await tx.commit();
    } catch (error) {
      client.release(!(await tx.rollback()));
      throw refusalOf(error) ?? error;
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

  /** The number of connections that are active, idle and open in total, and of requests that wait for one. */
  get poolState(): { active: number; idle: number; total: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { active: totalCount - idleCount, idle: idleCount, total: totalCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** The pool of API requests, which is that of the TypeORM data source, and the schema. */
export class Database extends ConnectionPool {
  constructor(
    readonly dataSource: DataSource,
    logger: Logger,
  ) {
    super((dataSource.driver as unknown as { master: Pool }).master, logger);
  }

  /** Lists the migrations that the schema lacks, such as after an older backup was restored. */
  async pendingMigrations(db: Queryable): Promise<string[]> {
    return (await this.compareMigrations(db)).pending;
  }

  /** Compares the schema with this version: what it lacks, and what only a newer version knows. */
  async compareMigrations(db: Queryable): Promise<{ pending: string[]; unknown: string[] }> {
    const rows = await db.query<{ name: string }>('SELECT name FROM migrations');
    const done = new Set(rows.map(({ name }) => name));
    const known = this.dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    const names = new Set(known);
    return {
      pending: known.filter((name) => !done.has(name)),
      unknown: [...done].filter((name) => !names.has(name)),
    };
  }

  override async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** Registers `send` for the commit. @returns a promise of its result */
function sentLater<T>(send: () => Promise<T>, later: (() => Promise<unknown>)[]): Promise<T> {
  const given = new Promise<T>((resolve, reject) => {
    later.push(() => {
      const sent = send();
      sent.then(resolve, reject);
      return sent;
    });
  });
  // when the transaction fails nobody awaits this promise, and the error is thrown by the transaction itself
  given.catch(() => undefined);
  return given;
}

/** Retries an attempt that Postgres has aborted to resolve a deadlock, and which has had no effect. */
async function retryDeadlocks<T>(attempt: () => Promise<T>): Promise<T> {
  for (let retriesLeft = deadlockRetries; ; retriesLeft -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retriesLeft === 0 || !isDeadlock(error)) throw error;
    }
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}

/** Converts the error of our trigger on the number of tasks in a project. */
function refusalOf(error: unknown): AppError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'MR001') return undefined;
  const details = 'detail' in error ? JSON.parse(String(error.detail)) : {};
  return new AppError('PROJECT_LIMIT_EXCEEDED', details as Record<string, unknown>);
}

/** Whether an SQL function of ours has raised `no_data_found`. */
export function isNoData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P0002';
}

/** Returns the name of the constraint of a unique violation; undefined for other errors. */
export function uniqueViolation(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return undefined;
  return 'constraint' in error ? String(error.constraint) : '';
}
