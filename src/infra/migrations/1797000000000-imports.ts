import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What imports have made, and who wrote an imported comment elsewhere. */
export class Imports1797000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "imported_entries" ("project_id" uuid NOT NULL, "key" text NOT NULL, "entity_id" uuid NOT NULL, CONSTRAINT "PK_imported_entries" PRIMARY KEY ("project_id", "key"))`,
    );
    await runner.query(`ALTER TABLE "comments" ADD COLUMN "imported_author" text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "comments" DROP COLUMN "imported_author"`);
    await runner.query(`DROP TABLE "imported_entries"`);
  }
}
