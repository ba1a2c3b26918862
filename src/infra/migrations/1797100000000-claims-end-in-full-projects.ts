import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The end of a claim passes the limit on what the tasks of a project take: its transaction says so with `millrace.beyond_limits`. What
 * cannot be ended would keep its task for ever, and the job that ends lapsed claims busy.
 */
export class ClaimsEndInFullProjects1797100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      countingChanges(`AND current_setting('millrace.beyond_limits', true) IS DISTINCT FROM 'on'`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(countingChanges(''));
  }
}

const keys = ['project_id', 'status', 'is_archived', 'is_draft', 'planned'];
const streamOf = `project_id, status, is_archived, is_draft, planned AND status = 'pending' AS planned`;
const one = 'CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END';
const most = `67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint`;

/** The same as in the migration TaskFields, with another condition of the check. */
const countingChanges = (
  condition: string,
) => `CREATE OR REPLACE FUNCTION count_tasks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      changed record;
      grown numeric := 0;
      full_project record;
    BEGIN
      FOR changed IN
        SELECT ${keys.join(', ')}, sum(change) AS n, sum(bytes) AS bytes FROM (
          SELECT ${streamOf}, ${one} AS change, coalesce(bytes, 0) AS bytes FROM after
           UNION ALL
          SELECT ${streamOf}, -${one} AS change, -coalesce(bytes, 0) AS bytes FROM before) AS changes
         GROUP BY ${keys.join(', ')} HAVING sum(change) <> 0 OR sum(bytes) <> 0 ORDER BY ${keys.join(', ')}
      LOOP
        grown := grown + changed.bytes;
        UPDATE task_counts c SET n = c.n + changed.n, bytes = c.bytes + changed.bytes
         WHERE ${keys.map((name) => `c.${name} = changed.${name}`).join(' AND ')} AND c.shard = pg_backend_pid();
        CONTINUE WHEN FOUND;
        INSERT INTO task_counts (${keys.join(', ')}, shard, n, bytes)
        VALUES (${keys.map((name) => `changed.${name}`).join(', ')}, pg_backend_pid(), changed.n, changed.bytes);
      END LOOP;
      IF grown > 0 ${condition} THEN
        SELECT p.id, ${most} AS most INTO full_project FROM projects p
         WHERE p.id IN (SELECT project_id FROM after)
           AND (SELECT sum(c.bytes) FROM task_counts c WHERE c.project_id = p.id) > ${most} LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION 'the tasks of a project take more than it may have' USING ERRCODE = 'MR001',
            DETAIL = json_build_object('project_id', full_project.id, 'limit', 'task_storage', 'value', full_project.most)::text;
        END IF;
      END IF;
      RETURN NULL;
    END $$`;
