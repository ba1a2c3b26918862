import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import type { WebhookEvent } from '../activity/webhook-events.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { Database, type Transaction } from '../infra/database.js';
import { setDependencies } from './task-dependencies.js';
import type { Task } from './task.entity.js';
import { requireTask, type AccessibleTask } from './tasks.queries.js';
import { toTask, type TaskView, type UpdateTask } from './tasks.schema.js';
import { TasksService } from './tasks.service.js';

type Changes = Partial<Omit<UpdateTask, 'version' | 'dependencies'>>;

@Injectable()
export class TaskUpdateService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TasksService,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Changes a task.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VERSION_CONFLICT, VALIDATION_ERROR; TASK_ALREADY_RUNNING
   * when the status is set while an execution is queued or running
   */
  async update(actor: Actor, name: string, input: UpdateTask, ifMatch?: number): Promise<TaskView> {
    return this.database.transaction((tx) => this.updateIn(tx, actor, name, input, ifMatch));
  }

  /** Changes a task within the caller's transaction; see `update`. */
  async updateIn(
    tx: Transaction,
    actor: Actor,
    name: string,
    input: UpdateTask,
    ifMatch?: number,
  ): Promise<TaskView> {
    const { version, dependencies, ...changes } = input;
    const before = await requireTask(tx, actor, name, 'write', { lock: true });
    checkVersion(before.version, version, ifMatch);
    const statusChanges = changes.status !== undefined && changes.status !== before.status;
    if (statusChanges) await this.tasks.refuseActive(tx, before.id, 'TASK_ALREADY_RUNNING');
    // an unchanged assignee is not checked: a user who can no longer see the project keeps the task until it is assigned to another
    if (changes.assigned_to && changes.assigned_to !== before.assigned_to)
      await this.tasks.checkAssignee(tx, changes.assigned_to, before.project_id);
    if (dependencies) {
      await setDependencies(tx, actor, before.id, before.project_id, dependencies);
      const { execution_id } = before;
      if (before.status === 'queued' && execution_id !== null)
        tx.afterCommit(() => this.lifecycle.onDependenciesChanged(execution_id));
    }

    const next = { ...before, ...changes, ...(statusChanges ? timesOf(before, changes) : {}) };
    const [row] = await tx.query<
      Pick<Task, 'updated_at' | 'version' | 'started_at' | 'completed_at' | 'actual_duration'>
    >(
      `UPDATE tasks SET title = $2, description = $3, status = $4, priority = $5, progress_percentage = $6,
              estimated_duration = $7, assigned_to = $8, tags = $9, metadata = $10, command = $11, working_directory = $12,
              environment = $13, timeout = $14, retry_attempts = $15, started_at = $16, completed_at = $17,
              actual_duration = $18, limits = $19, final_exit_codes = $20, updated_at = now(), version = version + 1
        WHERE id = $1 RETURNING updated_at, version, started_at, completed_at, actual_duration`,
      [
        before.id,
        next.title,
        next.description,
        next.status,
        next.priority,
        next.progress_percentage,
        next.estimated_duration,
        next.assigned_to,
        next.tags,
        next.metadata,
        next.command,
        next.working_directory,
        next.environment,
        next.timeout,
        next.retry_attempts,
        next.started_at,
        next.completed_at,
        next.actual_duration,
        next.limits,
        next.final_exit_codes,
      ],
    );
    const after = { ...next, ...row! };
    this.record(tx, actor, before, after, changes, dependencies);
    if (statusChanges) await this.lifecycle.onTaskStatusSet(tx, after);
    return toTask(after);
  }

  private record(
    tx: Transaction,
    actor: Actor,
    before: AccessibleTask,
    after: AccessibleTask,
    changes: Changes,
    dependencies: string[] | undefined,
  ): void {
    const { status: _, ...others } = changes;
    const entry = { actor, entityType: 'task', entityId: after.id, projectId: after.project_id } as const;
    const task = {
      status: after.status,
      progress_percentage: after.progress_percentage,
      updated_at: toInstant(after.updated_at),
    };
    const data = {
      task_id: after.id,
      project_id: after.project_id,
      title: after.title,
      status: after.status,
    };
    const statusChanged = after.status !== before.status;
    if (statusChanged) {
      this.activity.record(tx, {
        ...entry,
        action: 'status_changed',
        oldValue: before.status,
        newValue: after.status,
        event: { name: eventOf(after.status), data },
        task,
      });
    }
    const keys = Object.keys(others) as (keyof typeof others)[];
    const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    if (changed.length === 0 && dependencies === undefined) return;
    const newValue = {
      ...Object.fromEntries(changed.map((key) => [key, after[key]])),
      ...(dependencies ? { dependencies } : {}),
    };
    this.activity.record(tx, {
      ...entry,
      action: 'updated',
      oldValue: Object.fromEntries(changed.map((key) => [key, before[key]])),
      newValue,
      ...(statusChanged
        ? {}
        : { event: { name: 'task.updated', data: { ...data, changes: Object.keys(newValue) } }, task }),
    });
  }
}

function eventOf(status: Task['status']): WebhookEvent {
  if (status === 'completed') return 'task.completed';
  return status === 'failed' ? 'task.failed' : 'task.updated';
}

/** Derives the times and the progress that go with a status that was set by hand. */
function timesOf(before: AccessibleTask, changes: Changes): Partial<Task> {
  const now = new Date();
  switch (changes.status) {
    case 'running':
      return { started_at: now, completed_at: null, actual_duration: null };
    case 'completed':
    case 'failed':
    case 'cancelled': {
      const seconds = before.started_at ? (now.getTime() - before.started_at.getTime()) / 1000 : null;
      const progress = changes.status === 'completed' ? 100 : before.progress_percentage;
      return {
        completed_at: now,
        actual_duration: before.status === 'running' ? seconds : null,
        progress_percentage: changes.progress_percentage ?? progress,
      };
    }
    default:
      return { started_at: null, completed_at: null, actual_duration: null };
  }
}
