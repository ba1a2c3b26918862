import type { MigrationInterface, QueryRunner } from 'typeorm';

const indexes = {
  tasks_created_by: '("created_by")',
  tasks_project_completed: '("project_id", "completed_at") WHERE deleted_at IS NULL',
};

/** Drops the indexes of the sums that are kept by now: each change of a task wrote an entry to them. */
export class UnreadTaskIndexes1795950000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(indexes))
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(indexes))
      await runner.query(`CREATE INDEX CONCURRENTLY "${name}" ON "tasks" ${columns}`);
  }
}
