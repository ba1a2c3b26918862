import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A table of a row a project: the column that it replaces made creators of tasks wait for whoever had locked the project. */
export class TaskNumbers1795850000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "task_numbers" ("project_id" uuid NOT NULL, "next" integer NOT NULL, CONSTRAINT "PK_6f0cd6c6ba8b7ec1d0e6b1d9c2a" PRIMARY KEY ("project_id"))`,
    );
    // pages keep room for new versions of their rows, which change with every task
    await runner.query(`ALTER TABLE "task_numbers" SET (fillfactor = 50)`);
    await runner.query(
      `INSERT INTO "task_numbers" ("project_id", "next") SELECT id, next_number FROM projects`,
    );
    await runner.query(`ALTER TABLE "projects" DROP COLUMN "next_number"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "projects" ADD "next_number" integer NOT NULL DEFAULT '1'`);
    await runner.query(
      `UPDATE "projects" p SET "next_number" = n.next FROM "task_numbers" n WHERE n.project_id = p.id`,
    );
    await runner.query(`DROP TABLE "task_numbers"`);
  }
}
