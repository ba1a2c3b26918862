import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The place of an execution is read by the index of its line. That an id is at most another one was a condition that the primary key
 * can serve, too: with statistics from when a third of the executions was queued, a plan went through all that have ended before.
 */
export class PlaceByItsLine1796150000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(placeInLine('(o.queue, o.boosted, o.id) <= (c.queue, b.boosted, last.id)'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(placeInLine('o.id <= last.id'));
  }
}

/** The same as in the migration AdmissionInBatches, with the settings of FixedPlans. */
const placeInLine = (notBehind: string) =>
  `CREATE OR REPLACE FUNCTION place_in_line(execution uuid, most integer, OUT place integer, OUT ahead integer)
   LANGUAGE plpgsql STABLE
   SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off AS $$ BEGIN
     SELECT count(*), count(o.admitted_at) FILTER (WHERE o.id <> execution) INTO place, ahead FROM (
       SELECT q.id, q.admitted_at
         FROM executions e
         CROSS JOIN (VALUES (true), (false)) AS b (boosted)
         CROSS JOIN (VALUES (0::smallint), (1::smallint), (2::smallint)) AS c (queue)
         CROSS JOIN LATERAL (
           SELECT CASE WHEN b.boosted = e.boosted AND c.queue = e.queue THEN e.id
                       ELSE 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid END AS id) AS last
         CROSS JOIN LATERAL (
           SELECT o.id, o.admitted_at FROM executions o
            WHERE o.status = 'queued' AND o.queue = c.queue AND o.boosted = b.boosted AND ${notBehind} LIMIT most) AS q
        WHERE e.id = execution AND (NOT b.boosted, c.queue) <= (NOT e.boosted, e.queue)
        LIMIT most) AS o;
   END $$`;
