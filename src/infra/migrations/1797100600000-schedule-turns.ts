import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

/** The schedules of each account in the order in which they are due. */
const indexes = { schedules_account_due: `"schedules" ("account_id", "due_at") WHERE due_at IS NOT NULL` };

/**
 * Lets schedules that are due take turns by account: those of a user and of the keys that the user has made are of one. Keeps since when
 * there was always a process that fires schedules, so that a busy server is not taken for a downtime.
 */
export class ScheduleTurns1797100600000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "schedules" ADD COLUMN IF NOT EXISTS "account_id" uuid`);
    await runner.query(
      `CREATE OR REPLACE FUNCTION charge_schedule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         NEW.account_id := coalesce((SELECT u.account_id FROM users u WHERE u.id = NEW.created_by), NEW.created_by);
         RETURN NEW;
       END $$`,
    );
    await runner.query(
      `CREATE OR REPLACE TRIGGER schedule_charged BEFORE INSERT OR UPDATE OF created_by ON schedules
         FOR EACH ROW EXECUTE FUNCTION charge_schedule()`,
    );
    await runner.query(
      `UPDATE schedules s SET account_id = coalesce((SELECT u.account_id FROM users u WHERE u.id = s.created_by), s.created_by)
        WHERE s.account_id IS NULL`,
    );
    await buildIndexes(runner, indexes);
    await runner.query(
      `INSERT INTO system_settings (name, value) VALUES ('schedulers', '{"up_since": 0, "seen_at": 0}') ON CONFLICT DO NOTHING`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM system_settings WHERE name = 'schedulers'`);
    await dropIndexes(runner, Object.keys(indexes));
    await runner.query('DROP TRIGGER schedule_charged ON schedules');
    await runner.query('DROP FUNCTION charge_schedule()');
    await runner.query('ALTER TABLE "schedules" DROP COLUMN "account_id"');
  }
}
