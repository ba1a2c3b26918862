import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes } from './build-indexes.js';

/** Inputs of tasks and of their runs, and what has started a run that nobody asked for: a schedule or a trigger. */
export class Inputs1797100110000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "inputs" jsonb NOT NULL DEFAULT '[]'`);
    await runner.query(
      `ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "inputs" jsonb NOT NULL DEFAULT '{}',
         ADD COLUMN IF NOT EXISTS "secret_inputs_id" uuid,
         ADD COLUMN IF NOT EXISTS "origin_type" text,
         ADD COLUMN IF NOT EXISTS "origin_id" uuid`,
    );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "input_secrets" (
         "id" uuid NOT NULL, "project_id" uuid NOT NULL, "sealed" bytea NOT NULL,
         CONSTRAINT "PK_input_secrets" PRIMARY KEY ("id"))`,
    );
    await buildIndexes(runner, {
      input_secrets_project: '"input_secrets" ("project_id")',
      executions_secret_inputs: '"executions" ("secret_inputs_id") WHERE secret_inputs_id IS NOT NULL',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "input_secrets"');
    await runner.query(
      `ALTER TABLE "executions" DROP COLUMN "inputs", DROP COLUMN "secret_inputs_id", DROP COLUMN "origin_type", DROP COLUMN "origin_id"`,
    );
    await runner.query('ALTER TABLE "tasks" DROP COLUMN "inputs"');
  }
}
