import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Bytes of tasks beside their number, in the same counters. Tasks of before count from their next change on, so that no table has
 * to be read whole.
 */
export class TaskBytes1795840100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "tasks" ADD "bytes" bigint`);
    await runner.query(`ALTER TABLE "task_counts" ADD "bytes" bigint NOT NULL DEFAULT '0'`);
    await runner.query(measuring);
    await runner.query(
      `CREATE TRIGGER task_measured BEFORE INSERT OR UPDATE OF ${columns.join(', ')} ON tasks
       FOR EACH ROW EXECUTE FUNCTION measure_task()`,
    );
    for (const [what, changes] of counted) await runner.query(counting(what, changes));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [what, changes] of countedBefore) await runner.query(countingBefore(what, changes));
    await runner.query(`DROP TRIGGER task_measured ON tasks`);
    await runner.query(`DROP FUNCTION measure_task()`);
    await runner.query(`ALTER TABLE "task_counts" DROP COLUMN "bytes"`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "bytes"`);
  }
}

const columns = ['title', 'description', 'command', 'working_directory', 'tags', 'metadata', 'environment'];
/** What a row takes beside its texts. */
const ofRow = 256;
const size = (row: string, name: string) => `coalesce(octet_length(${row}.${name}::text), 0)`;

/** What a task takes in all. */
const sizeOf = (row: string) => [ofRow, ...columns.map((name) => size(row, name))].join(' + ');

// a change adds what it leaves in the history, which keeps the old and the new value: it never takes anything away
const measuring = `CREATE FUNCTION measure_task() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' THEN
       NEW.bytes := ${sizeOf('NEW')};
       RETURN NEW;
     END IF;
     NEW.bytes := coalesce(OLD.bytes, ${sizeOf('OLD')}) + ${ofRow};
     ${columns
       .map(
         (name) =>
           `IF NEW.${name} IS DISTINCT FROM OLD.${name} THEN NEW.bytes := NEW.bytes + ${size('OLD', name)} + ${size('NEW', name)}; END IF;`,
       )
       .join('\n     ')}
     RETURN NEW;
   END $$`;

const living = 'CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END';
const added = `SELECT project_id, status, ${living} AS change, coalesce(bytes, 0) AS bytes FROM after`;
const removed = `SELECT project_id, status, -${living} AS change, -coalesce(bytes, 0) AS bytes FROM before`;
const counted = [
  ['added', added],
  ['changed', `${added} UNION ALL ${removed}`],
  ['removed', removed],
] as const;

const most = `67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint`;

/**
 * Deleted tasks are counted no more, but their bytes are: they stay. Where the bytes grow, the limit holds for whatever statement it
 * was; the moves of an execution change none.
 */
function counting(what: string, changes: string): string {
  const check = `
      IF (SELECT sum(bytes) FROM (${changes}) AS changes) > 0 THEN
        SELECT p.id, ${most} AS most INTO full_project FROM projects p
         WHERE p.id IN (SELECT project_id FROM after)
           AND (SELECT sum(c.bytes) FROM task_counts c WHERE c.project_id = p.id) > ${most} LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION 'the tasks of a project take more than it may have' USING ERRCODE = 'MR001',
            DETAIL = json_build_object('project_id', full_project.id, 'limit', 'task_storage', 'value', full_project.most)::text;
        END IF;
      END IF;`;
  return `CREATE OR REPLACE FUNCTION count_tasks_${what}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      full_project record;
    BEGIN
      INSERT INTO task_counts AS c (project_id, status, shard, n, bytes)
      SELECT project_id, status, pg_backend_pid(), sum(change), sum(bytes) FROM (${changes}) AS changes
       GROUP BY project_id, status HAVING sum(change) <> 0 OR sum(bytes) <> 0 ORDER BY project_id, status
          ON CONFLICT (project_id, status, shard) DO UPDATE SET n = c.n + excluded.n, bytes = c.bytes + excluded.bytes;
      ${what === 'removed' ? '' : check}
      RETURN NULL;
    END $$`;
}

const addedBefore = 'SELECT project_id, status, 1 AS change FROM after WHERE deleted_at IS NULL';
const removedBefore = 'SELECT project_id, status, -1 AS change FROM before WHERE deleted_at IS NULL';
const countedBefore = [
  ['added', addedBefore],
  ['changed', `${addedBefore} UNION ALL ${removedBefore}`],
  ['removed', removedBefore],
] as const;

function countingBefore(what: string, changes: string): string {
  return `CREATE OR REPLACE FUNCTION count_tasks_${what}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO task_counts AS c (project_id, status, shard, n)
      SELECT project_id, status, pg_backend_pid(), sum(change) FROM (${changes}) AS changes
       GROUP BY project_id, status HAVING sum(change) <> 0 ORDER BY project_id, status
          ON CONFLICT (project_id, status, shard) DO UPDATE SET n = c.n + excluded.n;
      RETURN NULL;
    END $$`;
}
