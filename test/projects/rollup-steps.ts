import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { connectionSettings } from '../../src/infra/data-source.js';
import { ConnectionPool, type Database, type Queryable } from '../../src/infra/database.js';
import { TestDatabase } from '../support/database.js';

type Adding = (db: Pick<Database, 'transaction'>) => Promise<boolean>;

/** A database of its own without a server, so that nothing is added up but by the test, and two processes that add up. */
export class RollupTest {
  private constructor(
    private readonly database: TestDatabase,
    readonly db: ConnectionPool,
    private readonly other: ConnectionPool,
  ) {}

  static async create(): Promise<RollupTest> {
    const database = await TestDatabase.create(inject('postgresUrl'));
    const process = () => {
      const pool = new Pool({ ...connectionSettings, connectionString: database.url, max: 2 });
      return new ConnectionPool(pool, pino({ enabled: false }));
    };
    return new RollupTest(database, process(), process());
  }

  async close(): Promise<void> {
    await Promise.all([this.db.close(), this.other.close()]);
    await this.database.drop();
  }

  /** Adds up in two processes at the same time. */
  async addUp(step: Adding): Promise<void> {
    const all = async (db: ConnectionPool) => {
      while (await step(db)) continue;
    };
    await Promise.all([all(this.db), all(this.other)]);
    // the one that has found the lock taken has given up
    await all(this.db);
  }

  /** Adds up a step, and kills the process before its commit. */
  async addUpKilled(step: Adding): Promise<void> {
    const killed: Pick<Database, 'transaction'> = {
      transaction: (work) =>
        this.other.transaction(async (tx) => {
          await work(tx);
          await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
          throw new Error('the process lives');
        }),
    };
    await step(killed).then(
      () => Promise.reject(new Error('the step was not killed')),
      (error: Error) => {
        if (error.message === 'the process lives') throw error;
      },
    );
  }

  /** Returns the number of blocks that a read touches. */
  async blocksOf(read: (db: Queryable) => Promise<unknown>): Promise<number> {
    const client = new Client({ connectionString: this.database.url });
    await client.connect();
    let blocks = 0;
    const query = async (text: string, values: readonly unknown[] = []) => {
      // the first call of a connection reads the catalogue too
      for (let turn = 0; turn < 3; turn += 1) {
        const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, [...values]);
        const { Plan } = rows[0]['QUERY PLAN'][0];
        blocks = Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
      }
      throw new Error('explained');
    };
    await read({ query }).catch((error: Error) => {
      if (error.message !== 'explained') throw error;
    });
    await client.end();
    return blocks;
  }
}

/** Random integers below a bound, the same in each run of the test (mulberry32). */
export function randomIntegers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Computes a percentile like `percentile_cont`; null without values. */
export function percentileOf(values: readonly number[], fraction: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = fraction * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return low + (high - low) * (rank - Math.floor(rank));
}

/** The stated accuracy of percentiles, and half a millisecond for the rounding of each value. */
export const isNear = (value: number | null, exact: number | null): boolean =>
  value === null || exact === null ? value === exact : Math.abs(value - exact) <= 0.02 * Math.abs(exact) + 1;
