import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';

/** Tasks and their copies, in the order of their numbers; what is copied is settled here, whatever is added meanwhile. */
export interface TaskCopies {
  sources: string[];
  copies: string[];
}

/** @param limit how many tasks to look at most */
export async function planCopies(tx: Transaction, projectId: string, limit: number): Promise<TaskCopies> {
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM tasks WHERE project_id = $1 AND deleted_at IS NULL ORDER BY number LIMIT $2',
    [projectId, limit],
  );
  // made here, since ids of version 7 made in one go keep their order, and lists of tasks made at once are sorted by it
  return { sources: rows.map(({ id }) => id), copies: rows.map(() => newId()) };
}

const pairs = 'unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS c (source, copy, number)';

/** Inserts the copies; an assignee other than the actor is dropped, who need not see the new project. */
export async function copyTasks(
  tx: Transaction,
  { sources, copies }: TaskCopies,
  projectId: string,
  actor: Actor,
): Promise<void> {
  await tx.query(
    `INSERT INTO tasks (id, project_id, number, title, description, priority, estimated_duration, assigned_to, created_by, tags,
                        metadata, command, working_directory, environment, timeout, retry_attempts, limits,
                        final_exit_codes)
     SELECT c.copy, $3, c.number, t.title, t.description, t.priority, t.estimated_duration,
            CASE WHEN t.assigned_to = $4 THEN t.assigned_to END, $4, t.tags,
            t.metadata, t.command, t.working_directory, t.environment, t.timeout, t.retry_attempts, t.limits,
            t.final_exit_codes
       FROM ${pairs} JOIN tasks t ON t.id = c.source`,
    [sources, copies, projectId, actor.id],
  );
}

/** Lets the copies depend on each other as the tasks do. */
export async function copyDependencies(tx: Transaction, { sources, copies }: TaskCopies): Promise<void> {
  const rows = await tx.query<{ task_id: string; depends_on: string }>(
    `SELECT a.copy AS task_id, b.copy AS depends_on
       FROM ${pairs.replace('AS c', 'AS a')} JOIN task_dependencies d ON d.task_id = a.source
       JOIN ${pairs.replace('AS c', 'AS b')} ON b.source = d.depends_on_task_id
      ORDER BY a.number, d.id`,
    [sources, copies],
  );
  await tx.query(
    `INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])`,
    [rows.map(() => newId()), rows.map(({ task_id }) => task_id), rows.map(({ depends_on }) => depends_on)],
  );
}

/**
 * The first row of the history of each copy. One statement instead of a call of `ActivityLog.record` each, which would cost a
 * round trip and a webhook message a task: the message of the project stands for them all.
 */
export async function recordCopies(
  tx: Transaction,
  { sources, copies }: TaskCopies,
  project: { id: string; key: string },
  actor: Actor,
): Promise<void> {
  await tx.query(
    `INSERT INTO activity (id, actor_id, session_id, request_id, entity_type, entity_id, project_id, action, new_value)
     SELECT n.id, $4, $5, $6, 'task', c.copy, $7, 'created',
            jsonb_build_object('title', t.title, 'status', t.status, 'priority', t.priority, 'ref', $8 || '-' || t.number, 'cloned_from', c.source)
       FROM ${pairs} JOIN unnest($3::uuid[]) WITH ORDINALITY AS n (id, number) USING (number) JOIN tasks t ON t.id = c.copy
      ORDER BY c.number`,
    [
      sources,
      copies,
      copies.map(() => newId()),
      actor.id,
      actor.sessionId ?? null,
      actor.requestId ?? null,
      project.id,
      project.key,
    ],
  );
}
