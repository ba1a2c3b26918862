import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes } from './build-indexes.js';

const time = 'TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now()';

/** Triggers, what reached them, and the messages that have started runs. */
export class Triggers1797100120000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "triggers" (
         "id" uuid NOT NULL, "project_id" uuid NOT NULL, "name" text NOT NULL, "description" text NOT NULL DEFAULT '',
         "enabled" boolean NOT NULL DEFAULT true, "task_id" uuid NOT NULL, "queue" smallint NOT NULL DEFAULT 1,
         "inputs_from" jsonb NOT NULL DEFAULT '{}', "filter" jsonb NOT NULL DEFAULT '{}', "token_hash" bytea NOT NULL,
         "sealed_token" bytea NOT NULL, "sealed_secret" bytea, "created_by" uuid NOT NULL, "created_at" ${time}, "updated_at" ${time},
         "version" integer NOT NULL DEFAULT 1, CONSTRAINT "PK_triggers" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "trigger_deliveries" (
         "id" uuid NOT NULL, "trigger_id" uuid NOT NULL, "project_id" uuid NOT NULL, "delivery_id" text, "event" text,
         "size" integer NOT NULL, "outcome" text NOT NULL, "reason" text, "message" text, "execution_id" uuid, "received_at" ${time},
         CONSTRAINT "PK_trigger_deliveries" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "run_payloads" (
         "id" uuid NOT NULL, "project_id" uuid NOT NULL, "body" bytea NOT NULL, "headers" jsonb NOT NULL, "size" integer NOT NULL,
         CONSTRAINT "PK_run_payloads" PRIMARY KEY ("id"))`,
    );
    await runner.query('ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "payload_id" uuid');
    await buildIndexes(runner, {
      triggers_project: '"triggers" ("project_id", "id")',
      trigger_deliveries_trigger: '"trigger_deliveries" ("trigger_id", "id")',
      trigger_deliveries_project: '"trigger_deliveries" ("project_id")',
      run_payloads_project: '"run_payloads" ("project_id")',
      executions_payload: '"executions" ("payload_id") WHERE payload_id IS NOT NULL',
    });
    await runner.query('CREATE UNIQUE INDEX IF NOT EXISTS "triggers_token" ON "triggers" ("token_hash")');
    await runner.query(
      'CREATE UNIQUE INDEX IF NOT EXISTS "trigger_deliveries_known" ON "trigger_deliveries" ("trigger_id", "delivery_id") WHERE delivery_id IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "executions" DROP COLUMN "payload_id"');
    for (const table of ['run_payloads', 'trigger_deliveries', 'triggers'])
      await runner.query(`DROP TABLE "${table}"`);
  }
}
