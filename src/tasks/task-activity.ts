import type { ActivityEntry, ActivityLog } from '../activity/activity-log.js';
import type { Transaction } from '../infra/database.js';
import type { Actor } from '../common/permissions.js';
import type { Task } from './task.entity.js';
import { refOf } from './task-ref.js';

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

/** What is said of a claim that has ended although its holder has not ended it. */
export interface LostClaim {
  claim_id: string;
  /** The holder. */
  user_id: string;
  reason: 'lapsed' | 'deleted' | 'status_changed';
}

/** Records that a holder has lost a claim, of which the webhook event `claim.lost` tells. @param actor null when it has lapsed */
export function recordLostClaim(
  activity: ActivityLog,
  tx: Transaction,
  actor: Actor | null,
  task: Pick<Task, 'id' | 'project_id' | 'is_draft' | 'title' | 'number'> & {
    key: string;
    ref_digits: number;
  },
  claim: LostClaim,
): void {
  const data = {
    task_id: task.id,
    project_id: task.project_id,
    ref: refOf(task),
    title: task.title,
    ...claim,
  };
  recordTaskChange(activity, tx, task, {
    actor,
    action: 'claim_lost',
    oldValue: claim,
    event: { name: 'claim.lost', data },
  });
}
