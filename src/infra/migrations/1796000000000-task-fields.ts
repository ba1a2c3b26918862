import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

const columns = {
  planned: `boolean NOT NULL DEFAULT false`,
  blocker: `text`,
  type: `text NOT NULL DEFAULT 'task'`,
  parent_id: `uuid`,
  due_at: `TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT 'infinity'`,
  result: `text`,
  source: `text`,
  external_ref: `text`,
  project_path: `text`,
  is_draft: `boolean NOT NULL DEFAULT false`,
  is_archived: `boolean NOT NULL DEFAULT false`,
  archived_at: `TIMESTAMP(3) WITH TIME ZONE`,
};

const notDeleted = 'WHERE deleted_at IS NULL';
const listed = `${notDeleted} AND NOT is_archived AND NOT is_draft`;
const unlisted = `${notDeleted} AND (is_archived OR is_draft)`;
const stream = '"project_id", "is_archived", "is_draft", "status"';

const indexes = {
  tasks_stream_created: `"tasks" (${stream}, "created_at", "id") ${notDeleted}`,
  tasks_stream_updated: `"tasks" (${stream}, "updated_at", "id") ${notDeleted}`,
  tasks_stream_priority: `"tasks" (${stream}, "priority", "id") ${notDeleted}`,
  tasks_stream_title: `"tasks" (${stream}, "title", "id") ${notDeleted}`,
  tasks_stream_due: `"tasks" (${stream}, "due_at", "id") ${notDeleted}`,
  tasks_stream_number: `"tasks" (${stream}, "number", "id") ${notDeleted}`,
  tasks_project_created: `"tasks" ("project_id", "created_at", "id") ${listed}`,
  tasks_created_project: `"tasks" ("created_at", "id") INCLUDE ("project_id") ${listed}`,
  tasks_assigned_to: `"tasks" ("assigned_to", "is_archived", "is_draft", "created_at") ${notDeleted} AND assigned_to IS NOT NULL`,
  tasks_created_by: `"tasks" ("created_by", "is_archived", "is_draft", "created_at") ${notDeleted}`,
  tasks_typed: `"tasks" ("type", "project_id") ${notDeleted} AND type <> 'task'`,
  tasks_planned: `"tasks" ("project_id") ${notDeleted} AND planned AND status = 'pending'`,
  tasks_blocked: `"tasks" ("project_id") ${notDeleted} AND blocker IS NOT NULL`,
  tasks_due: `"tasks" ("due_at") ${notDeleted} AND due_at < 'infinity'`,
  tasks_parent: `"tasks" ("parent_id") WHERE parent_id IS NOT NULL`,
  tasks_words: `"tasks" USING gin ("words") ${listed}`,
  tasks_words_unlisted: `"tasks" USING gin ("words") ${unlisted}`,
  tasks_tags: `"tasks" USING gin ("tags") ${listed}`,
  tasks_tags_unlisted: `"tasks" USING gin ("tags") ${unlisted}`,
};

/** The indexes of before: those whose names are in use again are exchanged, and the others are dropped. */
const before = {
  tasks_project_status: `"tasks" ("project_id", "status", "created_at", "id") ${notDeleted}`,
  tasks_status_updated: `"tasks" ("project_id", "status", "updated_at", "id") ${notDeleted}`,
  tasks_status_priority: `"tasks" ("project_id", "status", "priority", "id") ${notDeleted}`,
  tasks_status_title: `"tasks" ("project_id", "status", "title", "id") ${notDeleted}`,
  tasks_project_created: `"tasks" ("project_id", "created_at", "id") ${notDeleted}`,
  tasks_created_project: `"tasks" ("created_at", "id") INCLUDE ("project_id") ${notDeleted}`,
  tasks_assigned_to: `"tasks" ("assigned_to", "created_at") ${notDeleted} AND assigned_to IS NOT NULL`,
  tasks_words: `"tasks" USING gin ("words") ${notDeleted}`,
  tasks_tags: `"tasks" USING gin ("tags") ${notDeleted}`,
};

/**
 * The fields of a task as a backlog has them, and what lists need to leave out archived tasks and drafts at no cost. Not in one
 * transaction: the columns and the counters are exchanged at once, and the indexes are built while processes go on.
 */
export class TaskFields1796000000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    for (const [name, definition] of Object.entries(columns))
      await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "${name}" ${definition}`);
    for (const name of ['is_archived', 'is_draft', 'planned'])
      await runner.query(
        `ALTER TABLE "task_counts" ADD COLUMN IF NOT EXISTS "${name}" boolean NOT NULL DEFAULT false`,
      );
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "former_refs" ("project_id" uuid NOT NULL, "number" integer NOT NULL, "task_id" uuid NOT NULL, CONSTRAINT "PK_former_refs" PRIMARY KEY ("project_id", "number"))`,
    );
    await runner.query(`CREATE INDEX IF NOT EXISTS "former_refs_task" ON "former_refs" ("task_id")`);
    await setKey(runner, streamKey);
    for (const [what, changes] of counted(streamOf))
      await runner.query(counting(what, changes, streamColumns));
    await runner.query(measuring(measuredColumns));
    await runner.query(measuredTrigger(measuredColumns));
    for (const statement of figuring(living)) await runner.query(statement);
    await runner.query(waiting('AND NOT o.is_archived'));
    await runner.commitTransaction();
    await dropIndexes(runner, ['tasks_external_ref']);
    await runner.query(
      `CREATE UNIQUE INDEX CONCURRENTLY "tasks_external_ref" ON "tasks" ("project_id", "external_ref")
       WHERE external_ref IS NOT NULL AND deleted_at IS NULL`,
    );
    await buildIndexes(runner, indexes);
    await dropIndexes(
      runner,
      Object.keys(before).filter((name) => !(name in indexes)),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await buildIndexes(runner, before);
    await dropIndexes(
      runner,
      [...Object.keys(indexes), 'tasks_external_ref'].filter((name) => !(name in before)),
    );
    await runner.startTransaction();
    await runner.query(waiting(''));
    for (const statement of figuring(livingBefore)) await runner.query(statement);
    await runner.query(measuredTrigger(measuredBefore));
    await runner.query(measuring(measuredBefore));
    for (const [what, changes] of counted(['project_id', 'status'])) {
      await runner.query(counting(what, changes, ['project_id', 'status']));
    }
    await runner.query(
      `WITH taken AS (DELETE FROM task_counts RETURNING project_id, status, n, bytes)
       INSERT INTO task_counts (project_id, status, shard, n, bytes)
       SELECT project_id, status, 0, sum(n), sum(bytes) FROM taken GROUP BY project_id, status`,
    );
    await setKey(runner, ['project_id', 'status', 'shard']);
    for (const name of ['is_archived', 'is_draft', 'planned'])
      await runner.query(`ALTER TABLE "task_counts" DROP COLUMN "${name}"`);
    await runner.query(`DROP TABLE "former_refs"`);
    for (const name of Object.keys(columns)) await runner.query(`ALTER TABLE "tasks" DROP COLUMN "${name}"`);
    await runner.commitTransaction();
  }
}

const streamColumns = ['project_id', 'status', 'is_archived', 'is_draft', 'planned'];
const streamKey = [...streamColumns, 'shard'];
/** What a task is counted as: `planned` distinguishes pending tasks only. */
const streamOf = [
  'project_id',
  'status',
  'is_archived',
  'is_draft',
  `planned AND status = 'pending' AS planned`,
];

async function setKey(runner: QueryRunner, key: string[]): Promise<void> {
  await runner.query(`ALTER TABLE "task_counts" DROP CONSTRAINT "PK_2c2bb2b1c8be5e57f6d1b1b0b4a"`);
  await runner.query(
    `ALTER TABLE "task_counts" ADD CONSTRAINT "PK_2c2bb2b1c8be5e57f6d1b1b0b4a" PRIMARY KEY (${key.map((name) => `"${name}"`).join(', ')})`,
  );
}

function counted(of: string[]): [what: string, changes: string][] {
  const notDeletedOne = 'CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END';
  const added = `SELECT ${of.join(', ')}, ${notDeletedOne} AS change, coalesce(bytes, 0) AS bytes FROM after`;
  const removed = `SELECT ${of.join(', ')}, -${notDeletedOne} AS change, -coalesce(bytes, 0) AS bytes FROM before`;
  return [
    ['added', added],
    ['changed', `${added} UNION ALL ${removed}`],
    ['removed', removed],
  ];
}

const most = `67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint`;

/** The same as in the migration LeanRunWrites, for counters that are distinguished by more columns. */
function counting(what: string, changes: string, key: string[]): string {
  const check = `
      IF grown > 0 THEN
        SELECT p.id, ${most} AS most INTO full_project FROM projects p
         WHERE p.id IN (SELECT project_id FROM after)
           AND (SELECT sum(c.bytes) FROM task_counts c WHERE c.project_id = p.id) > ${most} LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION 'the tasks of a project take more than it may have' USING ERRCODE = 'MR001',
            DETAIL = json_build_object('project_id', full_project.id, 'limit', 'task_storage', 'value', full_project.most)::text;
        END IF;
      END IF;`;
  const keys = key.join(', ');
  return `CREATE OR REPLACE FUNCTION count_tasks_${what}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      changed record;
      grown numeric := 0;
      full_project record;
    BEGIN
      FOR changed IN
        SELECT ${keys}, sum(change) AS n, sum(bytes) AS bytes FROM (${changes}) AS changes
         GROUP BY ${keys} HAVING sum(change) <> 0 OR sum(bytes) <> 0 ORDER BY ${keys}
      LOOP
        grown := grown + changed.bytes;
        UPDATE task_counts c SET n = c.n + changed.n, bytes = c.bytes + changed.bytes
         WHERE ${key.map((name) => `c.${name} = changed.${name}`).join(' AND ')} AND c.shard = pg_backend_pid();
        CONTINUE WHEN FOUND;
        INSERT INTO task_counts (${keys}, shard, n, bytes)
        VALUES (${key.map((name) => `changed.${name}`).join(', ')}, pg_backend_pid(), changed.n, changed.bytes);
      END LOOP;${what === 'removed' ? '' : check}
      RETURN NULL;
    END $$`;
}

const measuredBefore = [
  'title',
  'description',
  'command',
  'working_directory',
  'tags',
  'metadata',
  'environment',
];
const measuredColumns = [...measuredBefore, 'blocker', 'result', 'source', 'external_ref', 'project_path'];
/** The bytes of a row beside its texts. */
const ofRow = 256;
const size = (row: string, name: string) => `coalesce(octet_length(${row}.${name}::text), 0)`;
const sizeOf = (row: string, names: string[]) => [ofRow, ...names.map((name) => size(row, name))].join(' + ');

/** The same as in the migration TaskBytes, for more columns. */
const measuring = (
  names: string[],
) => `CREATE OR REPLACE FUNCTION measure_task() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' THEN
       NEW.bytes := ${sizeOf('NEW', names)};
       RETURN NEW;
     END IF;
     NEW.bytes := coalesce(OLD.bytes, ${sizeOf('OLD', names)}) + ${ofRow};
     ${names
       .map(
         (name) =>
           `IF NEW.${name} IS DISTINCT FROM OLD.${name} THEN NEW.bytes := NEW.bytes + ${size('OLD', name)} + ${size('NEW', name)}; END IF;`,
       )
       .join('\n     ')}
     RETURN NEW;
   END $$`;

const measuredTrigger = (names: string[]) => `CREATE OR REPLACE TRIGGER task_measured
   BEFORE INSERT OR UPDATE OF ${names.join(', ')} ON tasks FOR EACH ROW EXECUTE FUNCTION measure_task()`;

/** The same as in the migration FixedPlans; an archived task counts as gone, as a deleted one does. */
const waiting = (
  condition: string,
) => `CREATE OR REPLACE FUNCTION waits_for_tasks(waiting uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$ BEGIN
     RETURN EXISTS (
       SELECT 1 FROM task_dependencies d
        WHERE d.task_id = waiting
          AND (SELECT o.status <> 'completed' AND o.deleted_at IS NULL ${condition} FROM tasks o WHERE o.id = d.depends_on_task_id));
   END $$`;

const ended = (t: string) =>
  `(${t}.status IN ('completed', 'failed', 'cancelled') AND ${t}.completed_at IS NOT NULL)`;
const finished = (t: string) => `(${t}.status = 'completed' AND ${t}.completed_at IS NOT NULL)`;
const assignee = (t: string) => `coalesce(${t}.assigned_to, ${t}.created_by)`;
const day = (time: string) => `floor(date_part('epoch', ${time}) / 86400)::integer`;
/** What counts in analytics: archived tasks do, since they are what was done, and drafts are no tasks yet. */
const living = (t: string) => `(${t}.deleted_at IS NULL AND NOT ${t}.is_draft)`;
const livingBefore = (t: string) => `(${t}.deleted_at IS NULL)`;

/** The same as in the migration Rollups, with another idea of which tasks count. */
function figuring(counts: (t: string) => string): string[] {
  const names =
    'project_id, user_id, created_on, ended_on, is_completed, completion_ms, duration_ms, on_time, created_by, tasks, made';
  const figures = (t: string) => `${t}.project_id, ${assignee(t)}, ${day(`${t}.created_at`)},
       CASE WHEN ${ended(t)} THEN ${day(`${t}.completed_at`)} END, ${t}.status = 'completed',
       CASE WHEN ${finished(t)} THEN (1000 * date_part('epoch', ${t}.completed_at - ${t}.created_at))::bigint END,
       CASE WHEN ${finished(t)} THEN (1000 * ${t}.actual_duration)::bigint END,
       CASE WHEN ${finished(t)} THEN ${t}.actual_duration <= ${t}.estimated_duration END, ${t}.created_by`;
  const relevant = (
    t: string,
  ) => `ROW(${t}.project_id, ${t}.created_at, ${assignee(t)}, ${counts(t)}, ${t}.status = 'completed', ${ended(t)},
    CASE WHEN ${ended(t)} THEN ${t}.completed_at END,
    CASE WHEN ${finished(t)} THEN ${t}.actual_duration END,
    CASE WHEN ${finished(t)} THEN ${t}.estimated_duration END)`;
  const logging = (what: string, body: string) =>
    `CREATE OR REPLACE FUNCTION log_task_${what}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     ${body};
     RETURN NULL;
   END $$`;
  return [
    logging(
      'added',
      `INSERT INTO task_deltas (${names})
       SELECT ${figures('t')}, count(*) FILTER (WHERE ${counts('t')}), count(*) FROM after t GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    ),
    logging(
      'changed',
      `IF OLD.completed_at IS NULL AND NEW.completed_at IS NULL AND OLD.status <> 'completed' AND NEW.status <> 'completed'
        AND OLD.assigned_to IS NOT DISTINCT FROM NEW.assigned_to AND ${counts('OLD')} = ${counts('NEW')}
        AND OLD.created_at = NEW.created_at AND OLD.created_by = NEW.created_by AND OLD.project_id = NEW.project_id THEN
       RETURN NULL;
     END IF;
     IF ${relevant('OLD')} IS DISTINCT FROM ${relevant('NEW')} THEN
       INSERT INTO task_deltas (${names})
       SELECT ${figures('OLD')}, -1, 0 WHERE ${counts('OLD')} UNION ALL SELECT ${figures('NEW')}, 1, 0 WHERE ${counts('NEW')};
     END IF`,
    ),
    logging(
      'removed',
      `INSERT INTO task_deltas (${names}) SELECT ${figures('OLD')}, CASE WHEN ${counts('OLD')} THEN -1 ELSE 0 END, -1`,
    ),
  ];
}
