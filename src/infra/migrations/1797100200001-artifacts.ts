import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files and summaries of runs. */
export class Artifacts1797100200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['tasks', 'executions'])
      await runner.query(`ALTER TABLE "${table}" ADD "artifacts" text array NOT NULL DEFAULT '{}'`);
    await runner.query(`ALTER TABLE "executions" ADD "artifacts_omitted" integer NOT NULL DEFAULT 0`);
    await runner.query(`ALTER TABLE "executions" ADD "artifacts_error" text`);
    await runner.query(
      `CREATE TABLE "artifacts" ("id" uuid NOT NULL, "execution_id" uuid NOT NULL, "owner" uuid NOT NULL, "kind" text NOT NULL, "path" text NOT NULL, "size" integer NOT NULL DEFAULT 0, "sha256" text, "is_complete" boolean NOT NULL DEFAULT false, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_artifacts" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "artifacts_path_key" ON "artifacts" ("execution_id", "kind", "path")`,
    );
    await runner.query(
      `CREATE INDEX "artifacts_kept" ON "artifacts" ("owner", "created_at") WHERE is_complete`,
    );
    await runner.query(
      `CREATE INDEX "artifacts_incomplete" ON "artifacts" ("created_at") WHERE NOT is_complete`,
    );
    await runner.query(
      `CREATE TABLE "artifact_parts" ("artifact_id" uuid NOT NULL, "part" integer NOT NULL, "bytes" bytea NOT NULL, CONSTRAINT "PK_artifact_parts" PRIMARY KEY ("artifact_id", "part"))`,
    );
    await runner.query(`ALTER TABLE "artifact_parts" ALTER COLUMN "bytes" SET STORAGE EXTERNAL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // the bytes of the files do not count any more
    await runner.query(
      `INSERT INTO output_usage AS u (owner, shard, bytes)
       SELECT owner, 0, -sum(size) FROM artifacts WHERE is_complete GROUP BY owner
           ON CONFLICT (owner, shard) DO UPDATE SET bytes = u.bytes + excluded.bytes`,
    );
    await runner.query(`DROP TABLE "artifact_parts"`);
    await runner.query(`DROP TABLE "artifacts"`);
    for (const column of ['artifacts_error', 'artifacts_omitted', 'artifacts'])
      await runner.query(`ALTER TABLE "executions" DROP COLUMN "${column}"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "artifacts"`);
  }
}
