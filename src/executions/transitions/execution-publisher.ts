import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../../activity/activity-log.js';
import { Events } from '../../infra/events.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { notifyOfEnd } from './run-notification.js';
import { reportRun } from './run-report.js';
import type { PublicExecution, TransitionResult } from './transition-statement.js';

/** Publishes committed state transitions of executions: on the bus, in the activity, to the log and to the metrics. */
@Injectable()
export class ExecutionPublisher {
  constructor(
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Publishes that an execution was created. */
  queued(result: TransitionResult): void {
    this.publishActivity(result);
    this.publishState(result.execution);
  }

  /** Publishes that an execution began or ended, and the new state of its task. */
  transitioned(result: TransitionResult): void {
    const { execution, actor, task, wantsNotification } = result;
    this.publishActivity(result);
    if (task && wantsNotification) notifyOfEnd(this.events, execution.requested_by, task);
    this.publishState(execution);
    reportRun(this.infrastructure.logger, execution, task?.ref, actor?.requestId);
  }

  /** Publishes that a failed attempt ended which is retried: the state of its task is that of the next attempt. */
  attemptEnded(execution: PublicExecution): void {
    this.publishState(execution);
    reportRun(this.infrastructure.logger, execution, undefined, undefined);
  }

  private publishActivity({ execution, actor, task, recorded }: TransitionResult): void {
    if (!recorded) return;
    if (!task) {
      const command = { entityType: 'execution', entityId: execution.id, action: 'command_queued' } as const;
      this.activity.announce(recorded, { actor, ...command });
      return;
    }
    this.activity.announce(recorded, {
      actor,
      projectId: task.project_id,
      entityType: 'task',
      entityId: task.id,
      // while it is claimed the task is running, whatever becomes of its runs
      action: task.status === execution.status ? 'status_changed' : `run_${execution.status}`,
      task: {
        status: task.status,
        progress_percentage: task.progress_percentage,
        updated_at: task.updated_at.toISOString(),
      },
    });
  }

  private publishState(execution: PublicExecution): void {
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
