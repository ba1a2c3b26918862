import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files and links of tasks, projects and documents. Files are stored in parts, uncompressed, since most are compressed already. */
export class Attachments1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "attachments" ("id" uuid NOT NULL, "linked_type" text NOT NULL, "linked_id" uuid NOT NULL, "project_id" uuid NOT NULL, "name" text NOT NULL, "url" text, "media_type" text, "size" integer NOT NULL DEFAULT '0', "sha256" text, "created_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_attachments" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "attachments_linked" ON "attachments" ("linked_id", "id")`);
    await runner.query(
      `CREATE TABLE "attachment_parts" ("attachment_id" uuid NOT NULL, "part" integer NOT NULL, "bytes" bytea NOT NULL, CONSTRAINT "PK_attachment_parts" PRIMARY KEY ("attachment_id", "part"))`,
    );
    await runner.query(`ALTER TABLE "attachment_parts" ALTER COLUMN "bytes" SET STORAGE EXTERNAL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "attachment_parts"`);
    await runner.query(`DROP TABLE "attachments"`);
  }
}
