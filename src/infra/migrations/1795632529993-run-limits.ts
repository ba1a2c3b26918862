import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RunLimits1795632529993 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "executions" ADD "limits" jsonb NOT NULL DEFAULT '{}'`);
    await runner.query(`ALTER TABLE "executions" ADD "network" boolean NOT NULL DEFAULT true`);
    await runner.query(
      `ALTER TABLE "executions" ADD "final_exit_codes" smallint array NOT NULL DEFAULT '{}'`,
    );
    await runner.query(`ALTER TABLE "tasks" ADD "limits" jsonb NOT NULL DEFAULT '{}'`);
    await runner.query(`ALTER TABLE "tasks" ADD "final_exit_codes" smallint array NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "final_exit_codes"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "limits"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "final_exit_codes"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "network"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "limits"`);
  }
}
