import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WebhookTries1795634896396 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "webhook_deliveries" ADD "tries" jsonb NOT NULL DEFAULT '[]'`);
    await runner.query(`ALTER TABLE "webhook_deliveries" ADD "request_url" text`);
    await runner.query(`ALTER TABLE "webhook_deliveries" ADD "request_headers" jsonb`);
    await runner.query(`ALTER TABLE "webhooks" ADD "failing_since" TIMESTAMP(3) WITH TIME ZONE`);
    await runner.query(`ALTER TABLE "webhooks" ADD "disabled_at" TIMESTAMP(3) WITH TIME ZONE`);
    await runner.query(`ALTER TABLE "webhooks" ADD "disabled_reason" text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "webhooks" DROP COLUMN "disabled_reason"`);
    await runner.query(`ALTER TABLE "webhooks" DROP COLUMN "disabled_at"`);
    await runner.query(`ALTER TABLE "webhooks" DROP COLUMN "failing_since"`);
    await runner.query(`ALTER TABLE "webhook_deliveries" DROP COLUMN "request_headers"`);
    await runner.query(`ALTER TABLE "webhook_deliveries" DROP COLUMN "request_url"`);
    await runner.query(`ALTER TABLE "webhook_deliveries" DROP COLUMN "tries"`);
  }
}
