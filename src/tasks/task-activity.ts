import type { ActivityEntry, ActivityLog } from '../activity/activity-log.js';
import type { Transaction } from '../infra/database.js';
import type { Task } from './task.entity.js';

/**
 * Records a change of a task. That of a draft is recorded in its history alone: nobody else hears of a draft before it is published, over
 * webhooks, sockets or the activity of its project.
 * @param task the task as it is after the change
 */
export function recordTaskChange(
  activity: ActivityLog,
  tx: Transaction,
  task: Pick<Task, 'id' | 'project_id' | 'is_draft'>,
  entry: Omit<ActivityEntry, 'entityType' | 'entityId' | 'projectId'>,
): void {
  const { actor, action, oldValue, newValue } = entry;
  const own = { actor, action, oldValue, newValue, entityType: 'task', entityId: task.id } as const;
  activity.record(
    tx,
    task.is_draft ? own : { ...own, projectId: task.project_id, event: entry.event, task: entry.task },
  );
}
