import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a run ended, beside the change of its task's status. A column without a default is added without reading the table. */
export class RunInActivity1795860000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "activity" ADD "run" jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "activity" DROP COLUMN "run"`);
  }
}
