import type { QueryRunner } from 'typeorm';

/**
 * Builds indexes while the tables are written to. One whose name is taken is built beside the one of before, whose place it takes then, so
 * that queries always have one of the two.
 * @param indexes the definition of each by its name, from the table on
 */
export async function buildIndexes(runner: QueryRunner, indexes: Record<string, string>): Promise<void> {
  for (const [name, definition] of Object.entries(indexes)) {
    // one that was broken off is there and serves nothing
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}_new"`);
    await runner.query(`CREATE INDEX CONCURRENTLY "${name}_new" ON ${definition}`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
    await runner.query(`ALTER INDEX "${name}_new" RENAME TO "${name}"`);
  }
}

/** Drops indexes while the tables are used. */
export async function dropIndexes(runner: QueryRunner, names: string[]): Promise<void> {
  for (const name of names) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
}
