import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an execution may wait for and its place in line, as functions: a plan with the same as subqueries had to be set up whole for every statement
 * that asks, though hardly any execution waits, and the planner took many times too much for what they cost.
 */
export class WaitingReasons1795650000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      asking(
        'in_maintenance()',
        `SELECT 1 FROM system_settings s WHERE s.name = 'maintenance'
            AND now() >= (s.value->>'starts_at')::timestamptz AND now() < (s.value->>'ends_at')::timestamptz`,
      ),
    );
    await runner.query(
      asking(
        'queue_paused(which smallint)',
        'SELECT 1 FROM queue_states q WHERE q.queue = which AND q.paused',
      ),
    );
    await runner.query(
      asking(
        'waits_for_tasks(waiting uuid)',
        `SELECT 1 FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_task_id
          WHERE d.task_id = waiting AND o.status <> 'completed' AND o.deleted_at IS NULL`,
      ),
    );
    // by the index of what is queued: a plan that was made while nearly all were queued would read the ended ones too, ever after
    await runner.query(
      `CREATE FUNCTION place_in_line(execution uuid, OUT place integer, OUT ahead integer)
       LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$ BEGIN
         SELECT count(*), count(o.admitted_at) FILTER (WHERE o.id <> e.id) INTO place, ahead
           FROM executions e JOIN executions o
             ON o.status = 'queued' AND (NOT o.boosted, o.queue, o.id) <= (NOT e.boosted, e.queue, e.id)
          WHERE e.id = execution;
       END $$`,
    );
    await runner.query(
      `CREATE FUNCTION lock_living_project(which uuid) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
         PERFORM 1 FROM projects WHERE id = which AND deleted_at IS NULL FOR NO KEY UPDATE;
         IF NOT FOUND THEN RAISE no_data_found; END IF;
       END $$`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION lock_living_project(uuid)');
    await runner.query('DROP FUNCTION place_in_line(uuid)');
    await runner.query('DROP FUNCTION waits_for_tasks(uuid)');
    await runner.query('DROP FUNCTION queue_paused(smallint)');
    await runner.query('DROP FUNCTION in_maintenance()');
  }
}

/** A function that tells whether there are such rows. */
function asking(signature: string, rows: string): string {
  return `CREATE FUNCTION ${signature} RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (${rows}); END $$`;
}
