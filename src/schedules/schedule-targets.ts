import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { checkScopes, scopesOf } from '../common/scopes.js';
import { checkGroupInputs, type Concurrency } from '../executions/concurrency.js';
import type { InputDeclaration, InputValues } from '../executions/inputs/input-declarations.js';
import { refuseLongTimeout } from '../executions/project-rules.js';
import type { Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from '../projects/project-access.js';
import { requireTask } from '../tasks/tasks.queries.js';
import { createTaskSchema } from '../tasks/tasks.schema.js';
import { ScheduleInputs } from './schedule-inputs.js';
import type { Schedule } from './schedule.entity.js';

/** What a schedule runs. */
interface Target {
  task_id: string | null;
  template: Record<string, unknown> | null;
  inputs: InputValues;
  concurrency: Concurrency | null;
}

/** Checks what a schedule runs: a task of its project or a template of one, and the inputs. */
@Injectable()
export class ScheduleTargets {
  constructor(
    private readonly projects: ProjectAccess,
    private readonly inputs: ScheduleInputs,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Checks the task or template and the inputs.
   * @param before what is stored; absent for a new schedule
   * @returns what is to be stored of them
   * @throws TASK_NOT_FOUND, VALIDATION_ERROR with the field, AUTH_INSUFFICIENT_PERMISSIONS for a template without the scope to make tasks,
   * SECRETS_UNPROTECTED
   */
  async check(
    tx: Transaction,
    actor: Actor,
    { id, project_id }: Pick<Schedule, 'id' | 'project_id'>,
    target: Target,
    before?: Pick<Schedule, 'id' | 'task_id' | 'template' | 'inputs' | 'sealed_inputs'>,
  ): Promise<Pick<Schedule, 'task_id' | 'template' | 'inputs' | 'sealed_inputs'>> {
    const { task_id, declared } = await this.declarationsOf(tx, actor, project_id, target);
    checkGroupInputs(target.concurrency, declared);
    const { template: body } = target;
    const runs = { task_id, template: body, inputs: declared };
    const sealed = await this.inputs.seal(id, runs, target.inputs, before);
    if (target.template === null) return { ...sealed, task_id, template: null };
    // the project is that of the schedule
    const { project_id: _, ...template } = target.template;
    return { ...sealed, task_id, template };
  }

  /** Checks that a token may also make tasks, where a schedule makes them. @throws AUTH_INSUFFICIENT_PERMISSIONS */
  checkRight(actor: Actor, { template }: Pick<Schedule, 'template'>): void {
    if (template !== null) checkScopes(actor, scopesOf('tasks', 'write'));
  }

  private async declarationsOf(
    tx: Transaction,
    actor: Actor,
    projectId: string,
    { task_id, template }: Target,
  ): Promise<{ task_id: string | null; declared: readonly InputDeclaration[] }> {
    if (template !== null) {
      this.checkRight(actor, { template });
      const { project_id, inputs, timeout } = createTaskSchema.parse(template);
      const most = this.infrastructure.config.COMMAND_TIMEOUT_MAX_SECONDS;
      refuseLongTimeout(timeout, most, 'template.timeout');
      if (
        project_id !== undefined &&
        (await this.projects.require(actor, project_id, 'write', tx)).id !== projectId
      )
        throw new AppError('VALIDATION_ERROR', {
          field: 'template.project_id',
          issue: 'The task is made in the project of the schedule',
        });
      return { task_id: null, declared: inputs };
    }
    const task = await requireTask(tx, actor, task_id!, 'execute');
    if (task.project_id !== projectId)
      throw new AppError('VALIDATION_ERROR', {
        field: 'task_id',
        issue: 'The task is in another project than the schedule',
      });
    return { task_id: task.id, declared: task.inputs };
  }
}
