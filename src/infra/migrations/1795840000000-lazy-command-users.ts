import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Numbers for the users of commands are taken by the first run that needs one, and not by every try to make a project. The column
 * gets another name, so that a worker of before fails to claim a run where it would take no number for the number 0.
 */
export class LazyCommandUsers1795840000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['users', 'projects']) {
      await runner.query(`ALTER TABLE "${table}" RENAME COLUMN "user_number" TO "command_user_number"`);
      await runner.query(
        `ALTER TABLE "${table}" ALTER COLUMN "command_user_number" DROP DEFAULT, ALTER COLUMN "command_user_number" DROP NOT NULL`,
      );
      await runner.query(
        `CREATE UNIQUE INDEX "${table}_command_user_number_key" ON "${table}"  ("command_user_number") `,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['users', 'projects']) {
      await runner.query(`DROP INDEX "public"."${table}_command_user_number_key"`);
      await runner.query(
        `UPDATE "${table}" SET command_user_number = nextval('command_users') WHERE command_user_number IS NULL`,
      );
      await runner.query(
        `ALTER TABLE "${table}" ALTER COLUMN "command_user_number" SET NOT NULL, ALTER COLUMN "command_user_number" SET DEFAULT nextval('command_users'::regclass)`,
      );
      await runner.query(`ALTER TABLE "${table}" RENAME COLUMN "command_user_number" TO "user_number"`);
    }
  }
}
