import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // keys belong to a user that somebody else has made, and tokens of people to whoever made them
  `ALTER TABLE "personal_access_tokens" RENAME TO "credentials"`,
  `ALTER INDEX "personal_access_tokens_hash_key" RENAME TO "credentials_hash_key"`,
  `ALTER INDEX "personal_access_tokens_user" RENAME TO "credentials_user"`,
  `ALTER TABLE "credentials" ADD COLUMN "created_by" uuid`,
  `ALTER TABLE "users" ADD COLUMN "kind" text NOT NULL DEFAULT 'person'`,
  `ALTER TABLE "users" ALTER COLUMN "email" DROP NOT NULL`,
  `ALTER TABLE "users" ALTER COLUMN "password_hash" DROP NOT NULL`,
  `ALTER TABLE "projects" ADD COLUMN "agent_id" uuid`,
  `ALTER TABLE "projects" ADD COLUMN "ref_digits" smallint NOT NULL DEFAULT '1'`,
  `CREATE UNIQUE INDEX "projects_agent_key" ON "projects" ("agent_id") WHERE agent_id IS NOT NULL`,
  // a body of one expression, which the planner puts in place of the call
  `CREATE FUNCTION task_ref(key text, number integer, digits smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
   $$ SELECT key || '-' || CASE WHEN digits > 1 THEN lpad(number::text, greatest(digits, length(number::text)), '0') ELSE number::text END $$`,
];

const back = [
  `DROP FUNCTION task_ref(text, integer, smallint)`,
  `ALTER TABLE "projects" DROP COLUMN "ref_digits"`,
  `ALTER TABLE "projects" DROP COLUMN "agent_id"`,
  // agents have neither, and cannot be there without
  `UPDATE "users" SET email = username || '@invalid' WHERE email IS NULL`,
  `UPDATE "users" SET password_hash = '!', disabled = true WHERE password_hash IS NULL`,
  `ALTER TABLE "users" ALTER COLUMN "password_hash" SET NOT NULL`,
  `ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL`,
  `ALTER TABLE "users" DROP COLUMN "kind"`,
  `ALTER TABLE "credentials" DROP COLUMN "created_by"`,
  `ALTER INDEX "credentials_user" RENAME TO "personal_access_tokens_user"`,
  `ALTER INDEX "credentials_hash_key" RENAME TO "personal_access_tokens_hash_key"`,
  `ALTER TABLE "credentials" RENAME TO "personal_access_tokens"`,
];

/** Agents: users without a password, each with a project of its own and with keys. Tokens and keys are in one table. */
export class CredentialsAndAgents1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of back) await runner.query(statement);
  }
}
