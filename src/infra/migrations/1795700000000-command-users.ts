import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A number for each project and each user, by which a worker that was started as root chooses the user of their commands. From one
 * sequence, and never given out again, so that nobody finds the files of one who was there before.
 */
export class CommandUsers1795700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SEQUENCE command_users AS integer MINVALUE 0 START 0');
    for (const table of ['users', 'projects'])
      await runner.query(
        `ALTER TABLE ${table} ADD user_number integer NOT NULL DEFAULT nextval('command_users'::regclass)`,
      );
    await runner.query('ALTER TABLE workers ADD separates boolean NOT NULL DEFAULT true');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE workers DROP COLUMN separates');
    for (const table of ['users', 'projects'])
      await runner.query(`ALTER TABLE ${table} DROP COLUMN user_number`);
    await runner.query('DROP SEQUENCE command_users');
  }
}
