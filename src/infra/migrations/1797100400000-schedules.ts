import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

/** The runs that a schedule has queued and that have not ended; so few that each schedule finds its own at once. */
const indexes = {
  executions_active_origin: `"executions" ("origin_id") WHERE origin_id IS NOT NULL AND status IN ('queued', 'running')`,
};

const functions = [
  // The last attempt of a run: the retry of an attempt is stored in the transaction that ends it, and is the next run of its task.
  `CREATE FUNCTION last_attempt(first uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
   DECLARE
     latest uuid := first;
     of_task uuid := (SELECT e.task_id FROM executions e WHERE e.id = first);
     following record;
   BEGIN
     LOOP
       SELECT e.id, e.retry_of INTO following FROM executions e WHERE e.task_id = of_task AND e.id > latest ORDER BY e.id LIMIT 1;
       EXIT WHEN NOT FOUND OR following.retry_of IS DISTINCT FROM latest;
       latest := following.id;
     END LOOP;
     RETURN latest;
   END $$`,
  // How many of the latest runs of a schedule have failed in a row, at most "most". Those that were cancelled or have not ended do not
  // count and are no end of the row.
  `CREATE FUNCTION failures_in_a_row(of_schedule uuid, since timestamptz, most integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$
   DECLARE
     failures integer := 0;
     looked_at integer := 0;
     run record;
   BEGIN
     FOR run IN SELECT o.execution_id FROM schedule_occurrences o
                 WHERE o.schedule_id = of_schedule AND o.status = 'fired' AND o.decided_at >= since ORDER BY o.scheduled_for DESC LOOP
       CASE (SELECT e.status FROM executions e WHERE e.id = last_attempt(run.execution_id))
         WHEN 'completed' THEN EXIT;
         WHEN 'failed' THEN failures := failures + 1;
         ELSE NULL;
       END CASE;
       looked_at := looked_at + 1;
       EXIT WHEN failures >= most OR looked_at >= 2 * most;
     END LOOP;
     RETURN failures;
   END $$`,
];

/** Schedules start runs at certain times; the row of an occurrence decides who fires it. */
export class Schedules1797100400000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "schedules" (
         "id" uuid NOT NULL, "project_id" uuid NOT NULL, "name" text NOT NULL, "description" text NOT NULL DEFAULT '',
         "enabled" boolean NOT NULL DEFAULT true, "cron" text, "every" integer, "timezone" text, "task_id" uuid, "template" jsonb,
         "inputs" jsonb NOT NULL DEFAULT '{}', "sealed_inputs" bytea, "concurrency" jsonb, "priority" text NOT NULL DEFAULT 'normal',
         "overlap" text NOT NULL DEFAULT 'skip', "catch_up" text NOT NULL DEFAULT 'latest',
         "starts_at" TIMESTAMP(3) WITH TIME ZONE, "ends_at" TIMESTAMP(3) WITH TIME ZONE, "jitter_seconds" integer NOT NULL DEFAULT '0',
         "disable_after_failures" integer, "disabled_at" TIMESTAMP(3) WITH TIME ZONE, "disabled_reason" text,
         "counted_from" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "next_at" TIMESTAMP(3) WITH TIME ZONE,
         "due_at" TIMESTAMP(3) WITH TIME ZONE, "planned_zone" text NOT NULL DEFAULT 'UTC', "claimed_until" TIMESTAMP(3) WITH TIME ZONE,
         "created_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(),
         "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
         "version" integer NOT NULL DEFAULT '1', CONSTRAINT "schedules_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      'CREATE INDEX IF NOT EXISTS "schedules_due" ON "schedules" ("due_at") WHERE due_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX IF NOT EXISTS "schedules_project" ON "schedules" ("project_id", "id")');
    await runner.query(
      'CREATE INDEX IF NOT EXISTS "schedules_task" ON "schedules" ("task_id") WHERE task_id IS NOT NULL',
    );
    await runner.query(
      'CREATE INDEX IF NOT EXISTS "schedules_deleted" ON "schedules" ("id") WHERE deleted_at IS NOT NULL',
    );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "schedule_occurrences" (
         "schedule_id" uuid NOT NULL, "scheduled_for" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "status" text NOT NULL, "reason" text,
         "execution_id" uuid, "task_id" uuid, "is_manual" boolean NOT NULL DEFAULT false,
         "decided_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(),
         CONSTRAINT "schedule_occurrences_pkey" PRIMARY KEY ("schedule_id", "scheduled_for"))`,
    );
    for (const status of ['fired', 'waiting'])
      await runner.query(
        `CREATE INDEX IF NOT EXISTS "schedule_occurrences_${status}" ON "schedule_occurrences" ("schedule_id", "scheduled_for")
          WHERE status = '${status}'`,
      );
    for (const statement of functions)
      await runner.query(statement.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    await buildIndexes(runner, indexes);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexes(runner, Object.keys(indexes));
    await runner.query('DROP FUNCTION failures_in_a_row(uuid, timestamptz, integer)');
    await runner.query('DROP FUNCTION last_attempt(uuid)');
    await runner.query('DROP TABLE "schedule_occurrences"');
    await runner.query('DROP TABLE "schedules"');
  }
}
