import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { checkGroupInputs } from '../executions/concurrency.js';
import { refuseLongTimeout } from '../executions/project-rules.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from '../projects/project-access.js';
import { insertTask, type InsertedTask, type NewTask } from './task-creation.queries.js';
import { recordTaskChange } from './task-activity.js';
import { setDependencies } from './task-dependencies.js';
import { TaskNumbers } from './task-numbers.js';
import { parentElsewhere } from './task-parent.js';
import { takenRef } from './task-ref.js';
import { stateOfNew } from './task-state.js';
import { countTasks, requireTask } from './tasks.queries.js';
import { toTask, type CreateTask, type TaskView } from './tasks.schema.js';
import { TasksService } from './tasks.service.js';

/**
 * With less room than this below `max_tasks`, the tasks of a project are created one at a time, so that the limit is exact. Farther from
 * it the count is read without a lock, which is safe as long as fewer tasks than this are created concurrently.
 */
const nearLimit = 100;

@Injectable()
export class TaskCreationService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly numbers: TaskNumbers,
    private readonly tasks: TasksService,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Creates a task.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, VALIDATION_ERROR for an
   * assignee that cannot see the project, for a dependency that does not exist, for a concurrency group that holds an
   * input which it lacks, and for a timeout above the maximum
   */
  async create(actor: Actor, input: CreateTask): Promise<TaskView> {
    checkGroupInputs(input.concurrency, input.inputs);
    refuseLongTimeout(input.timeout, this.infrastructure.config.COMMAND_TIMEOUT_MAX_SECONDS);
    const number = await this.numberFor(actor, input.project_id);
    const { dependencies, draft, ...fields } = input;
    return this.database.transaction(async (tx) => {
      const id = newId();
      const parent = input.parent_id === null ? null : await requireTask(tx, actor, input.parent_id, 'read');
      const stored = { ...fields, ...stateOfNew(input), parent_id: parent?.id ?? null, is_draft: draft };
      const { project_id, key, ref_digits, assigned_to, tags, created_at } = await this.insert(
        tx,
        actor,
        id,
        number,
        stored,
      ).catch((error: unknown) => {
        throw takenRef(error, input.external_ref) ?? error;
      });
      if (parent !== null && parent.project_id !== project_id) throw parentElsewhere();
      if (input.assigned_to !== null) await this.tasks.checkAssignee(tx, input.assigned_to, project_id);
      if (dependencies.length > 0) await setDependencies(tx, actor, id, project_id, dependencies);
      const task = toTask({
        ...stored,
        id,
        project_id,
        number,
        key,
        ref_digits,
        assigned_to,
        tags,
        created_by: actor.id,
        why_waiting: null,
        actual_duration: null,
        execution_id: null,
        last_run: null,
        archived_at: null,
        checklist_total: 0,
        checklist_done: 0,
        created_at,
        updated_at: created_at,
        deleted_at: null,
        version: 1,
        words: '',
      });
      const { title, status, priority, ref, updated_at } = task;
      recordTaskChange(this.activity, tx, task, {
        actor,
        action: 'created',
        newValue: { title, status, priority, ref },
        event: { name: 'task.created', data: { task_id: id, project_id, ref, title, status, priority } },
        task: { status, progress_percentage: task.progress_percentage, updated_at },
      });
      return task;
    });
  }

  /** Allocates the number of a new task, or throws the reason why the actor cannot have one. */
  private async numberFor(actor: Actor, project: string): Promise<number> {
    const number = await this.numbers.next(actor, project);
    if (number !== undefined) return number;
    const { id } = await this.projects.require(actor, project, 'write');
    // the actor has got the permission, or the project was restored, since the first attempt
    const later = await this.numbers.next(actor, id);
    if (later === undefined)
      throw new AppError('PROJECT_ACCESS_DENIED', { project_id: id, required: 'write' });
    return later;
  }

  /** Inserts the task, nearly always with one statement. If that inserts nothing, throws the reason, or tries again under a lock. */
  private async insert(
    tx: Transaction,
    actor: Actor,
    id: string,
    number: number,
    input: NewTask,
  ): Promise<InsertedTask> {
    const inserted = await insertTask(tx, actor, id, number, input, nearLimit);
    if (inserted) return inserted;
    const project = await this.projects.require(actor, input.project_id, 'write', tx);
    // near the limit the tasks of the project are created one at a time, so that the count is exact
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [project.id]);
    const limit = project.resource_limits.max_tasks;
    const last =
      (await countTasks(tx, project.id)) < limit && (await insertTask(tx, actor, id, number, input, 0));
    if (last) return last;
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: project.id,
      limit: 'max_tasks',
      value: limit,
    });
  }
}
