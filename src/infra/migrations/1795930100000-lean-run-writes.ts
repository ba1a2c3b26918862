import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes, dropIndexes } from './build-indexes.js';

/** The indexes of before, each with its table and definition. */
const before = {
  executions_finished: `"executions" ("finished_at")`,
  executions_lease: `"executions" ("lease_expires_at") WHERE status = 'running'`,
  tasks_assigned_to: `"tasks" ("assigned_to", "created_at") WHERE deleted_at IS NULL`,
  activity_actor: `"activity" ("actor_id", "sequence")`,
};

/**
 * What a run writes less: entries of indexes that nobody reads. An index on the end of a lease made each heartbeat write an entry in all
 * indexes of the execution, and an update of an existing row has no need of the lock that ON CONFLICT takes first.
 */
export class LeanRunWrites1795930100000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndexes(runner, {
      executions_finished: `"executions" ("finished_at") WHERE finished_at IS NOT NULL`,
      tasks_assigned_to: `"tasks" ("assigned_to", "created_at") WHERE deleted_at IS NULL AND assigned_to IS NOT NULL`,
      executions_running: `"executions" ("id") WHERE status = 'running'`,
    });
    await dropIndexes(runner, ['executions_lease', 'activity_actor']);
    for (const [what, changes] of counted) await runner.query(counting(what, changes));
  }

  async down(runner: QueryRunner): Promise<void> {
    await buildIndexes(runner, before);
    await dropIndexes(runner, ['executions_running']);
  }
}

const living = 'CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END';
const added = `SELECT project_id, status, ${living} AS change, coalesce(bytes, 0) AS bytes FROM after`;
const removed = `SELECT project_id, status, -${living} AS change, -coalesce(bytes, 0) AS bytes FROM before`;
const counted = [
  ['added', added],
  ['changed', `${added} UNION ALL ${removed}`],
  ['removed', removed],
] as const;

const most = `67108864 + 16384 * (p.resource_limits->>'max_tasks')::bigint`;

/** The same as in the migration TaskBytes, except that the row of this connection is updated where it exists. Nobody else adds one. */
function counting(what: string, changes: string): string {
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
  return `CREATE OR REPLACE FUNCTION count_tasks_${what}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      changed record;
      grown numeric := 0;
      full_project record;
    BEGIN
      FOR changed IN
        SELECT project_id, status, sum(change) AS n, sum(bytes) AS bytes FROM (${changes}) AS changes
         GROUP BY project_id, status HAVING sum(change) <> 0 OR sum(bytes) <> 0 ORDER BY project_id, status
      LOOP
        grown := grown + changed.bytes;
        UPDATE task_counts c SET n = c.n + changed.n, bytes = c.bytes + changed.bytes
         WHERE c.project_id = changed.project_id AND c.status = changed.status AND c.shard = pg_backend_pid();
        CONTINUE WHEN FOUND;
        INSERT INTO task_counts (project_id, status, shard, n, bytes)
        VALUES (changed.project_id, changed.status, pg_backend_pid(), changed.n, changed.bytes);
      END LOOP;${what === 'removed' ? '' : check}
      RETURN NULL;
    END $$`;
}
