import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import type { WebhookEvent } from '../activity/webhook-events.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { checkGroupInputs } from '../executions/concurrency.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { refuseLongTimeout } from '../executions/project-rules.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { columnValue, writtenColumns } from './task-columns.js';
import { recordTaskChange } from './task-activity.js';
import { setDependencies } from './task-dependencies.js';
import { requireParent } from './task-parent.js';
import { takenRef } from './task-ref.js';
import { changedState } from './task-state.js';
import { workflowStatusOf } from './task-words.js';
import type { Task } from './task.entity.js';
import { requireTask, type AccessibleTask } from './tasks.queries.js';
import { toTask, type TaskView, type UpdateTask } from './tasks.schema.js';
import { TasksService } from './tasks.service.js';

type Changes = Partial<Omit<UpdateTask, 'version' | 'dependencies' | 'status'>>;

const written = [...writtenColumns, 'assigned_to', 'actual_duration'] as const;

/** The number of the parameter with the actor who attaches labels; null when the tags stay as they are. */
const attaching = written.length + 2;
const assignment = (name: (typeof written)[number], value: string) =>
  name === 'tags'
    ? `tags = CASE WHEN $${attaching}::uuid IS NULL THEN ${value} ELSE attach_labels(project_id, $${attaching}, ${value}::text[]) END`
    : `${name} = ${value}`;
const parameterOf = (name: (typeof written)[number]) => written.indexOf(name) + 2;
const updating = `UPDATE tasks SET ${written.map((name, index) => assignment(name, `$${index + 2}`)).join(', ')},
         claim_lapses = CASE WHEN $${parameterOf('status')} = 'completed' OR (blocker IS NOT NULL AND $${parameterOf('blocker')}::text IS NULL) THEN 0 ELSE claim_lapses END,
         updated_at = now(), version = version + 1
   WHERE id = $1 RETURNING updated_at, version, started_at, completed_at, actual_duration, tags`;

@Injectable()
export class TaskUpdateService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TasksService,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Changes a task.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VERSION_CONFLICT, VALIDATION_ERROR; TASK_ALREADY_RUNNING
   * when the status is set while an execution is queued or running; a claim ends with it
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
    const before = await requireTask(tx, actor, name, 'write', { lock: true });
    checkVersion(before.version, input.version, ifMatch);
    return this.updateLocked(tx, actor, before, input);
  }

  /** Changes a task that the caller has locked and that the actor may change; see `update`. */
  async updateLocked(
    tx: Transaction,
    actor: Actor,
    before: AccessibleTask,
    { version: _version, dependencies, status, ...sent }: UpdateTask,
  ): Promise<TaskView> {
    // one of an earlier version stays until it is changed, and its runs are refused
    if (sent.timeout !== before.timeout)
      refuseLongTimeout(sent.timeout, this.infrastructure.config.COMMAND_TIMEOUT_MAX_SECONDS);
    const state = changedState(before, { ...sent, status });
    const statusChanges = state.status !== undefined && state.status !== before.status;
    const changes: Changes = { ...sent, ...(state.blocker === undefined ? {} : { blocker: state.blocker }) };
    if (statusChanges) {
      await this.tasks.refuseActive(tx, before.id, 'TASK_ALREADY_RUNNING');
      const lost = await this.tasks.loseClaim(tx, actor, before, 'status_changed');
      // what was nobody's before the claim is nobody's again
      if (lost && !lost.was_assigned && before.assigned_to === lost.user_id && state.status !== 'completed')
        changes.assigned_to ??= null;
    }
    // an unchanged assignee is not checked: a user who can no longer see the project keeps the task until it is assigned to another
    if (changes.assigned_to && changes.assigned_to !== before.assigned_to)
      await this.tasks.checkAssignee(tx, changes.assigned_to, before.project_id);
    if (changes.parent_id)
      changes.parent_id = await requireParent(tx, actor, changes.parent_id, before.project_id, before.id);
    if (dependencies) {
      await setDependencies(tx, actor, before.id, before.project_id, dependencies);
      const { execution_id } = before;
      if (before.status === 'queued' && execution_id !== null)
        tx.afterCommit(() => this.lifecycle.onDependenciesChanged(execution_id));
    }

    const next = { ...before, ...changes, ...state };
    if (changes.concurrency || changes.inputs) checkGroupInputs(next.concurrency, next.inputs);
    const [row] = await tx
      .query<
        Pick<Task, 'updated_at' | 'version' | 'started_at' | 'completed_at' | 'actual_duration' | 'tags'>
      >(updating, [
        before.id,
        ...written.map((column) => columnValue(column, next[column])),
        changes.tags ? actor.id : null,
      ])
      .catch((error: unknown) => {
        throw takenRef(error, next.external_ref) ?? error;
      });
    const after = { ...next, ...row! };
    this.record(tx, actor, before, after, changes, dependencies);
    if (statusChanges) this.lifecycle.onTaskStatusSet(tx, after);
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
    const record = (entry: Omit<Parameters<typeof recordTaskChange>[3], 'actor'>) =>
      recordTaskChange(this.activity, tx, after, { actor, ...entry });
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
      record({
        action: 'status_changed',
        oldValue: before.status,
        newValue: after.status,
        event: { name: eventOf(after.status), data },
        task,
      });
    }
    const [word, now] = [workflowStatusOf(before), workflowStatusOf(after)];
    if (!statusChanged && word !== now)
      record({ action: 'workflow_status_changed', oldValue: word, newValue: now });
    const keys = Object.keys(changes) as (keyof Changes)[];
    const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    if (changed.length === 0 && dependencies === undefined) return;
    const newValue = {
      ...Object.fromEntries(changed.map((key) => [key, after[key]])),
      ...(dependencies ? { dependencies } : {}),
    };
    record({
      action: 'updated',
      oldValue: Object.fromEntries(changed.map((key) => [key, before[key]])),
      newValue,
      ...(statusChanged
        ? {}
        : {
            event: { name: 'task.updated', data: { ...data, changes: Object.keys(newValue) } },
            task,
          }),
    });
  }
}

function eventOf(status: Task['status']): WebhookEvent {
  if (status === 'completed') return 'task.completed';
  return status === 'failed' ? 'task.failed' : 'task.updated';
}
