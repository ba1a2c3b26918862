import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Slots of users beside those of projects. Admission is one function: it looks before it plans, where the same as one statement
 * had to be set up whole for every run, though after most of them nothing waits.
 */
export class UserSlots1795730000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "users" ADD "max_running" integer`);
    await runner.query(`DROP INDEX "executions_waiting"`);
    await runner.query(
      `CREATE INDEX "executions_waiting" ON "executions" ("project_id", "requested_by", "boosted" DESC, "queue", "id") WHERE status = 'queued' AND admitted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX "executions_active_of" ON "executions" ("requested_by", "admitted_at", "project_id") WHERE status IN ('queued', 'running')`,
    );
    for (const statement of functions) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION scopes_with_waiting(integer, double precision)`);
    await runner.query(`DROP FUNCTION admit_waiting(uuid, uuid, boolean, integer, double precision)`);
    await runner.query(`DROP FUNCTION user_room(uuid, integer, double precision)`);
    await runner.query(`DROP FUNCTION user_limit(uuid, integer, double precision)`);
    await runner.query(`DROP FUNCTION project_room(uuid)`);
    await runner.query(`DROP INDEX "executions_active_of"`);
    await runner.query(`DROP INDEX "executions_waiting"`);
    await runner.query(
      `CREATE INDEX "executions_waiting" ON "executions" ("project_id", "boosted" DESC, "queue", "id") WHERE status = 'queued' AND admitted_at IS NULL`,
    );
    await runner.query(`ALTER TABLE "users" DROP COLUMN "max_running"`);
  }
}

const waiting = `e.status = 'queued' AND e.admitted_at IS NULL`;
const obstructed = `(coalesce(e.not_before > now(), false) OR queue_paused(e.queue) OR (SELECT in_maintenance()) OR waits_for_tasks(e.task_id))`;
const admitted = `e.status IN ('queued', 'running') AND e.admitted_at IS NOT NULL`;

const functions = [
  // null for a project that is deleted
  `CREATE FUNCTION project_room(which uuid) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
     RETURN (SELECT greatest(0, (p.resource_limits->>'max_concurrent_tasks')::int
                     - (SELECT count(*)::int FROM executions e WHERE e.project_id = which AND ${admitted}))
               FROM projects p WHERE p.id = which AND p.deleted_at IS NULL);
   END $$`,

  // their own, else the one of the installation, else three quarters of the slots; nobody bounds who is the only user
  `CREATE FUNCTION user_limit(which uuid, most integer, lease double precision) RETURNS integer LANGUAGE plpgsql STABLE AS $$
   DECLARE own integer := (SELECT u.max_running FROM users u WHERE u.id = which);
   BEGIN
     IF own IS NOT NULL OR most IS NOT NULL THEN RETURN coalesce(own, most); END IF;
     IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id <> which AND NOT u.disabled) THEN RETURN NULL; END IF;
     RETURN greatest(1, (SELECT sum(w.slots) * 3 / 4 FROM workers w WHERE w.seen_at > now() - make_interval(secs => lease)));
   END $$`,

  `CREATE FUNCTION user_room(which uuid, most integer, lease double precision) RETURNS integer LANGUAGE plpgsql STABLE AS $$
   DECLARE ceiling integer := user_limit(which, most, lease);
   BEGIN
     IF ceiling IS NULL THEN RETURN 1000000; END IF;
     RETURN greatest(0, ceiling - (SELECT count(*)::int FROM executions e WHERE e.requested_by = which AND ${admitted}));
   END $$`,

  // Who ends or starts a run takes the locks first and looks then: what waits meanwhile is seen by whoever has them next. All locks
  // of users are taken at once and in order, after that of the project. Of one priority who has the fewest runs is served first. Rows that somebody is changing are passed over: who ends
  // an execution holds its row while it waits for the project. The time is not the transaction's, which may have begun before
  // another one admitted something earlier.
  `CREATE FUNCTION admit_waiting(of_project uuid, of_user uuid, has_freed boolean, most integer, lease double precision)
   RETURNS TABLE (id uuid, queue smallint, boosted boolean, elsewhere uuid) LANGUAGE plpgsql SET enable_seqscan = off AS $$
   #variable_conflict use_column
   DECLARE
     people uuid[] := '{}';
     room integer;
     at timestamptz;
   BEGIN
     IF of_project IS NOT NULL THEN
       people := ARRAY(
         WITH RECURSIVE p (who) AS (
           (SELECT e.requested_by FROM executions e WHERE e.project_id = of_project AND ${waiting}
             ORDER BY e.requested_by LIMIT 1)
           UNION ALL
           SELECT (SELECT e.requested_by FROM executions e
                    WHERE e.project_id = of_project AND ${waiting} AND e.requested_by > p.who
                    ORDER BY e.requested_by LIMIT 1)
             FROM p WHERE p.who IS NOT NULL)
         SELECT who FROM p WHERE who IS NOT NULL);
     END IF;
     PERFORM pg_advisory_xact_lock(7102030, keys.key) FROM (
       SELECT DISTINCT hashtext(who::text) AS key FROM unnest(people || of_user) AS who
        WHERE who IS NOT NULL AND user_limit(who, most, lease) IS NOT NULL ORDER BY 1) AS keys;
     at := clock_timestamp();
     IF people <> '{}' THEN
       room := coalesce(project_room(of_project), 0);
       RETURN QUERY
         WITH active AS MATERIALIZED (
           SELECT e.requested_by AS who, count(*) AS n FROM executions e
            WHERE e.project_id = of_project AND ${admitted} GROUP BY e.requested_by
         ), heads AS MATERIALIZED (
           SELECT h.id, h.queue, h.boosted, has_freed AND who = of_user AS was_served,
                  row_number() OVER (PARTITION BY who, h.boosted, h.queue ORDER BY h.id)
                    + coalesce((SELECT a.n FROM active a WHERE a.who = people.who), 0) AS turn
             FROM unnest(people) AS people (who) CROSS JOIN LATERAL (
               SELECT e.id, e.queue, e.boosted FROM executions e
                WHERE e.project_id = of_project AND e.requested_by = who AND ${waiting} AND NOT ${obstructed}
                ORDER BY e.boosted DESC, e.queue, e.id LIMIT least(room, user_room(who, most, lease))
                FOR UPDATE OF e SKIP LOCKED) AS h
         ), next AS MATERIALIZED (
           SELECT heads.id FROM heads ORDER BY heads.boosted DESC, heads.queue, heads.turn, heads.was_served, heads.id LIMIT room)
         UPDATE executions e SET admitted_at = at FROM next WHERE e.id = next.id
         RETURNING e.id, e.queue, e.boosted, NULL::uuid;
     END IF;
     IF of_user IS NULL
        OR NOT EXISTS (SELECT 1 FROM executions e WHERE e.requested_by = of_user AND ${waiting}) THEN RETURN; END IF;
     room := user_room(of_user, most, lease);
     RETURN QUERY
       WITH next AS MATERIALIZED (
         SELECT e.id FROM executions e
          WHERE e.project_id IS NULL AND e.requested_by = of_user AND ${waiting} AND NOT ${obstructed}
          ORDER BY e.boosted DESC, e.queue, e.id LIMIT room
          FOR UPDATE OF e SKIP LOCKED)
       UPDATE executions e SET admitted_at = at FROM next WHERE e.id = next.id
       RETURNING e.id, e.queue, e.boosted, NULL::uuid;
     IF has_freed AND user_limit(of_user, most, lease) IS NOT NULL THEN
       RETURN QUERY
         WITH RECURSIVE p (project) AS (
           (SELECT e.project_id FROM executions e
             WHERE e.requested_by = of_user AND ${waiting} AND e.project_id IS NOT NULL ORDER BY e.project_id LIMIT 1)
           UNION ALL
           SELECT (SELECT e.project_id FROM executions e
                    WHERE e.requested_by = of_user AND ${waiting} AND e.project_id > p.project ORDER BY e.project_id LIMIT 1)
             FROM p WHERE p.project IS NOT NULL)
         SELECT NULL::uuid, NULL::smallint, NULL::boolean, p.project FROM p
          WHERE p.project IS DISTINCT FROM of_project AND project_room(p.project) > 0
          LIMIT user_room(of_user, most, lease);
     END IF;
   END $$`,

  // Projects, and users of commands without one, for which something waits that there is room for. EXISTS would be planned as a
  // join that judges all that waits: 82 ms for 2,000, where the first one is enough.
  `CREATE FUNCTION scopes_with_waiting(most integer, lease double precision)
   RETURNS TABLE (project_id uuid, user_id uuid) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
   #variable_conflict use_column
   BEGIN
     RETURN QUERY
       WITH RECURSIVE pairs AS (
         (SELECT e.project_id AS project, e.requested_by AS who FROM executions e
           WHERE e.project_id IS NOT NULL AND ${waiting} ORDER BY e.project_id, e.requested_by LIMIT 1)
         UNION ALL
         SELECT n.project, n.who FROM pairs p CROSS JOIN LATERAL (
           SELECT e.project_id AS project, e.requested_by AS who FROM executions e
            WHERE (e.project_id, e.requested_by) > (p.project, p.who) AND ${waiting}
            ORDER BY e.project_id, e.requested_by LIMIT 1) AS n
       ), commands AS (
         (SELECT e.requested_by AS who FROM executions e WHERE e.project_id IS NULL AND ${waiting}
           ORDER BY e.requested_by LIMIT 1)
         UNION ALL
         SELECT n.who FROM commands c CROSS JOIN LATERAL (
           SELECT e.requested_by AS who FROM executions e
            WHERE e.project_id IS NULL AND e.requested_by > c.who AND ${waiting} ORDER BY e.requested_by LIMIT 1) AS n)
       SELECT DISTINCT pairs.project, NULL::uuid FROM pairs
        WHERE project_room(pairs.project) > 0 AND user_room(pairs.who, most, lease) > 0 AND (
          SELECT true FROM executions e WHERE e.project_id = pairs.project AND e.requested_by = pairs.who AND ${waiting}
             AND NOT ${obstructed} LIMIT 1)
       UNION ALL
       SELECT NULL::uuid, commands.who FROM commands
        WHERE user_room(commands.who, most, lease) > 0 AND (
          SELECT true FROM executions e WHERE e.project_id IS NULL AND e.requested_by = commands.who AND ${waiting}
             AND NOT ${obstructed} LIMIT 1);
   END $$`,
];
