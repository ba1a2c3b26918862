import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { noticeOfEnd } from './run-notice.js';
import { reportRun } from './run-report.js';
import type { Move, MovedExecution } from './move.js';

/** What is told of an execution that moved, once that is committed. */
@Injectable()
export class ExecutionRecords {
  constructor(
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Tells of a new one. */
  queued(move: Move): void {
    this.written(move);
    this.changed(move.execution);
  }

  /** Tells of one that began or ended, and of the task that follows it. */
  moved(move: Move): void {
    const { execution, actor, task, wantsNotice } = move;
    this.written(move);
    if (task && wantsNotice) noticeOfEnd(this.events, execution.requested_by, task);
    this.changed(execution);
    reportRun(this.infrastructure.logger, execution, task?.ref, actor?.requestId);
  }

  /** Tells of one that began or ended while its task has nothing of it: the next attempt is on its way. */
  alone(execution: MovedExecution): void {
    this.changed(execution);
    reportRun(this.infrastructure.logger, execution, undefined, undefined);
  }

  private written({ execution, actor, task, written }: Move): void {
    if (!written) return;
    if (!task) {
      const command = { entityType: 'execution', entityId: execution.id, action: 'command_queued' } as const;
      this.activity.announce(written, { actor, ...command });
      return;
    }
    this.activity.announce(written, {
      actor,
      projectId: task.project_id,
      entityType: 'task',
      entityId: task.id,
      action: 'status_changed',
      task: {
        status: task.status,
        progress_percentage: task.progress_percentage,
        updated_at: task.updated_at.toISOString(),
      },
    });
  }

  /** Tells every process of the new state. */
  private changed(execution: MovedExecution): void {
    const { started_at, finished_at } = execution;
    this.events.emit('execution.changed', {
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
