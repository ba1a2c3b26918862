import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RequestOfIdempotencyKey1795900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "idempotency_keys" ADD "request_id" text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "idempotency_keys" DROP COLUMN "request_id"`);
  }
}
