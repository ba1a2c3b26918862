import type { Transaction } from '../infra/database.js';
import type { Events } from '../infra/events.js';
import type { Execution } from './execution.entity.js';
import type { FollowedTask } from './executions.queries.js';

/** Tells whoever asked for a run that it ended, unless their preferences say no to `notifications.task_updates`. */
export async function noticeOfEnd(
  tx: Transaction,
  events: Events,
  execution: Pick<Execution, 'requested_by'>,
  task: FollowedTask,
): Promise<void> {
  if (task.status !== 'completed' && task.status !== 'failed') return;
  const [willing] = await tx.query(
    `SELECT 1 FROM users
      WHERE id = $1 AND preferences #> '{notifications,task_updates}' IS DISTINCT FROM 'false'::jsonb`,
    [execution.requested_by],
  );
  if (!willing) return;
  events.emitAfter(tx, 'notification', {
    user_id: execution.requested_by,
    project_id: task.project_id,
    level: task.status === 'completed' ? 'info' : 'error',
    title: task.status === 'completed' ? 'Task completed' : 'Task failed',
    message: task.title,
    actions: [
      { label: 'Dismiss', action: 'dismiss' },
      { label: 'View Details', action: 'view_details', url: `/api/tasks/${task.id}` },
    ],
  });
}
