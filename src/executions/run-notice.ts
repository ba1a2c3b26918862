import type { Transaction } from '../infra/database.js';
import type { Events } from '../infra/events.js';
import type { FollowedTask } from './executions.queries.js';

/** Whether whoever asked for a run wants to hear of its end: unless the preferences say no to `notifications.task_updates`. */
export async function wantsNotice(tx: Transaction, userId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM users
      WHERE id = $1 AND preferences #> '{notifications,task_updates}' IS DISTINCT FROM 'false'::jsonb`,
    [userId],
  );
  return rows.length > 0;
}

/** Tells whoever asked for a run that it ended. */
export function noticeOfEnd(tx: Transaction, events: Events, userId: string, task: FollowedTask): void {
  if (task.status !== 'completed' && task.status !== 'failed') return;
  events.emitAfter(tx, 'notification', {
    user_id: userId,
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
