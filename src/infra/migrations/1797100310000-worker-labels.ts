import type { MigrationInterface, QueryRunner } from 'typeorm';
import { admitNext } from './1797100300000-concurrency-groups.js';
import { buildIndexes, dropIndexes } from './build-indexes.js';

const dropAdmitNext = 'DROP FUNCTION admit_next(uuid, uuid[], uuid[], integer, double precision, boolean)';

const indexes = {
  executions_labelled: `"executions" ("runs_on", "admitted_at")
    WHERE status = 'queued' AND admitted_at IS NOT NULL AND runs_on <> '{}'`,
};

/** Labels of workers, and which of them a run asks for. */
export class WorkerLabels1797100310000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "runs_on" text array`);
    await runner.query(
      `ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "runs_on" text array NOT NULL DEFAULT '{}'`,
    );
    await runner.query(
      `ALTER TABLE "workers" ADD COLUMN IF NOT EXISTS "labels" text array NOT NULL DEFAULT '{}',
         ADD COLUMN IF NOT EXISTS "version" text NOT NULL DEFAULT '',
         ADD COLUMN IF NOT EXISTS "draining" boolean NOT NULL DEFAULT false,
         ADD COLUMN IF NOT EXISTS "ready" boolean NOT NULL DEFAULT true`,
    );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "unmatched_label_sets" (
         "runs_on" text array NOT NULL,
         "since" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(),
         "alerted" boolean NOT NULL DEFAULT false,
         CONSTRAINT "PK_unmatched_label_sets" PRIMARY KEY ("runs_on"))`,
    );
    await buildIndexes(runner, indexes);
    for (const statement of functions) await runner.query(statement);
    await replaceAdmitNext(runner, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceAdmitNext(runner, false);
    await runner.query('DROP FUNCTION waits_for_worker(text[])');
    await runner.query('DROP FUNCTION waiting_label_sets(integer)');
    await dropIndexes(runner, Object.keys(indexes));
    await runner.query('DROP TABLE "unmatched_label_sets"');
    for (const column of ['labels', 'version', 'draining', 'ready'])
      await runner.query(`ALTER TABLE "workers" DROP COLUMN "${column}"`);
    await runner.query(`ALTER TABLE "executions" DROP COLUMN "runs_on"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "runs_on"`);
  }
}

/** Other columns cannot be given to a function in its place; in one transaction, nobody finds none. */
async function replaceAdmitNext(runner: QueryRunner, withLabels: boolean): Promise<void> {
  await runner.startTransaction();
  await runner.query(dropAdmitNext);
  await runner.query(admitNext(withLabels));
  await runner.commitTransaction();
}

const functions = [
  // Why an admitted run has not started. The row of a worker is deleted when it ends and when it is lost.
  `CREATE OR REPLACE FUNCTION waits_for_worker(wanted text[]) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN
     IF wanted = '{}' OR EXISTS (SELECT 1 FROM workers w WHERE w.labels @> wanted) THEN RETURN 'worker_busy'; END IF;
     RETURN 'no_matching_worker';
   END $$`,

  // The label sets that admitted runs ask for and wait with, each found by one look into the index.
  `CREATE OR REPLACE FUNCTION waiting_label_sets(n integer) RETURNS TABLE (wanted text[]) LANGUAGE plpgsql STABLE
   SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$ BEGIN
     RETURN QUERY
       WITH RECURSIVE s (labels) AS (
         (SELECT e.runs_on FROM executions e WHERE e.status = 'queued' AND e.admitted_at IS NOT NULL AND e.runs_on <> '{}'
           ORDER BY e.runs_on LIMIT 1)
         UNION ALL
         SELECT (SELECT e.runs_on FROM executions e WHERE e.status = 'queued' AND e.admitted_at IS NOT NULL AND e.runs_on <> '{}'
                    AND e.runs_on > s.labels ORDER BY e.runs_on LIMIT 1)
           FROM s WHERE s.labels IS NOT NULL)
       SELECT s.labels FROM s WHERE s.labels IS NOT NULL LIMIT n;
   END $$`,
];
