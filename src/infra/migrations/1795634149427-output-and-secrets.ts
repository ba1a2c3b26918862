import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OutputAndSecrets1795634149427 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "project_secrets" ("project_id" uuid NOT NULL, "name" text NOT NULL, "sealed" bytea NOT NULL, "size" integer NOT NULL, "updated_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_41ad2017a2aa97541d1f181d6e9" PRIMARY KEY ("project_id", "name"))`,
    );
    await runner.query(`ALTER TABLE "executions" ADD "output_omitted" bigint NOT NULL DEFAULT '0'`);
    await runner.query(`ALTER TABLE "executions" ADD "output_pruned_at" TIMESTAMP(3) WITH TIME ZONE`);
    await runner.query(`ALTER TABLE "executions" ADD "output_pruning" boolean NOT NULL DEFAULT false`);
    await runner.query(
      `CREATE INDEX "executions_output_pruning" ON "executions"  ("id") WHERE output_pruning`,
    );
    await runner.query(
      `CREATE INDEX "executions_output_kept" ON "executions"  ("project_id", "finished_at") WHERE output_pruned_at IS NULL AND output_bytes > 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."executions_output_kept"`);
    await runner.query(`DROP INDEX "public"."executions_output_pruning"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "output_pruning"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "output_pruned_at"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "output_omitted"`);
    await runner.query(`DROP TABLE "project_secrets"`);
  }
}
