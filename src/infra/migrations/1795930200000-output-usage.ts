import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A counter a connection: that of the project was locked by the end of each run with output, until it was on disk. */
export class OutputUsage1795930200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "output_usage" ("owner" uuid NOT NULL, "shard" integer NOT NULL, "bytes" bigint NOT NULL, CONSTRAINT "PK_01f47bb2e7a38ae2cb86fc3b1b6" PRIMARY KEY ("owner", "shard"))`,
    );
    // counters change all the time: room for their versions on the same page
    await runner.query(`ALTER TABLE "output_usage" SET (fillfactor = 50)`);
    // what ends meanwhile waits, and is not counted twice or not at all
    await runner.query(`LOCK TABLE projects, user_usage IN ACCESS EXCLUSIVE MODE`);
    await runner.query(
      `INSERT INTO output_usage SELECT id, 0, stored_bytes FROM projects WHERE stored_bytes <> 0
        UNION ALL SELECT user_id, 0, stored_bytes FROM user_usage WHERE stored_bytes <> 0`,
    );
    await runner.query(`ALTER TABLE "projects" DROP COLUMN "stored_bytes"`);
    await runner.query(`DROP TABLE "user_usage"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "user_usage" ("user_id" uuid NOT NULL, "stored_bytes" bigint NOT NULL DEFAULT '0', CONSTRAINT "PK_user_usage" PRIMARY KEY ("user_id"))`,
    );
    await runner.query(`ALTER TABLE "user_usage" SET (fillfactor = 50)`);
    await runner.query(`ALTER TABLE "projects" ADD "stored_bytes" bigint NOT NULL DEFAULT '0'`);
    const sums = 'SELECT owner, greatest(0, sum(bytes)) AS bytes FROM output_usage GROUP BY owner';
    await runner.query(
      `UPDATE projects p SET stored_bytes = s.bytes FROM (${sums}) AS s WHERE p.id = s.owner`,
    );
    await runner.query(
      `INSERT INTO user_usage SELECT u.id, s.bytes FROM (${sums}) AS s JOIN users u ON u.id = s.owner`,
    );
    await runner.query(`DROP TABLE "output_usage"`);
  }
}
