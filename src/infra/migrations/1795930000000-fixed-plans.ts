import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The functions that are called for each run, and walk indexes of what is queued. */
const perRun = [
  'admit_next(uuid, uuid[], uuid[], integer, double precision, boolean)',
  'place_in_line(uuid, integer)',
  'owners_with_room(integer, double precision)',
];
/** These are only called by `admit_next`, whose settings hold within them. */
const within = [
  'first_in_lanes(uuid, uuid[], integer, integer, double precision)',
  'people_in_line(uuid)',
  'unblock_dependents(uuid[])',
];

/**
 * Statements that every run repeats are planned once. A plan for an array of unknown length is costed for ten elements, so Postgres made
 * one anew at each call: 1.3 ms of a run. Bitmap scans are ruled out as well, since they leave the entries of dead rows in the index,
 * where an index scan marks them: a place in a line of 200 took 3,000 blocks. And what a task waits for is looked up by key, whatever
 * the statistics say: a plan from the time when the tables were small went through all open tasks.
 */
export class FixedPlans1795930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const name of perRun) {
      await runner.query(`ALTER FUNCTION ${name} SET plan_cache_mode = force_generic_plan`);
      await runner.query(`ALTER FUNCTION ${name} SET enable_bitmapscan = off`);
    }
    for (const name of within) await runner.query(`ALTER FUNCTION ${name} RESET ALL`);
    await runner.query(
      `CREATE OR REPLACE FUNCTION waits_for_tasks(waiting uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$ BEGIN
         RETURN EXISTS (
           SELECT 1 FROM task_dependencies d
            WHERE d.task_id = waiting
              AND (SELECT o.status <> 'completed' AND o.deleted_at IS NULL FROM tasks o WHERE o.id = d.depends_on_task_id));
       END $$`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of perRun) {
      await runner.query(`ALTER FUNCTION ${name} RESET plan_cache_mode`);
      await runner.query(`ALTER FUNCTION ${name} RESET enable_bitmapscan`);
    }
    for (const name of within.slice(0, 2)) {
      await runner.query(`ALTER FUNCTION ${name} SET enable_seqscan = off`);
      await runner.query(`ALTER FUNCTION ${name} SET jit = off`);
    }
    await runner.query(
      `CREATE OR REPLACE FUNCTION waits_for_tasks(waiting uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
         RETURN EXISTS (
           SELECT 1 FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id
            WHERE d.task_id = waiting AND o.status <> 'completed' AND o.deleted_at IS NULL);
       END $$`,
    );
  }
}
