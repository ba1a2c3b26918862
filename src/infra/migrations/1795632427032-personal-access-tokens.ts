import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PersonalAccessTokens1795632427032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "personal_access_tokens" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "label" text NOT NULL, "scopes" text array NOT NULL, "token_hash" bytea NOT NULL, "hint" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "expires_at" TIMESTAMP(3) WITH TIME ZONE, "last_used_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_b6dc462fa11dbbb897eb8419735" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "personal_access_tokens_hash_key" ON "personal_access_tokens"  ("token_hash") `,
    );
    await runner.query(
      `CREATE INDEX "personal_access_tokens_user" ON "personal_access_tokens"  ("user_id", "id") `,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."personal_access_tokens_user"`);
    await runner.query(`DROP INDEX "public"."personal_access_tokens_hash_key"`);
    await runner.query(`DROP TABLE "personal_access_tokens"`);
  }
}
