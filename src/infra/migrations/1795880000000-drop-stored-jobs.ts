import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Drops the tables in which BullMQ kept the jobs of single mode. They held ids of executions only: what is admitted is in `executions`.
 * A schema of another owner is left alone.
 */
export class DropStoredJobs1795880000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DO $$ BEGIN
         DROP SCHEMA IF EXISTS bullmq CASCADE;
       EXCEPTION WHEN insufficient_privilege THEN
         RAISE NOTICE 'The schema "bullmq" is not used any more and belongs to another user';
       END $$`,
    );
  }

  async down(): Promise<void> {
    // an older version makes its tables itself
  }
}
