import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

/**
 * What the rows of an erased project are found by. Only ended runs have an entry: a run that waits or works is changed several times, and
 * each time would add one. A project that is erased has no others.
 */
const indexes = {
  executions_ended_of: `"executions" ("project_id", "id") WHERE finished_at IS NOT NULL AND project_id IS NOT NULL`,
  attachments_project: `"attachments" ("project_id", "id")`,
  sessions_project: `"sessions" ("project_id") WHERE project_id IS NOT NULL`,
};

/** Projects that were deleted for good. Indexes are built beside the work, so it is not one transaction. */
export class ErasedProjects1796900000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "erased_projects" ("id" uuid NOT NULL, "erased_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "empty_at" TIMESTAMP(3) WITH TIME ZONE, "finished_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_erased_projects" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX IF NOT EXISTS "erased_projects_unfinished" ON "erased_projects" ("id") WHERE finished_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX IF NOT EXISTS "erased_projects_erased" ON "erased_projects" ("erased_at")`,
    );
    await buildIndexes(runner, indexes);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexes(runner, Object.keys(indexes));
    await runner.query(`DROP TABLE IF EXISTS "erased_projects"`);
  }
}
