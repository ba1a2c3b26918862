import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { queueOf } from '../executions/executions.schema.js';
import { QueueControl } from '../executions/admission/queue-control.js';
import { Database, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import type { Bulk, ChangePriority, PerTask } from './task-bulk.schema.js';
import { TaskArchiveService } from './task-archive.service.js';
import { TaskUpdateService } from './task-update.service.js';
import { maxTags } from './task-fields.schema.js';
import { requireTask } from './tasks.queries.js';
import { TasksService } from './tasks.service.js';

/** How often the actor of a bulk is checked again. */
const confirmedMs = 500;

@Injectable()
export class TaskBulkService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly tasks: TasksService,
    private readonly updates: TaskUpdateService,
    private readonly archives: TaskArchiveService,
    private readonly control: QueueControl,
    private readonly activity: ActivityLog,
  ) {}

  /** Applies one operation to many tasks, each in a transaction of its own; the result names the failed ones with the reason. */
  async run(actor: Actor, input: Bulk): Promise<{ operation: Bulk['operation'] } & PerTask> {
    const result = await this.each(actor, input.task_ids, (tx, now, name) => this.one(tx, now, name, input));
    return { operation: input.operation, ...result };
  }

  /** Moves queued tasks to another queue. */
  async changePriority(
    actor: Actor,
    input: ChangePriority,
  ): Promise<{ priority: ChangePriority['priority'] } & PerTask> {
    const result = await this.each(actor, input.task_ids, async (tx, now, name) => {
      // the task is not locked, since the end of an execution locks the execution before its task, and the opposite order could deadlock
      const task = await requireTask(tx, now, name, 'execute');
      const moved =
        task.execution_id !== null &&
        (await this.control.move(tx, task.execution_id, queueOf(input.priority)));
      if (!moved) throw new AppError('TASK_NOT_RUNNING', {}, { message: 'The task is not queued' });
      const entry = {
        actor: now,
        entityType: 'task',
        entityId: task.id,
        projectId: task.project_id,
      } as const;
      this.activity.record(tx, { ...entry, action: 'priority_changed', newValue: input.priority });
      return task.id;
    });
    return { priority: input.priority, ...result };
  }

  private async one(tx: Transaction, actor: Actor, name: string, input: Bulk): Promise<string> {
    if (input.operation === 'delete') return (await this.tasks.removeIn(tx, actor, name)).id;
    if (input.operation === 'archive') return (await this.archives.archiveIn(tx, actor, name)).id;
    if (input.operation === 'restore') return (await this.archives.restoreIn(tx, actor, name)).id;
    if (
      input.operation === 'set_priority' ||
      input.operation === 'update_status' ||
      input.operation === 'assign'
    ) {
      return (await this.updates.updateIn(tx, actor, name, input.data)).id;
    }
    const { id, tags } = await requireTask(tx, actor, name, 'write', { lock: true });
    const given = input.data.tags;
    const changed =
      input.operation === 'add_tags'
        ? [...new Set([...tags, ...given])]
        : tags.filter((tag) => !given.includes(tag));
    if (changed.length > maxTags) throw new AppError('VALIDATION_VALUE_TOO_LONG', { field: 'tags' });
    if (changed.length === tags.length) return id;
    return (await this.updates.updateIn(tx, actor, id, { tags: changed })).id;
  }

  private each(
    actor: Actor,
    names: string[],
    work: (tx: Transaction, actor: Actor, name: string) => Promise<string>,
  ): Promise<PerTask> {
    return this.heavy.write(actor, (confirmed) => this.eachNow(confirmed, names, work));
  }

  private async eachNow(
    actor: Actor,
    names: string[],
    work: (tx: Transaction, actor: Actor, name: string) => Promise<string>,
  ): Promise<PerTask> {
    const result: PerTask = { affected_count: 0, successful: [], failed: [], errors: [] };
    let now = actor;
    let confirmedAt = performance.now();
    for (const name of new Set(names)) {
      // the right to it may end while it goes on; what has been done by then stays
      if (performance.now() - confirmedAt > confirmedMs) {
        now = await this.heavy.confirm(now);
        confirmedAt = performance.now();
      }
      try {
        result.successful.push(await this.database.transaction((tx) => work(tx, now, name)));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        result.failed.push(name);
        result.errors.push({ task_id: name, code: error.code, message: error.message });
      }
    }
    result.affected_count = result.successful.length;
    return result;
  }
}
