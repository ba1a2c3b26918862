import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of projects: credentials that are bound to one project, each of a user of its own. */
export class ProjectKeys1796700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "credentials" ADD COLUMN "project_id" uuid`);
    await runner.query(
      `CREATE INDEX "credentials_project" ON "credentials" ("project_id", "id") WHERE project_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE "users" SET disabled = true WHERE kind = 'key'`);
    await runner.query(`DELETE FROM "credentials" WHERE project_id IS NOT NULL`);
    await runner.query(`ALTER TABLE "credentials" DROP COLUMN "project_id"`);
  }
}
