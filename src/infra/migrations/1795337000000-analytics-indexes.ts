import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AnalyticsIndexes1795337000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX "tasks_created_by" ON "tasks"  ("created_by") `);
    await runner.query(
      `CREATE INDEX "tasks_project_completed" ON "tasks"  ("project_id", "completed_at") WHERE deleted_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."tasks_project_completed"`);
    await runner.query(`DROP INDEX "public"."tasks_created_by"`);
  }
}
