import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the open sign-ins of a user, of which there are at most 100, however many have ended. Not in one transaction: sign-ins go on
 * while the index is built.
 */
export class OpenSignIns1795870000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // one that was broken off is there and serves nothing
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "auth_sessions_open"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "auth_sessions_open" ON "auth_sessions" ("user_id") WHERE revoked_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "auth_sessions_open"`);
  }
}
