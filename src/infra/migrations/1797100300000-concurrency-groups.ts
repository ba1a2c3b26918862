import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';
import { functions as functionsBefore, indexes as indexesBefore } from './1797100100000-limits-of-keys.js';

/** Waits for room; see the migration AdmissionInBatches. One that waits for a place in its group stands in no line. */
const waiting = `(e.status = 'queued' AND e.admitted_at IS NULL AND NOT e.blocked AND NOT e.waits_for_group) IS TRUE`;
/** Waits in a group, whether it has been given a place, so that it stands in the line of its project, or not. */
const waitingInGroup = `(e.status = 'queued' AND e.admitted_at IS NULL AND NOT e.blocked AND e.concurrency_group IS NOT NULL) IS TRUE`;
const admitted = `e.status IN ('queued', 'running') AND e.admitted_at IS NOT NULL`;
const owner = 'coalesce(e.project_id, e.requested_by)';
const inBackoff = 'coalesce(e.not_before > now(), false)';

/** As in the migration FixedPlans, whose settings were lost when the functions were replaced. */
const fixedPlan =
  'SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off';

const withoutPrefix = (condition: string) => condition.replaceAll('e.', '');
const lanes = {
  executions_lanes: `"executions" (coalesce(project_id, requested_by), "account_id", "boosted" DESC, "queue", "id")
    WHERE ${withoutPrefix(waiting)}`,
};
const groupIndexes = {
  executions_group_line: `"executions" ("concurrency_group", "project_id", "account_id", "boosted" DESC, "queue", "id")
    WHERE ${withoutPrefix(waitingInGroup)}`,
  executions_in_group: `"executions" ("concurrency_group", "id")
    WHERE status IN ('queued', 'running') AND concurrency_group IS NOT NULL`,
  executions_hold_group: `"executions" ("concurrency_group")
    WHERE ${withoutPrefix(admitted)} AND concurrency_group IS NOT NULL`,
};

/**
 * Concurrency groups. A run of a group stands in the line of its project only when the group has a place for it: as many of the first ones
 * of a group as it has free places are let into their lines, so that a long line of one group costs the admission of others nothing.
 */
export class ConcurrencyGroups1797100300000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "concurrency" jsonb`);
    await runner.query(
      `ALTER TABLE "executions" ADD COLUMN IF NOT EXISTS "concurrency_group" text,
         ADD COLUMN IF NOT EXISTS "concurrency_limit" integer,
         ADD COLUMN IF NOT EXISTS "waits_for_group" boolean NOT NULL DEFAULT false`,
    );
    await buildIndexes(runner, { ...lanes, ...groupIndexes });
    for (const statement of functions) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of functionsBefore('account_id')) await runner.query(statement);
    await runner.query(unblockDependents(''));
    for (const signature of added) await runner.query(`DROP FUNCTION IF EXISTS ${signature}`);
    await buildIndexes(runner, { executions_lanes: indexesBefore('account_id').executions_lanes });
    await dropIndexes(runner, Object.keys(groupIndexes));
    for (const column of ['concurrency_group', 'concurrency_limit', 'waits_for_group'])
      await runner.query(`ALTER TABLE "executions" DROP COLUMN "${column}"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "concurrency"`);
  }
}

const added = [
  'next_in_groups(text[], integer, double precision)',
  'first_in_group(text, integer, boolean, integer, double precision)',
  'groups_in_line(text, integer)',
  'refuse_conflict(text, integer)',
];

/** What waited for a task that has ended or was changed stands in the line of its project then. Each step goes by key; see the migration DependentsByKey. */
const unblockDependents = (
  alsoSet: string,
) => `CREATE OR REPLACE FUNCTION unblock_dependents(of_tasks uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$ BEGIN
     RETURN QUERY
       UPDATE executions e SET blocked = false${alsoSet}
         FROM task_dependencies d CROSS JOIN LATERAL (SELECT id, execution_id FROM tasks WHERE id = d.task_id OFFSET 0) AS t
        WHERE d.depends_on_task_id = ANY (of_tasks) AND e.id = t.execution_id AND (e.status = 'queued' AND e.blocked) IS TRUE
          AND NOT ${inBackoff} AND NOT waits_for_tasks(t.id)
       RETURNING ${owner};
   END $$`;

/**
 * As in the migration AdmissionInBatches, and with the places of groups: before what is chosen is admitted, the locks of its groups are
 * taken and what a group has no place for leaves the line. Locks are taken in the order owner, users, groups, those of groups in their
 * order; when another round of the loop needs more of them, it only tries, and leaves out what it cannot lock: the owner is among
 * "elsewhere" then. The limit of a group is that of the run which is to be admitted.
 * @param withLabels whether it returns the labels of what is admitted. The caller cannot look them up in the same statement, whose snapshot
 * is older than what the function sees
 */
export function admitNext(withLabels: boolean): string {
  const none = withLabels ? ', NULL::text[]' : '';
  return `CREATE OR REPLACE FUNCTION admit_next(of_owner uuid, freed_by uuid[], ended_tasks uuid[], most integer, lease double precision, waits boolean)
   RETURNS TABLE (id uuid, queue smallint, boosted boolean, elsewhere uuid, busy boolean${withLabels ? ', runs_on text[]' : ''}) LANGUAGE plpgsql ${fixedPlan} AS $$
   #variable_conflict use_column
   DECLARE
     people uuid[];
     room integer;
     at timestamptz;
     chosen uuid[];
     grouped boolean;
     locked integer[] := '{}';
     refused integer[] := '{}';
     lock_key integer;
     somebody uuid;
   BEGIN
     freed_by := ARRAY(SELECT DISTINCT coalesce(u.account_id, u.id) FROM users u WHERE u.id = ANY (freed_by));
     IF ended_tasks <> '{}' THEN
       RETURN QUERY SELECT NULL::uuid, NULL::smallint, NULL::boolean, o.owner, false${none}
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
         RETURN QUERY SELECT NULL::uuid, NULL::smallint, NULL::boolean, NULL::uuid, true${none};
         RETURN;
       END IF;
       -- the commands of a user have no room of their own
       room := coalesce(project_room(of_owner), CASE WHEN of_owner = ANY (people) THEN 1000000 ELSE 0 END);
       LOOP
         WITH active AS MATERIALIZED (
           SELECT e.account_id AS who, count(*) AS n FROM executions e
            WHERE e.project_id = of_owner AND ${admitted} GROUP BY e.account_id
         ), heads AS MATERIALIZED (
           SELECT f.id, f.boosted, f.queue, f.who = ANY (freed_by) AS was_served,
                  row_number() OVER (PARTITION BY f.who, f.boosted, f.queue ORDER BY f.id)
                    + coalesce((SELECT a.n FROM active a WHERE a.who = f.who), 0) AS turn
             FROM first_in_lanes(of_owner, people, room, most, lease) AS f)
         SELECT array_agg(c.id ORDER BY c.place) INTO chosen
           FROM (SELECT heads.id, row_number() OVER (ORDER BY heads.boosted DESC, heads.queue, heads.turn, heads.was_served, heads.id) AS place
                   FROM heads ORDER BY place LIMIT room) AS c;
         EXIT WHEN chosen IS NULL;
         UPDATE executions e SET blocked = true
          WHERE e.id = ANY (chosen) AND (${inBackoff} OR waits_for_tasks(e.task_id));
         CONTINUE WHEN FOUND;
         grouped := EXISTS (SELECT 1 FROM executions e WHERE e.id = ANY (chosen) AND e.concurrency_group IS NOT NULL);
         EXIT WHEN NOT grouped;
         FOR lock_key IN
           SELECT DISTINCT hashtext(e.concurrency_group) FROM executions e
            WHERE e.id = ANY (chosen) AND e.concurrency_group IS NOT NULL AND hashtext(e.concurrency_group) <> ALL (locked || refused)
            ORDER BY 1
         LOOP
           IF waits AND locked || refused = '{}' THEN
             PERFORM pg_advisory_xact_lock(7102034, lock_key);
             locked := locked || lock_key;
           ELSIF pg_try_advisory_xact_lock(7102034, lock_key) THEN
             locked := locked || lock_key;
           ELSE
             refused := refused || lock_key;
           END IF;
         END LOOP;
         UPDATE executions e SET waits_for_group = true
           FROM (SELECT c.id, c.concurrency_limit AS places, held.n + row_number() OVER (
                          PARTITION BY c.concurrency_group ORDER BY c.boosted DESC, c.queue, c.id) AS place
                   FROM executions c CROSS JOIN LATERAL (
                     SELECT count(*) AS n FROM executions e WHERE e.concurrency_group = c.concurrency_group AND ${admitted}) AS held
                  WHERE c.id = ANY (chosen) AND c.concurrency_group IS NOT NULL AND hashtext(c.concurrency_group) <> ALL (refused)) AS p
          WHERE e.id = p.id AND p.place > p.places;
         EXIT WHEN NOT FOUND;
       END LOOP;
       IF refused <> '{}' THEN
         chosen := ARRAY(SELECT c.id FROM unnest(chosen) WITH ORDINALITY AS c (id, place) JOIN executions e ON e.id = c.id
                          WHERE e.concurrency_group IS NULL OR hashtext(e.concurrency_group) <> ALL (refused) ORDER BY c.place);
         RETURN QUERY SELECT NULL::uuid, NULL::smallint, NULL::boolean, of_owner, false${none};
       END IF;
       -- after every end that it has seen
       at := clock_timestamp();
       RETURN QUERY
         WITH taken AS (
           UPDATE executions e SET admitted_at = at WHERE e.id = ANY (chosen) RETURNING e.id, e.queue, e.boosted${withLabels ? ', e.runs_on' : ''})
         SELECT t.id, t.queue, t.boosted, NULL::uuid, false${withLabels ? ', t.runs_on' : ''} FROM taken t ORDER BY array_position(chosen, t.id);
     END IF;
     FOREACH somebody IN ARRAY freed_by LOOP
       CONTINUE WHEN user_limit(somebody, most, lease) IS NULL;
       RETURN QUERY
         WITH RECURSIVE p (project) AS (
           (SELECT e.project_id FROM executions e
             WHERE e.account_id = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL AND e.project_id IS NOT NULL
             ORDER BY e.admitted_at, e.project_id LIMIT 1)
           UNION ALL
           SELECT (SELECT e.project_id FROM executions e
                    WHERE e.account_id = somebody AND e.status IN ('queued', 'running') AND e.admitted_at IS NULL
                      AND e.project_id > p.project ORDER BY e.admitted_at, e.project_id LIMIT 1)
             FROM p WHERE p.project IS NOT NULL)
         SELECT NULL::uuid, NULL::smallint, NULL::boolean, o.owner, false${none} FROM (
           SELECT p.project AS owner FROM p WHERE project_room(p.project) > 0
           UNION ALL
           SELECT somebody WHERE people_in_line(somebody) <> '{}') AS o
          WHERE o.owner <> of_owner LIMIT user_room(somebody, most, lease);
     END LOOP;
   END $$`;
}

const functions = [
  unblockDependents(', waits_for_group = false'),

  `CREATE OR REPLACE FUNCTION first_in_lanes(of_owner uuid, people uuid[], room integer, most integer, lease double precision)
   RETURNS TABLE (id uuid, who uuid, boosted boolean, queue smallint) LANGUAGE plpgsql AS $$
   #variable_conflict use_column
   BEGIN
     RETURN QUERY
       SELECT f.id, p.who, f.boosted, f.queue
         FROM unnest(people) AS p (who)
         CROSS JOIN LATERAL (SELECT least(room, user_room(p.who, most, lease)) AS n OFFSET 0) AS r
         CROSS JOIN LATERAL (
           SELECT w.id, l.boosted, l.queue FROM open_lanes() AS l CROSS JOIN LATERAL (
             SELECT e.id FROM executions e
              WHERE ${owner} = of_owner AND e.account_id = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
              ORDER BY e.id LIMIT r.n FOR UPDATE OF e SKIP LOCKED) AS w
            ORDER BY l.boosted DESC, l.queue, w.id LIMIT r.n) AS f;
   END $$`,

  `CREATE OR REPLACE FUNCTION people_in_line(of_owner uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$ BEGIN
     RETURN ARRAY(
       WITH RECURSIVE p (who) AS (
         (SELECT e.account_id FROM executions e WHERE ${owner} = of_owner AND ${waiting} ORDER BY e.account_id LIMIT 1)
         UNION ALL
         SELECT (SELECT e.account_id FROM executions e
                  WHERE ${owner} = of_owner AND ${waiting} AND e.account_id > p.who ORDER BY e.account_id LIMIT 1)
           FROM p WHERE p.who IS NOT NULL)
       SELECT who FROM p WHERE who IS NOT NULL);
   END $$`,

  admitNext(false),

  `CREATE OR REPLACE FUNCTION owners_with_room(most integer, lease double precision) RETURNS SETOF uuid
   LANGUAGE plpgsql STABLE ${fixedPlan} AS $$
   BEGIN
     RETURN QUERY
       WITH RECURSIVE pairs AS (
         (SELECT ${owner} AS owner, e.account_id AS who, e.project_id AS project FROM executions e WHERE ${waiting}
           ORDER BY 1, 2 LIMIT 1)
         UNION ALL
         SELECT n.* FROM pairs p CROSS JOIN LATERAL (
           SELECT ${owner}, e.account_id, e.project_id FROM executions e
            WHERE (${owner}, e.account_id) > (p.owner, p.who) AND ${waiting} ORDER BY 1, 2 LIMIT 1) AS n)
       SELECT DISTINCT p.owner FROM pairs p
        WHERE (p.project IS NULL OR project_room(p.project) > 0) AND user_room(p.who, most, lease) > 0 AND (
          SELECT true FROM open_lanes() AS l CROSS JOIN LATERAL (
            SELECT 1 FROM executions e
             WHERE ${owner} = p.owner AND e.account_id = p.who AND e.boosted = l.boosted AND e.queue = l.queue AND ${waiting}
             ORDER BY e.id LIMIT 1) AS first LIMIT 1);
   END $$`,

  // The first ones that wait in a group, by priority, then the oldest. With "ready" only those that nothing else keeps from starting: a
  // paused queue, a full project, a user without a free slot. It asks once for each user in each project, however many wait.
  `CREATE OR REPLACE FUNCTION first_in_group(which text, n integer, ready boolean, most integer, lease double precision)
   RETURNS TABLE (id uuid, project uuid, marked boolean, places integer) LANGUAGE plpgsql STABLE AS $$
   #variable_conflict use_column
   BEGIN
     RETURN QUERY
       WITH RECURSIVE pairs AS (
         (SELECT e.project_id AS project, e.account_id AS who FROM executions e
           WHERE e.concurrency_group = which AND ${waitingInGroup} ORDER BY 1, 2 LIMIT 1)
         UNION ALL
         SELECT o.* FROM pairs p CROSS JOIN LATERAL (
           SELECT e.project_id, e.account_id FROM executions e
            WHERE e.concurrency_group = which AND (e.project_id, e.account_id) > (p.project, p.who) AND ${waitingInGroup}
            ORDER BY 1, 2 LIMIT 1) AS o)
       SELECT f.id, p.project, f.waits_for_group, f.concurrency_limit
         FROM pairs p
         CROSS JOIN LATERAL (
           SELECT CASE WHEN ready THEN least(n, coalesce(project_room(p.project), 0), user_room(p.who, most, lease)) ELSE n END AS room OFFSET 0) AS r
         CROSS JOIN LATERAL (
           SELECT w.*, l.boosted, l.queue
             FROM (VALUES (true), (false)) AS b (boosted)
             CROSS JOIN (VALUES (0::smallint), (1::smallint), (2::smallint)) AS q (queue)
             CROSS JOIN LATERAL (SELECT b.boosted, q.queue WHERE NOT ready OR NOT queue_paused(q.queue) AND NOT in_maintenance()) AS l
             CROSS JOIN LATERAL (
               SELECT e.id, e.waits_for_group, e.concurrency_limit FROM executions e
                WHERE e.concurrency_group = which AND e.project_id = p.project AND e.account_id = p.who
                  AND e.boosted = l.boosted AND e.queue = l.queue AND ${waitingInGroup}
                ORDER BY e.id LIMIT r.room) AS w
            ORDER BY l.boosted DESC, l.queue, w.id LIMIT r.room) AS f
        ORDER BY f.boosted DESC, f.queue, f.id LIMIT n;
   END $$`,

  // Lets as many of the first ones of each group into the lines of their projects as the group has free places, and returns the projects.
  // Where fewer are ready to start, the first ones of all are let in as well, so that whoever ends what they wait for finds them.
  `CREATE OR REPLACE FUNCTION next_in_groups(groups text[], most integer, lease double precision) RETURNS SETOF uuid
   LANGUAGE plpgsql ${fixedPlan} AS $$
   DECLARE
     which text;
     held integer;
     places integer;
     let_in uuid[];
     isReady boolean;
   BEGIN
     PERFORM pg_advisory_xact_lock(7102034, keys.key) FROM (
       SELECT DISTINCT hashtext(g) AS key FROM unnest(groups) AS g ORDER BY 1) AS keys;
     FOREACH which IN ARRAY groups LOOP
       held := (SELECT count(*) FROM executions e WHERE e.concurrency_group = which AND ${admitted});
       FOREACH isReady IN ARRAY ARRAY[true, false] LOOP
         places := (SELECT f.places FROM first_in_group(which, 1, isReady, most, lease) AS f);
         CONTINUE WHEN places IS NULL;
         EXIT WHEN held >= places;
         let_in := ARRAY(
           SELECT f.id FROM (SELECT g.*, row_number() OVER () AS place FROM first_in_group(which, places - held, isReady, most, lease) AS g) AS f
            WHERE held + f.place <= f.places);
         RETURN QUERY
           WITH free AS MATERIALIZED (
             SELECT e.id FROM executions e WHERE e.id = ANY (let_in) AND e.waits_for_group FOR UPDATE OF e SKIP LOCKED
           ), freed AS (
             UPDATE executions e SET waits_for_group = false FROM free WHERE e.id = free.id RETURNING e.project_id)
           SELECT DISTINCT freed.project_id FROM freed;
         EXIT WHEN held + cardinality(let_in) >= places;
       END LOOP;
     END LOOP;
   END $$`,

  // The next groups behind one in which something waits, in the order of their names.
  `CREATE OR REPLACE FUNCTION groups_in_line(after text, n integer) RETURNS SETOF text LANGUAGE plpgsql STABLE ${fixedPlan} AS $$ BEGIN
     RETURN QUERY
       WITH RECURSIVE g (name) AS (
         (SELECT e.concurrency_group FROM executions e WHERE e.concurrency_group > after AND ${waitingInGroup}
           ORDER BY e.concurrency_group LIMIT 1)
         UNION ALL
         SELECT (SELECT e.concurrency_group FROM executions e WHERE e.concurrency_group > g.name AND ${waitingInGroup}
                  ORDER BY e.concurrency_group LIMIT 1)
           FROM g WHERE g.name IS NOT NULL)
       SELECT g.name FROM g WHERE g.name IS NOT NULL LIMIT n;
   END $$`,

  // Fails when as many runs of a group wait or run as it has places. The lock makes requests that skip decide one after the other; it is
  // sent in one packet with the run that is stored and its commit.
  `CREATE OR REPLACE FUNCTION refuse_conflict(which text, places integer) RETURNS void LANGUAGE plpgsql ${fixedPlan} AS $$ BEGIN
     PERFORM pg_advisory_xact_lock(7102035, hashtext(which));
     IF (SELECT count(*) FROM (SELECT 1 FROM executions e WHERE e.concurrency_group = which AND e.status IN ('queued', 'running')
          LIMIT places) AS o) >= places THEN RAISE no_data_found; END IF;
   END $$`,
];
