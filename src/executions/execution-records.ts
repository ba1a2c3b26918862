import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { formatDuration } from '../common/duration.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { Execution } from './execution.entity.js';
import type { FollowedTask } from './executions.queries.js';

const eventOf = { completed: 'task.completed', failed: 'task.failed' } as const;

/** What is written down and told of an execution that changed. */
@Injectable()
export class ExecutionRecords {
  constructor(
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /** Records that a task follows its execution; nothing when it did not. */
  task(tx: Transaction, execution: Execution, task: FollowedTask | undefined, actor: Actor | null): void {
    if (!task) return;
    this.activity.record(tx, {
      actor,
      entityType: 'task',
      entityId: task.id,
      projectId: task.project_id,
      action: 'status_changed',
      oldValue: task.old_status,
      newValue: task.status,
      event: {
        name: task.status === 'completed' || task.status === 'failed' ? eventOf[task.status] : 'task.updated',
        data: {
          task_id: task.id,
          project_id: task.project_id,
          title: task.title,
          status: task.status,
          execution_id: execution.id,
          attempt: execution.attempt,
          exit_code: execution.exit_code,
          reason: execution.reason,
          duration: formatDuration(task.actual_duration),
        },
      },
      task: {
        status: task.status,
        progress_percentage: task.progress_percentage,
        updated_at: task.updated_at.toISOString(),
      },
    });
  }

  /** Records that an ad hoc command was queued. */
  command(tx: Transaction, execution: Execution, actor: Actor | null): void {
    this.activity.record(tx, {
      actor,
      entityType: 'execution',
      entityId: execution.id,
      action: 'command_queued',
      newValue: { command: execution.command },
    });
  }

  /** Tells every process of the new state, after the commit. */
  announce(tx: Transaction, execution: Execution): void {
    const { started_at, finished_at } = execution;
    this.events.emitAfter(tx, 'execution.changed', {
      execution_id: execution.id,
      task_id: execution.task_id,
      project_id: execution.project_id,
      requested_by: execution.requested_by,
      status: execution.status,
      reason: execution.reason,
      exit_code: execution.exit_code,
      error: execution.error,
      duration: started_at && finished_at ? (finished_at.getTime() - started_at.getTime()) / 1000 : null,
      at: (finished_at ?? started_at ?? execution.created_at).toISOString(),
    });
  }
}
