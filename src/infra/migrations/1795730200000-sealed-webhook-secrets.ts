import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration does not have the key: what is there is sealed by the process that starts next. */
export class SealedWebhookSecrets1795730200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "webhooks" ADD "sealed_secret" bytea, ADD "sealed_previous_secret" bytea, ALTER COLUMN "secret" DROP NOT NULL`,
    );
  }

  /** Sealed secrets are lost to the version before: what is sent is signed with nothing that a receiver knows, until they are rotated. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE "webhooks" SET "secret" = gen_random_uuid()::text WHERE "secret" IS NULL`);
    await runner.query(
      `ALTER TABLE "webhooks" ALTER COLUMN "secret" SET NOT NULL, DROP COLUMN "sealed_previous_secret", DROP COLUMN "sealed_secret"`,
    );
  }
}
