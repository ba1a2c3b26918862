import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UserUsage1795730100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "user_usage" ("user_id" uuid NOT NULL, "stored_bytes" bigint NOT NULL DEFAULT '0', CONSTRAINT "PK_user_usage" PRIMARY KEY ("user_id"))`,
    );
    // a counter changes all the time: room for its versions on the same page
    await runner.query(`ALTER TABLE "user_usage" SET (fillfactor = 50)`);
    await runner.query(
      `INSERT INTO user_usage (user_id, stored_bytes)
       SELECT requested_by, sum(output_bytes) FROM executions
        WHERE project_id IS NULL AND output_pruned_at IS NULL AND output_bytes > 0 AND finished_at IS NOT NULL
        GROUP BY requested_by`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "user_usage"`);
  }
}
