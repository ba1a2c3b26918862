import type { MigrationInterface, QueryRunner } from 'typeorm';

const indexes = {
  tasks_status_updated: '("project_id", "status", "updated_at", "id")',
  tasks_status_priority: '("project_id", "status", "priority", "id")',
  tasks_status_title: '("project_id", "status", "title", "id")',
  tasks_created_project: '("created_at", "id") INCLUDE ("project_id")',
};

/**
 * Each sort of the list of tasks has an index that has the tasks of a project and a status in order. The one of all tasks by date has the
 * project, so that pages far from the beginning skip tasks without reading them. The history of commands has an index without the runs of
 * tasks, of which a user may have a million.
 */
export class ListIndexes1795910000000 implements MigrationInterface {
  // the table is written to meanwhile
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(indexes)) {
      // one that was broken off is there and serves nothing
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
      await runner.query(
        `CREATE INDEX CONCURRENTLY "${name}" ON "tasks" ${columns} WHERE deleted_at IS NULL`,
      );
    }
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "executions_commands"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "executions_commands" ON "executions" ("requested_by", "status", "id") WHERE task_id IS NULL`,
    );
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "activity_session_actor"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "activity_session_actor" ON "activity" ("session_id", "actor_id", "sequence")
       WHERE session_id IS NOT NULL`,
    );
    for (const name of ['tasks_created', 'executions_requested_by', 'activity_session'])
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX CONCURRENTLY "tasks_created" ON "tasks" ("created_at", "id") WHERE deleted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX CONCURRENTLY "executions_requested_by" ON "executions" ("requested_by", "id")`,
    );
    await runner.query(
      `CREATE INDEX CONCURRENTLY "activity_session" ON "activity" ("session_id", "sequence") WHERE session_id IS NOT NULL`,
    );
    for (const name of [...Object.keys(indexes), 'executions_commands', 'activity_session_actor'])
      await runner.query(`DROP INDEX CONCURRENTLY "${name}"`);
  }
}
