import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes } from './build-indexes.js';

/** Who had made an erased project, and the user id of its commands, which counts for the limit of projects of its maker. */
export class UserIdsOfErasedProjects1797100510000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "erased_projects" ADD COLUMN IF NOT EXISTS "created_by" uuid,
         ADD COLUMN IF NOT EXISTS "command_user_number" integer`,
    );
    await buildIndexes(runner, {
      erased_projects_created_by: '"erased_projects" ("created_by") WHERE command_user_number IS NOT NULL',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "erased_projects" DROP COLUMN "created_by", DROP COLUMN "command_user_number"`,
    );
  }
}
