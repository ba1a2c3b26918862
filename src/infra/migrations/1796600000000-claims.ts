import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

const columns = {
  claim_id: `uuid`,
  claim_lapses: `smallint NOT NULL DEFAULT '0'`,
  is_waiting: `boolean NOT NULL DEFAULT false`,
};

const claimable = `status = 'pending' AND blocker IS NULL AND NOT is_waiting AND NOT is_archived AND NOT is_draft AND deleted_at IS NULL`;

// two, since the planner takes no column for constant that is null, and would sort what one index has in order
const indexes = {
  tasks_claimable: `"tasks" ("project_id", "priority", "number") WHERE ${claimable} AND assigned_to IS NULL`,
  tasks_claimable_own: `"tasks" ("project_id", "assigned_to", "priority", "number") WHERE ${claimable} AND assigned_to IS NOT NULL`,
  tasks_waiting: `"tasks" ("id") WHERE is_waiting`,
};

/** The most tasks that are looked at after the end of one that they depend on; a job of the reconciler finds the others. */
const mostAtOnce = 200;

/** The most tasks that one look for a claim takes out of the line. */
const mostPassed = 1_000;

const settings = 'SET enable_seqscan = off SET jit = off';

const stream = (name: 'nobodys' | 'own') => `FROM tasks t
      WHERE t.project_id = of_project AND t.assigned_to ${name === 'own' ? '= by_user' : 'IS NULL'} AND ${claimable}
        AND (of_types IS NULL OR t.type = ANY (of_types)) AND (with_labels IS NULL OR t.tags @> with_labels)
      ORDER BY t.priority, t.number LIMIT 1`;
const lookAt = (name: 'nobodys' | 'own') => `SELECT t.id, t.priority, t.number INTO ${name} ${stream(name)};`;
const lock = (name: 'nobodys' | 'own') =>
  `SELECT t.id INTO found ${stream(name)} FOR NO KEY UPDATE SKIP LOCKED;`;

const functions = [
  // Whether a task waits is stored, so that what waits is in no line: a claim would pass each of them. What is locked at the moment is
  // left out, since nobody may wait for it here.
  `CREATE OR REPLACE FUNCTION settle_waiting(of_tasks uuid[]) RETURNS integer LANGUAGE plpgsql ${settings} AS $$
   DECLARE settled integer;
   BEGIN
     UPDATE tasks t SET is_waiting = NOT t.is_waiting WHERE t.id IN (
       SELECT w.id FROM tasks w WHERE w.id = ANY (of_tasks) AND w.is_waiting <> waits_for_tasks(w.id) FOR NO KEY UPDATE SKIP LOCKED);
     GET DIAGNOSTICS settled = ROW_COUNT;
     RETURN settled;
   END $$`,
  `CREATE OR REPLACE FUNCTION settle_dependents(of_tasks uuid[]) RETURNS void LANGUAGE plpgsql ${settings} AS $$ BEGIN
     PERFORM settle_waiting(ARRAY(
       SELECT d.task_id FROM task_dependencies d JOIN tasks t ON t.id = d.task_id
        WHERE d.depends_on_task_id = ANY (of_tasks) AND t.is_waiting <> waits_for_tasks(t.id) LIMIT ${mostAtOnce}));
   END $$`,
  // The most urgent task, of those the oldest, that a user may claim, locked: of those that are assigned to nobody, and of the user's own.
  // Only one of the two is locked, since what is locked is passed by other claims. A task that waits although it is not stored so leaves the
  // line here, so that it is passed once; the caller settles these after its commit. "is_cut" says to look again: after many of these, or
  // when everything there is is locked at the moment, and may not stay so.
  `CREATE OR REPLACE FUNCTION lock_claimable(of_project uuid, by_user uuid, of_types text[], with_labels text[],
     OUT id uuid, OUT passed uuid[], OUT is_cut boolean)
   LANGUAGE plpgsql ${settings} SET enable_bitmapscan = off SET enable_sort = off SET enable_incremental_sort = off AS $$
   #variable_conflict use_column
   DECLARE
     nobodys record;
     own record;
     found uuid;
   BEGIN
     lock_claimable.passed := '{}';
     lock_claimable.is_cut := false;
     FOR looks IN 1 .. ${mostPassed} LOOP
       ${lookAt('nobodys')}
       ${lookAt('own')}
       IF own.id IS NULL AND nobodys.id IS NULL THEN RETURN; END IF;
       IF own.id IS NULL OR (nobodys.priority, nobodys.number) < (own.priority, own.number) THEN
         ${lock('nobodys')}
         IF found IS NULL AND own.id IS NOT NULL THEN ${lock('own')} END IF;
       ELSE
         ${lock('own')}
         IF found IS NULL AND nobodys.id IS NOT NULL THEN ${lock('nobodys')} END IF;
       END IF;
       IF found IS NULL THEN
         lock_claimable.is_cut := true;
         RETURN;
       END IF;
       IF NOT waits_for_tasks(found) THEN
         lock_claimable.id := found;
         RETURN;
       END IF;
       UPDATE tasks t SET is_waiting = true WHERE t.id = found;
       lock_claimable.passed := lock_claimable.passed || found;
     END LOOP;
     lock_claimable.is_cut := true;
   END $$`,
];

/** Claims of tasks, and what they are found by. Indexes are built beside the work, so it is not one transaction. */
export class Claims1796600000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, type] of Object.entries(columns))
      await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "${name}" ${type}`);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "claims" ("id" uuid NOT NULL, "task_id" uuid NOT NULL, "user_id" uuid NOT NULL, "token_hash" bytea NOT NULL, "was_assigned" boolean NOT NULL, "lease_seconds" integer NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_claims" PRIMARY KEY ("id"))`,
    );
    for (const text of functions) await runner.query(text);
    await runner.query(`CREATE UNIQUE INDEX IF NOT EXISTS "claims_task_key" ON "claims" ("task_id")`);
    // whatever depends on a task, a few at a time, since each is locked until the end of its statement
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = (await runner.query(
        `SELECT DISTINCT task_id FROM task_dependencies WHERE task_id > $1 ORDER BY task_id LIMIT 1000`,
        [after],
      )) as { task_id: string }[];
      if (rows.length === 0) break;
      after = rows.at(-1)!.task_id;
      await runner.query('SELECT settle_waiting($1)', [rows.map(({ task_id }) => task_id)]);
    }
    await buildIndexes(runner, indexes);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexes(runner, Object.keys(indexes));
    await runner.query('DROP FUNCTION IF EXISTS lock_claimable(uuid, uuid, text[], text[])');
    await runner.query('DROP FUNCTION IF EXISTS settle_dependents(uuid[])');
    await runner.query('DROP FUNCTION IF EXISTS settle_waiting(uuid[])');
    await runner.query('DROP TABLE IF EXISTS "claims"');
    for (const name of Object.keys(columns)) await runner.query(`ALTER TABLE "tasks" DROP COLUMN "${name}"`);
  }
}
