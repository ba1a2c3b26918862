import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sign-ins become rows of their own: the families of refresh tokens that are still good are the first ones. */
export class AuthSessions1795710000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "auth_sessions" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "epoch" integer NOT NULL, "address" text, "network" text, "user_agent" text, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "last_used_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "revoked_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_641507381f32580e8479efc36cd" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `INSERT INTO auth_sessions (id, user_id, epoch, created_at, last_used_at, expires_at)
       SELECT t.family_id, u.id, u.token_epoch, min(t.created_at), max(t.created_at), max(t.expires_at)
         FROM refresh_tokens t JOIN users u ON u.id = t.user_id
        GROUP BY t.family_id, u.id
       HAVING bool_and(t.revoked_at IS NULL) AND max(t.expires_at) > now()`,
    );
    await runner.query(`CREATE INDEX "auth_sessions_network" ON "auth_sessions"  ("user_id", "network") `);
    await runner.query(`CREATE INDEX "auth_sessions_user" ON "auth_sessions"  ("user_id", "id") `);
    await runner.query(`DROP INDEX "public"."refresh_tokens_user"`);
    await runner.query(`DROP INDEX "public"."refresh_tokens_family"`);
    await runner.query(`ALTER TABLE "refresh_tokens" RENAME COLUMN "family_id" TO "session_id"`);
    await runner.query(`ALTER TABLE "refresh_tokens" DROP COLUMN "user_id", DROP COLUMN "revoked_at"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "refresh_tokens" RENAME COLUMN "session_id" TO "family_id"`);
    await runner.query(
      `ALTER TABLE "refresh_tokens" ADD "user_id" uuid, ADD "revoked_at" TIMESTAMP(3) WITH TIME ZONE`,
    );
    await runner.query(
      `UPDATE refresh_tokens t SET user_id = s.user_id, revoked_at = s.revoked_at FROM auth_sessions s WHERE s.id = t.family_id`,
    );
    await runner.query(`DELETE FROM refresh_tokens WHERE user_id IS NULL`);
    await runner.query(`ALTER TABLE "refresh_tokens" ALTER COLUMN "user_id" SET NOT NULL`);
    await runner.query(`CREATE INDEX "refresh_tokens_family" ON "refresh_tokens"  ("family_id") `);
    await runner.query(`CREATE INDEX "refresh_tokens_user" ON "refresh_tokens"  ("user_id") `);
    await runner.query(`DROP TABLE "auth_sessions"`);
  }
}
