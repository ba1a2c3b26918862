import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Waits for room. As one condition, so that the planner considers the index of these rows alone, whatever its statistics say. */
const waiting = `(e.status = 'queued' AND e.admitted_at IS NULL AND NOT e.blocked) IS TRUE`;
const admitted = `e.status IN ('queued', 'running') AND e.admitted_at IS NOT NULL`;
/** Whose room it is that an execution waits for: its project, or for a command without one its user. */
const owner = 'coalesce(e.project_id, e.requested_by)';
const inBackoff = 'coalesce(e.not_before > now(), false)';

/**
 * Admission becomes a statement of its own, after the commit of what made it possible, so that no request and no end of a run holds a
 * lock of its project until it is on disk. It walks one index in the order of admission and skips what is paused as a whole: an
 * execution that waits for a task or a backoff is marked `blocked` and is not in that index.
 */
export class AdmissionInBatches1795890000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "blocked" boolean NOT NULL DEFAULT false`,
    );
    await runner.query(
      `UPDATE executions e SET blocked = true
        WHERE e.status = 'queued' AND e.admitted_at IS NULL AND (${inBackoff} OR waits_for_tasks(e.task_id))`,
    );
    // those that were broken off are there and serve nothing
    for (const name of ['executions_lanes', 'executions_blocked', 'executions_in_line'])
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "executions_lanes" ON "executions"
       (coalesce(project_id, requested_by), "requested_by", "boosted" DESC, "queue", "id")
       WHERE (status = 'queued' AND admitted_at IS NULL AND NOT blocked) IS TRUE`,
    );
    await runner.query(
      `CREATE INDEX CONCURRENTLY "executions_blocked" ON "executions" ("not_before", "id") WHERE blocked`,
    );
    await runner.query(
      `CREATE INDEX CONCURRENTLY "executions_in_line" ON "executions" ("queue", "boosted", "id") WHERE status = 'queued'`,
    );
    for (const statement of functions) await runner.query(statement);
    await runner.query(
      `DROP FUNCTION IF EXISTS admit_waiting(uuid, uuid, boolean, integer, double precision)`,
    );
    await runner.query(`DROP FUNCTION IF EXISTS scopes_with_waiting(integer, double precision)`);
    await runner.query(`DROP FUNCTION IF EXISTS place_in_line(uuid)`);
    for (const name of ['executions_waiting', 'executions_queued'])
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
  }

  async down(): Promise<void> {
    throw new Error('The functions of before are in the migrations UserSlots and WaitingReasons');
  }
}

const functions = [
  // A deletion changes the key of the project and so waits for this lock, and this waits for a deletion; nothing else does.
  `CREATE OR REPLACE FUNCTION lock_living_project(which uuid) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
     PERFORM 1 FROM projects WHERE id = which AND deleted_at IS NULL FOR KEY SHARE;
     IF NOT FOUND THEN RAISE no_data_found; END IF;
   END $$`,

  // A lane is what has one priority; those of a paused queue are closed.
  `CREATE OR REPLACE FUNCTION open_lanes() RETURNS TABLE (boosted boolean, queue smallint) LANGUAGE plpgsql STABLE ROWS 6 AS $$ BEGIN
     IF in_maintenance() THEN RETURN; END IF;
     RETURN QUERY
       SELECT b.boosted, q.queue FROM (VALUES (true), (false)) AS b (boosted)
         CROSS JOIN (VALUES (0::smallint), (1::smallint), (2::smallint)) AS q (queue)
        WHERE NOT queue_paused(q.queue);
   END $$`,

  // The first ones of some users in the lanes of an owner, as many of each user as there is room for. Rows that somebody is changing are
  // passed over.
  `CREATE OR REPLACE FUNCTION first_in_lanes(of_owner uuid, people uuid[], room integer, most integer, lease double precision)
   RETURNS TABLE (id uuid, who uuid, boosted boolean, queue smallint) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
   #variable_conflict use_column
   BEGIN
     RETURN QUERY
       SELECT f.id, p.who, f.boosted, f.queue
         FROM unnest(people) AS p (who)
         CROSS JOIN LATERAL (SELECT least(room, user_room(p.who, most, lease)) AS n OFFSET 0) AS r
         CROSS JOIN LATERAL (
           SELECT w.id, l.boosted, l.queue FROM open_lanes() AS l CROSS JOIN LATERAL (
             SELECT e.id FROM executions e
              WHERE ${owner} = of_owner AND e.requested_by = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
              ORDER BY e.id LIMIT r.n FOR UPDATE OF e SKIP LOCKED) AS w
            ORDER BY l.boosted DESC, l.queue, w.id LIMIT r.n) AS f;
   END $$`,

  // Everybody who waits for an owner's room, by the index.
  `CREATE OR REPLACE FUNCTION people_in_line(of_owner uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$ BEGIN
     RETURN ARRAY(
       WITH RECURSIVE p (who) AS (
         (SELECT e.requested_by FROM executions e WHERE ${owner} = of_owner AND ${waiting} ORDER BY e.requested_by LIMIT 1)
         UNION ALL
         SELECT (SELECT e.requested_by FROM executions e
                  WHERE ${owner} = of_owner AND ${waiting} AND e.requested_by > p.who ORDER BY e.requested_by LIMIT 1)
           FROM p WHERE p.who IS NOT NULL)
       SELECT who FROM p WHERE who IS NOT NULL);
   END $$`,

  // Unmarks what waited for a task that has ended or was changed. Returns whose room it waits for now.
  `CREATE OR REPLACE FUNCTION unblock_dependents(of_tasks uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$ BEGIN
     RETURN QUERY
       UPDATE executions e SET blocked = false
         FROM task_dependencies d JOIN tasks t ON t.id = d.task_id
        WHERE d.depends_on_task_id = ANY (of_tasks) AND e.id = t.execution_id AND e.status = 'queued' AND e.blocked
          AND NOT ${inBackoff} AND NOT waits_for_tasks(t.id)
       RETURNING ${owner};
   END $$`,

  // Admits as many executions as an owner and its users have room for: by priority, in one priority whoever has the fewest runs first,
  // then the oldest. One statement at a time does this for an owner, and for a user who has a limit: it takes the lock of the owner,
  // then those of the users in order, and looks then, so that it sees what others have admitted before. It holds them until its own
  // commit, for which only other admissions wait; with "waits" false it does not wait for them either, and says "busy". What is found
  // to wait for a task is marked and leaves the line, so it is looked at once. The time is not the transaction's, which may have begun
  // before another one admitted something earlier. "elsewhere" are the owners where the slot that a user has freed, or a task that has
  // ended, may let something start.
  `CREATE OR REPLACE FUNCTION admit_next(of_owner uuid, freed_by uuid[], ended_tasks uuid[], most integer, lease double precision, waits boolean)
   RETURNS TABLE (id uuid, queue smallint, boosted boolean, elsewhere uuid, busy boolean) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
   #variable_conflict use_column
   DECLARE
     people uuid[];
     room integer;
     at timestamptz;
     chosen uuid[];
     somebody uuid;
   BEGIN
     IF ended_tasks <> '{}' THEN
       RETURN QUERY SELECT NULL::uuid, NULL::smallint, NULL::boolean, o.owner, false
         FROM (SELECT DISTINCT u AS owner FROM unblock_dependents(ended_tasks) AS u) AS o WHERE o.owner <> of_owner;
     END IF;
     people := people_in_line(of_owner);
     IF people <> '{}' THEN
       IF waits THEN
         PERFORM pg_advisory_xact_lock(7102031, hashtext(of_owner::text));
         PERFORM pg_advisory_xact_lock(7102030, keys.key) FROM (
           SELECT DISTINCT hashtext(who::text) AS key FROM unnest(people) AS who
            WHERE user_limit(who, most, lease) IS NOT NULL ORDER BY 1) AS keys;
       ELSIF NOT pg_try_advisory_xact_lock(7102031, hashtext(of_owner::text)) OR EXISTS (
           SELECT 1 FROM unnest(people) AS who
            WHERE user_limit(who, most, lease) IS NOT NULL AND NOT pg_try_advisory_xact_lock(7102030, hashtext(who::text))) THEN
         RETURN QUERY SELECT NULL::uuid, NULL::smallint, NULL::boolean, NULL::uuid, true;
         RETURN;
       END IF;
       -- the commands of a user have no room of their own
       room := coalesce(project_room(of_owner), CASE WHEN of_owner = ANY (people) THEN 1000000 ELSE 0 END);
       LOOP
         chosen := ARRAY(
           WITH active AS MATERIALIZED (
             SELECT e.requested_by AS who, count(*) AS n FROM executions e
              WHERE e.project_id = of_owner AND ${admitted} GROUP BY e.requested_by
           ), heads AS MATERIALIZED (
             SELECT f.id, f.boosted, f.queue, f.who = ANY (freed_by) AS was_served,
                    row_number() OVER (PARTITION BY f.who, f.boosted, f.queue ORDER BY f.id)
                      + coalesce((SELECT a.n FROM active a WHERE a.who = f.who), 0) AS turn
               FROM first_in_lanes(of_owner, people, room, most, lease) AS f)
           SELECT heads.id FROM heads
            ORDER BY heads.boosted DESC, heads.queue, heads.turn, heads.was_served, heads.id LIMIT room);
         UPDATE executions e SET blocked = true
          WHERE e.id = ANY (chosen) AND (${inBackoff} OR waits_for_tasks(e.task_id));
         EXIT WHEN NOT FOUND;
       END LOOP;
       -- after every end that it has seen
       at := clock_timestamp();
       RETURN QUERY
         WITH taken AS (
           UPDATE executions e SET admitted_at = at WHERE e.id = ANY (chosen) RETURNING e.id, e.queue, e.boosted)
         SELECT t.id, t.queue, t.boosted, NULL::uuid, false FROM taken t ORDER BY array_position(chosen, t.id);
     END IF;
     FOREACH somebody IN ARRAY freed_by LOOP
       CONTINUE WHEN user_limit(somebody, most, lease) IS NULL;
       RETURN QUERY
         WITH RECURSIVE p (project) AS (
           (SELECT e.project_id FROM executions e
             WHERE e.requested_by = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL AND e.project_id IS NOT NULL
             ORDER BY e.admitted_at, e.project_id LIMIT 1)
           UNION ALL
           SELECT (SELECT e.project_id FROM executions e
                    WHERE e.requested_by = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL
                      AND e.project_id > p.project ORDER BY e.admitted_at, e.project_id LIMIT 1)
             FROM p WHERE p.project IS NOT NULL)
         SELECT NULL::uuid, NULL::smallint, NULL::boolean, o.owner, false FROM (
           SELECT p.project AS owner FROM p WHERE project_room(p.project) > 0
           UNION ALL
           SELECT somebody WHERE people_in_line(somebody) <> '{}') AS o
          WHERE o.owner <> of_owner LIMIT user_room(somebody, most, lease);
     END LOOP;
   END $$`,

  // The place among all that are queued, from 1, and how many of those before it are admitted. Counts no further than "most".
  `CREATE OR REPLACE FUNCTION place_in_line(execution uuid, most integer, OUT place integer, OUT ahead integer)
   LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$ BEGIN
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
            WHERE o.status = 'queued' AND o.queue = c.queue AND o.boosted = b.boosted AND o.id <= last.id LIMIT most) AS q
        WHERE e.id = execution AND (NOT b.boosted, c.queue) <= (NOT e.boosted, e.queue)
        LIMIT most) AS o;
   END $$`,

  // Whose lines hold something that there is room for. EXISTS would be planned as a join that judges all that waits.
  `CREATE OR REPLACE FUNCTION owners_with_room(most integer, lease double precision) RETURNS SETOF uuid
   LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
   BEGIN
     RETURN QUERY
       WITH RECURSIVE pairs AS (
         (SELECT ${owner} AS owner, e.requested_by AS who, e.project_id AS project FROM executions e WHERE ${waiting}
           ORDER BY 1, 2 LIMIT 1)
         UNION ALL
         SELECT n.* FROM pairs p CROSS JOIN LATERAL (
           SELECT ${owner}, e.requested_by, e.project_id FROM executions e
            WHERE (${owner}, e.requested_by) > (p.owner, p.who) AND ${waiting} ORDER BY 1, 2 LIMIT 1) AS n)
       SELECT DISTINCT p.owner FROM pairs p
        WHERE (p.project IS NULL OR project_room(p.project) > 0) AND user_room(p.who, most, lease) > 0 AND (
          SELECT true FROM open_lanes() AS l CROSS JOIN LATERAL (
            SELECT 1 FROM executions e
             WHERE ${owner} = p.owner AND e.requested_by = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
             ORDER BY e.id LIMIT 1) AS first LIMIT 1);
   END $$`,
];
