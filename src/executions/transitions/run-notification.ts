import type { Events } from '../../infra/events.js';
import type { SyncedTask } from './transition-statement.js';

/** Notifies the requester of a run that its task is completed or has failed. */
export function notifyOfEnd(events: Events, userId: string, task: SyncedTask): void {
  if (task.status !== 'completed' && task.status !== 'failed') return;
  events.emit('notification', {
    user_id: userId,
    project_id: task.project_id,
    room: 'tasks',
    level: task.status === 'completed' ? 'info' : 'error',
    title: task.status === 'completed' ? 'Task completed' : 'Task failed',
    message: task.title,
    actions: [
      { label: 'Dismiss', action: 'dismiss' },
      { label: 'View Details', action: 'view_details', url: `/api/tasks/${task.id}` },
    ],
  });
}
