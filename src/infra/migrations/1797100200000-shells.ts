import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The program that runs a command: `sh` for all runs of before. */
export class Shells1797100200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" ADD "shell" text`);
    await runner.query(`ALTER TABLE "executions" ADD "shell" text NOT NULL DEFAULT 'sh'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "shell"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "shell"`);
  }
}
