import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeptCounts1795640000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "task_counts" ("project_id" uuid NOT NULL, "status" text NOT NULL, "shard" integer NOT NULL, "n" bigint NOT NULL, CONSTRAINT "PK_2c2bb2b1c8be5e57f6d1b1b0b4a" PRIMARY KEY ("project_id", "status", "shard"))`,
    );
    // counters change all the time: room for their versions on the same page
    await runner.query(`ALTER TABLE "task_counts" SET (fillfactor = 50)`);
    await runner.query(
      `INSERT INTO task_counts SELECT project_id, status, 0, count(*) FROM tasks WHERE deleted_at IS NULL GROUP BY project_id, status`,
    );
    await runner.query(
      counting('added', 'SELECT project_id, status, 1 AS change FROM after WHERE deleted_at IS NULL'),
    );
    await runner.query(
      counting(
        'changed',
        `SELECT project_id, status, 1 AS change FROM after WHERE deleted_at IS NULL
          UNION ALL SELECT project_id, status, -1 FROM before WHERE deleted_at IS NULL`,
      ),
    );
    await runner.query(
      counting('removed', 'SELECT project_id, status, -1 AS change FROM before WHERE deleted_at IS NULL'),
    );
    await runner.query(
      `CREATE TRIGGER tasks_added AFTER INSERT ON tasks REFERENCING NEW TABLE AS after
       FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_added()`,
    );
    await runner.query(
      `CREATE TRIGGER tasks_changed AFTER UPDATE ON tasks REFERENCING OLD TABLE AS before NEW TABLE AS after
       FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_changed()`,
    );
    await runner.query(
      `CREATE TRIGGER tasks_removed AFTER DELETE ON tasks REFERENCING OLD TABLE AS before
       FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_removed()`,
    );
    await runner.query(
      `CREATE INDEX "executions_waiting" ON "executions" ("project_id", "boosted" DESC, "queue", "id") WHERE status = 'queued' AND admitted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX "executions_admitted" ON "executions" ("project_id") WHERE status IN ('queued', 'running') AND admitted_at IS NOT NULL`,
    );
    await runner.query(`DROP INDEX "executions_project_active"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX "executions_project_active" ON "executions" ("project_id") WHERE status IN ('queued', 'running')`,
    );
    await runner.query(`DROP INDEX "executions_admitted"`);
    await runner.query(`DROP INDEX "executions_waiting"`);
    for (const what of ['added', 'changed', 'removed']) {
      await runner.query(`DROP TRIGGER tasks_${what} ON tasks`);
      await runner.query(`DROP FUNCTION count_tasks_${what}()`);
    }
    await runner.query(`DROP TABLE "task_counts"`);
  }
}

/** A trigger's function: once a statement, since a row a row would make a chain of as many versions as rows. */
function counting(what: string, changes: string): string {
  return `CREATE FUNCTION count_tasks_${what}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO task_counts AS c (project_id, status, shard, n)
      SELECT project_id, status, pg_backend_pid(), sum(change) FROM (${changes}) AS changes
       GROUP BY project_id, status HAVING sum(change) <> 0 ORDER BY project_id, status
          ON CONFLICT (project_id, status, shard) DO UPDATE SET n = c.n + excluded.n;
      RETURN NULL;
    END $$`;
}
