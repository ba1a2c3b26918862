import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { maxTags } from './task-fields.schema.js';
import { TaskUpdateService } from './task-update.service.js';
import { requireTask } from './tasks.queries.js';
import { toTask, type TaskView } from './tasks.schema.js';

@Injectable()
export class TaskLabelsService {
  constructor(
    private readonly database: Database,
    private readonly updates: TaskUpdateService,
  ) {}

  /**
   * Attaches a label to a task.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VALIDATION_VALUE_TOO_LONG for one label too many
   */
  attach(actor: Actor, name: string, label: string): Promise<TaskView> {
    return this.change(actor, name, (tags) =>
      tags.some((tag) => isSame(tag, label)) ? tags : [...tags, label],
    );
  }

  /** Detaches a label from a task. @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED */
  detach(actor: Actor, name: string, label: string): Promise<TaskView> {
    return this.change(actor, name, (tags) => tags.filter((tag) => !isSame(tag, label)));
  }

  private change(actor: Actor, name: string, next: (tags: string[]) => string[]): Promise<TaskView> {
    return this.database.transaction(async (tx) => {
      const task = await requireTask(tx, actor, name, 'write', { lock: true });
      const tags = next(task.tags);
      if (tags.length > maxTags)
        throw new AppError('VALIDATION_VALUE_TOO_LONG', {
          field: 'name',
          issue: `A task has ${maxTags} labels at most`,
        });
      return tags.length === task.tags.length
        ? toTask(task)
        : this.updates.updateIn(tx, actor, task.id, { tags });
    });
  }
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
