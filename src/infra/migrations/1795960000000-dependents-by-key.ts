import type { MigrationInterface, QueryRunner } from 'typeorm';

const inBackoff = 'coalesce(e.not_before > now(), false)';
const owner = 'coalesce(e.project_id, e.requested_by)';

/**
 * Each step from a task that has ended to the executions that wait for it goes by key, whatever the statistics say: by those of some
 * moments, the planner went through all executions that wait for tasks instead, 600 blocks with 20,000 of them. OFFSET keeps the planner
 * from beginning with the tasks, and IS TRUE from the indexes of what is queued or blocked.
 */
export class DependentsByKey1795960000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      unblocking(
        `task_dependencies d CROSS JOIN LATERAL (SELECT id, execution_id FROM tasks WHERE id = d.task_id OFFSET 0) AS t`,
        `(e.status = 'queued' AND e.blocked) IS TRUE`,
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      unblocking('task_dependencies d JOIN tasks t ON t.id = d.task_id', `e.status = 'queued' AND e.blocked`),
    );
  }
}

const unblocking = (dependents: string, isBlocked: string) =>
  `CREATE OR REPLACE FUNCTION unblock_dependents(of_tasks uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$ BEGIN
     RETURN QUERY
       UPDATE executions e SET blocked = false FROM ${dependents}
        WHERE d.depends_on_task_id = ANY (of_tasks) AND e.id = t.execution_id AND ${isBlocked}
          AND NOT ${inBackoff} AND NOT waits_for_tasks(t.id)
       RETURNING ${owner};
   END $$`;
