import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes } from './build-indexes.js';

/** Waits for room; see the migration AdmissionInBatches. */
const waiting = `(e.status = 'queued' AND e.admitted_at IS NULL AND NOT e.blocked) IS TRUE`;
const admitted = `e.status IN ('queued', 'running') AND e.admitted_at IS NOT NULL`;
const owner = 'coalesce(e.project_id, e.requested_by)';
const inBackoff = 'coalesce(e.not_before > now(), false)';

type Who = 'account_id' | 'requested_by';

export const indexes = (who: Who) => ({
  executions_lanes: `"executions" (coalesce(project_id, requested_by), "${who}", "boosted" DESC, "queue", "id")
    WHERE (status = 'queued' AND admitted_at IS NULL AND NOT blocked) IS TRUE`,
  executions_active_of: `"executions" ("${who}", "admitted_at", "project_id") WHERE status IN ('queued', 'running')`,
});

/**
 * What the keys of projects take counts for who has made them: each has a user of its own, and so had limits of its own, which multiplied
 * those of its maker by fifty a project. The slots of an account are those of a user and of the keys that the user has made.
 */
export class LimitsOfKeys1797100100000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "account_id" uuid`);
    await runner.query(`ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "account_id" uuid`);
    await runner.query(
      `UPDATE users u SET account_id = coalesce(c.created_by, p.created_by) FROM credentials c JOIN projects p ON p.id = c.project_id
        WHERE u.kind = 'key' AND c.user_id = u.id`,
    );
    await runner.query(
      `CREATE OR REPLACE FUNCTION charge_execution() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         NEW.account_id := coalesce((SELECT u.account_id FROM users u WHERE u.id = NEW.requested_by), NEW.requested_by);
         RETURN NEW;
       END $$`,
    );
    await runner.query(
      'CREATE OR REPLACE TRIGGER execution_charged BEFORE INSERT ON executions FOR EACH ROW EXECUTE FUNCTION charge_execution()',
    );
    await runner.query(
      `UPDATE executions e SET account_id = coalesce(u.account_id, u.id) FROM users u
        WHERE u.id = e.requested_by AND e.status IN ('queued', 'running')`,
    );
    await buildIndexes(runner, indexes('account_id'));
    for (const statement of functions('account_id')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of functions('requested_by')) await runner.query(statement);
    await buildIndexes(runner, indexes('requested_by'));
    await runner.query('DROP TRIGGER execution_charged ON executions');
    await runner.query('DROP FUNCTION charge_execution()');
    for (const table of ['executions', 'users'])
      await runner.query(`ALTER TABLE "${table}" DROP COLUMN "account_id"`);
  }
}

/** The same as in the migrations UserSlots and AdmissionInBatches, for accounts instead of users. */
export function functions(who: Who): string[] {
  const isAccount = who === 'account_id' ? 'AND u.account_id IS NULL' : '';
  const freed =
    who === 'account_id'
      ? 'freed_by := ARRAY(SELECT DISTINCT coalesce(u.account_id, u.id) FROM users u WHERE u.id = ANY (freed_by));'
      : '';
  return [
    `CREATE OR REPLACE FUNCTION user_limit(which uuid, most integer, lease double precision) RETURNS integer LANGUAGE plpgsql STABLE AS $$
   DECLARE own integer := (SELECT u.max_running FROM users u WHERE u.id = which);
   BEGIN
     IF own IS NOT NULL OR most IS NOT NULL THEN RETURN coalesce(own, most); END IF;
     IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id <> which AND NOT u.disabled ${isAccount}) THEN RETURN NULL; END IF;
     RETURN greatest(1, (SELECT sum(w.slots) * 3 / 4 FROM workers w WHERE w.seen_at > now() - make_interval(secs => lease)));
   END $$`,

    `CREATE OR REPLACE FUNCTION user_room(which uuid, most integer, lease double precision) RETURNS integer LANGUAGE plpgsql STABLE AS $$
   DECLARE ceiling integer := user_limit(which, most, lease);
   BEGIN
     IF ceiling IS NULL THEN RETURN 1000000; END IF;
     RETURN greatest(0, ceiling - (SELECT count(*)::int FROM executions e WHERE e.${who} = which AND ${admitted}));
   END $$`,

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
              WHERE ${owner} = of_owner AND e.${who} = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
              ORDER BY e.id LIMIT r.n FOR UPDATE OF e SKIP LOCKED) AS w
            ORDER BY l.boosted DESC, l.queue, w.id LIMIT r.n) AS f;
   END $$`,

    `CREATE OR REPLACE FUNCTION people_in_line(of_owner uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$ BEGIN
     RETURN ARRAY(
       WITH RECURSIVE p (who) AS (
         (SELECT e.${who} FROM executions e WHERE ${owner} = of_owner AND ${waiting} ORDER BY e.${who} LIMIT 1)
         UNION ALL
         SELECT (SELECT e.${who} FROM executions e
                  WHERE ${owner} = of_owner AND ${waiting} AND e.${who} > p.who ORDER BY e.${who} LIMIT 1)
           FROM p WHERE p.who IS NOT NULL)
       SELECT who FROM p WHERE who IS NOT NULL);
   END $$`,

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
     ${freed}
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
             SELECT e.${who} AS who, count(*) AS n FROM executions e
              WHERE e.project_id = of_owner AND ${admitted} GROUP BY e.${who}
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
             WHERE e.${who} = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL AND e.project_id IS NOT NULL
             ORDER BY e.admitted_at, e.project_id LIMIT 1)
           UNION ALL
           SELECT (SELECT e.project_id FROM executions e
                    WHERE e.${who} = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL
                      AND e.project_id > p.project ORDER BY e.admitted_at, e.project_id LIMIT 1)
             FROM p WHERE p.project IS NOT NULL)
         SELECT NULL::uuid, NULL::smallint, NULL::boolean, o.owner, false FROM (
           SELECT p.project AS owner FROM p WHERE project_room(p.project) > 0
           UNION ALL
           SELECT somebody WHERE people_in_line(somebody) <> '{}') AS o
          WHERE o.owner <> of_owner LIMIT user_room(somebody, most, lease);
     END LOOP;
   END $$`,

    `CREATE OR REPLACE FUNCTION owners_with_room(most integer, lease double precision) RETURNS SETOF uuid
   LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
   BEGIN
     RETURN QUERY
       WITH RECURSIVE pairs AS (
         (SELECT ${owner} AS owner, e.${who} AS who, e.project_id AS project FROM executions e WHERE ${waiting}
           ORDER BY 1, 2 LIMIT 1)
         UNION ALL
         SELECT n.* FROM pairs p CROSS JOIN LATERAL (
           SELECT ${owner}, e.${who}, e.project_id FROM executions e
            WHERE (${owner}, e.${who}) > (p.owner, p.who) AND ${waiting} ORDER BY 1, 2 LIMIT 1) AS n)
       SELECT DISTINCT p.owner FROM pairs p
        WHERE (p.project IS NULL OR project_room(p.project) > 0) AND user_room(p.who, most, lease) > 0 AND (
          SELECT true FROM open_lanes() AS l CROSS JOIN LATERAL (
            SELECT 1 FROM executions e
             WHERE ${owner} = p.owner AND e.${who} = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
             ORDER BY e.id LIMIT 1) AS first LIMIT 1);
   END $$`,
  ];
}
