import type { MigrationInterface, QueryRunner } from 'typeorm';

const ended = (t: string) =>
  `(${t}.status IN ('completed', 'failed', 'cancelled') AND ${t}.completed_at IS NOT NULL)`;
const finished = (t: string) => `(${t}.status = 'completed' AND ${t}.completed_at IS NOT NULL)`;
const assignee = (t: string) => `coalesce(${t}.assigned_to, ${t}.created_by)`;
const day = (time: string) => `floor(date_part('epoch', ${time}) / 86400)::integer`;

const columns =
  'project_id, user_id, created_on, ended_on, is_completed, completion_ms, duration_ms, on_time, created_by, tasks, made';
/** What a task adds to the figures of its project and its users. */
const figures = (t: string) => `${t}.project_id, ${assignee(t)}, ${day(`${t}.created_at`)},
       CASE WHEN ${ended(t)} THEN ${day(`${t}.completed_at`)} END, ${t}.status = 'completed',
       CASE WHEN ${finished(t)} THEN (1000 * date_part('epoch', ${t}.completed_at - ${t}.created_at))::bigint END,
       CASE WHEN ${finished(t)} THEN (1000 * ${t}.actual_duration)::bigint END,
       CASE WHEN ${finished(t)} THEN ${t}.actual_duration <= ${t}.estimated_duration END, ${t}.created_by`;
const living = (t: string) => `${t}.deleted_at IS NULL`;
/** What the figures depend on, so that a change of anything else leaves them alone: a run changes them at its end only. */
const relevant = (
  t: string,
) => `ROW(${t}.project_id, ${t}.created_at, ${assignee(t)}, ${living(t)}, ${t}.status = 'completed', ${ended(t)},
    CASE WHEN ${ended(t)} THEN ${t}.completed_at END,
    CASE WHEN ${finished(t)} THEN ${t}.actual_duration END,
    CASE WHEN ${finished(t)} THEN ${t}.estimated_duration END)`;

const logged = (rows: string) => `
    INSERT INTO task_deltas (${columns})
    SELECT ${figures('t')}, count(*) FILTER (WHERE ${living('t')}), count(*) FROM ${rows} t GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`;

/**
 * The sums of analytics, profiles and queue metrics, which are kept instead of computed over all rows. The tasks of before become a log
 * of changes as if they had just been created, which the background job adds up; reads add what it has not added yet.
 */
export class Rollups1795920000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    for (const statement of [...tables, ...functions]) await runner.query(statement);
    await runner.commitTransaction();
    // One snapshot tells which tasks to log and which log entries are of these tasks already: both are visible or neither is.
    await runner.startTransaction('REPEATABLE READ');
    await runner.query('DELETE FROM task_deltas');
    await runner.query(logged('tasks'));
    await runner.commitTransaction();
    await runner.query('ANALYZE task_deltas');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const what of ['added', 'changed', 'removed']) {
      await runner.query(`DROP TRIGGER task_figures_${what} ON tasks`);
      await runner.query(`DROP FUNCTION log_task_${what}()`);
    }
    await runner.query('DROP FUNCTION histogram_bucket(bigint)');
    for (const table of names) await runner.query(`DROP TABLE ${table}`);
    await runner.query(`DELETE FROM system_settings WHERE name = 'queue_rollup'`);
  }
}

const names = [
  'task_deltas',
  'project_days',
  'member_blocks',
  'task_duration_blocks',
  'user_task_counts',
  'queue_hours',
  'queue_time_blocks',
];
const counter = (name: string) => `"${name}" bigint NOT NULL DEFAULT '0'`;
const histogram = '"buckets" smallint array NOT NULL, "n" integer array NOT NULL, "ms" bigint array NOT NULL';
const counters = (...list: string[]) => list.map(counter).join(', ');

// A migration that was interrupted begins again.
const tables = [
  ...names.map((table) => `DROP TABLE IF EXISTS ${table}`),
  `CREATE TABLE task_deltas (
     project_id uuid NOT NULL, user_id uuid NOT NULL, created_on integer NOT NULL, ended_on integer, is_completed boolean NOT NULL,
     completion_ms bigint, duration_ms bigint, on_time boolean, created_by uuid NOT NULL, tasks integer NOT NULL, made integer NOT NULL)`,
  `CREATE TABLE "project_days" ("project_id" uuid NOT NULL, "day" integer NOT NULL,
     ${counters('created', 'unfinished', 'ended', 'completed', 'completion_ms', 'timed', 'duration_ms', 'on_time', 'estimated')},
     PRIMARY KEY ("project_id", "day"))`,
  `CREATE TABLE "member_blocks" ("project_id" uuid NOT NULL, "days" smallint NOT NULL, "start" integer NOT NULL, "user_id" uuid NOT NULL,
     ${counters('unfinished', 'ended', 'completed', 'timed', 'duration_ms')},
     PRIMARY KEY ("project_id", "days", "start", "user_id"))`,
  `CREATE TABLE "task_duration_blocks" ("project_id" uuid NOT NULL, "days" smallint NOT NULL, "start" integer NOT NULL, ${histogram},
     PRIMARY KEY ("project_id", "days", "start"))`,
  `CREATE TABLE "user_task_counts" ("user_id" uuid NOT NULL, ${counters('created', 'completed')},
     PRIMARY KEY ("user_id"))`,
  `CREATE TABLE "queue_hours" ("queue" smallint NOT NULL, "hour" integer NOT NULL,
     ${counters('enqueued', 'completed', 'failed', 'cancelled', 'ran', 'run_ms', 'failed_runs')},
     "wait_p50" double precision, "wait_p95" double precision, "run_p50" double precision, "run_p95" double precision,
     PRIMARY KEY ("queue", "hour"))`,
  `CREATE TABLE "queue_time_blocks" ("queue" smallint NOT NULL, "hours" smallint NOT NULL, "start" integer NOT NULL,
     "measure" text NOT NULL, ${histogram}, PRIMARY KEY ("queue", "hours", "start", "measure"))`,
  `INSERT INTO system_settings (name, value) VALUES ('queue_rollup', to_jsonb(now() - interval '31 days'))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
];

const trigger = (what: string, body: string, firing: string) => [
  `CREATE OR REPLACE FUNCTION log_task_${what}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     ${body};
     RETURN NULL;
   END $$`,
  `CREATE OR REPLACE TRIGGER task_figures_${what} AFTER ${firing} EXECUTE FUNCTION log_task_${what}()`,
];

const functions = [
  // Each bucket is 2 % wider than the one below it; those of the first milliseconds hold one value each.
  `CREATE OR REPLACE FUNCTION histogram_bucket(ms bigint) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
     SELECT CASE WHEN ms < 1 THEN 0 ELSE 1 + floor(ln(ms::float8) / ln(1.02::float8)) END::smallint $$`,
  // rows of one kind are logged as one: a copied project with 100,000 tasks takes a few
  ...trigger('added', logged('after'), 'INSERT ON tasks REFERENCING NEW TABLE AS after FOR EACH STATEMENT'),
  // Two of three changes of a run are none here, and end at the first condition. As conditions of the trigger each statement would compile
  // them anew, which takes 0.05 to 0.1 ms.
  ...trigger(
    'changed',
    `IF OLD.completed_at IS NULL AND NEW.completed_at IS NULL AND OLD.status <> 'completed' AND NEW.status <> 'completed'
        AND OLD.assigned_to IS NOT DISTINCT FROM NEW.assigned_to AND OLD.deleted_at IS NOT DISTINCT FROM NEW.deleted_at
        AND OLD.created_at = NEW.created_at AND OLD.created_by = NEW.created_by AND OLD.project_id = NEW.project_id THEN
       RETURN NULL;
     END IF;
     IF ${relevant('OLD')} IS DISTINCT FROM ${relevant('NEW')} THEN
       INSERT INTO task_deltas (${columns})
       SELECT ${figures('OLD')}, -1, 0 WHERE ${living('OLD')} UNION ALL SELECT ${figures('NEW')}, 1, 0 WHERE ${living('NEW')};
     END IF`,
    'UPDATE ON tasks FOR EACH ROW',
  ),
  ...trigger(
    'removed',
    `INSERT INTO task_deltas (${columns}) SELECT ${figures('OLD')}, CASE WHEN ${living('OLD')} THEN -1 ELSE 0 END, -1`,
    'DELETE ON tasks FOR EACH ROW',
  ),
];
