import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { timeZone } from '../common/time-zone.js';
import type { Transaction } from '../infra/database.js';
import { Maintenance } from '../infra/maintenance.js';
import { ProjectAccess } from '../projects/project-access.js';
import { TaskCreationService } from '../tasks/task-creation.service.js';
import { TaskExecutionService } from '../tasks/task-execution.service.js';
import type { QueuedTask } from '../tasks/task-execution.schema.js';
import type { CreateTask } from '../tasks/tasks.schema.js';
import type { FiringSchedule } from './occurrences.queries.js';
import { ScheduleInputs } from './schedule-inputs.js';
import { zoneOf } from './schedule-plan.js';
import { taskOfTemplate } from './schedule-template.js';

/** The reason of a time at which the maker of the schedule is disabled or may not execute any more. */
export const makerDisabled = 'MAKER_DISABLED';

/** Errors that say that an actor has not the right. */
const rightsErrors = new Set<ErrorCode>([
  'AUTH_TOKEN_INVALID',
  'AUTH_ACCOUNT_DISABLED',
  'AUTH_INSUFFICIENT_PERMISSIONS',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_NOT_FOUND',
]);

/** Errors that say that the task has a run already, which will end. */
const busyErrors = new Set<ErrorCode>(['TASK_ALREADY_RUNNING', 'TASK_ALREADY_CLAIMED']);

/** Whether a run was refused since another one of its task goes on. */
export const isBusy = (error: unknown): boolean => error instanceof AppError && busyErrors.has(error.code);

/** Starts the runs of schedules. */
@Injectable()
export class ScheduleRuns {
  constructor(
    private readonly actors: Actors,
    private readonly creation: TaskCreationService,
    private readonly execution: TaskExecutionService,
    private readonly inputs: ScheduleInputs,
    private readonly projects: ProjectAccess,
    private readonly maintenance: Maintenance,
  ) {}

  /** Starts a run with the rights of who has made the schedule. @throws the errors of `start`, AUTH_ACCOUNT_DISABLED, AUTH_TOKEN_INVALID */
  async startAsMaker(
    schedule: FiringSchedule,
    scheduledFor: Date,
    within: (tx: Transaction, run: { task_id: string; execution_id: string }) => void,
  ): Promise<QueuedTask> {
    if (await this.maintenance.current()) throw new AppError('SYSTEM_MAINTENANCE');
    const maker = await this.actors.ofMaker(schedule.created_by, schedule.project_id);
    requirePermission(maker, 'execute');
    return this.start(maker, schedule, scheduledFor, within, true);
  }

  /**
   * Starts a run of a schedule's task, or of a new one.
   * @param within sends what belongs to the run, in its transaction
   * @param isUnattended whether nobody waits for the answer
   * @throws the errors of executing and creating a task
   */
  async start(
    actor: Actor,
    schedule: FiringSchedule,
    scheduledFor: Date,
    within: (tx: Transaction, run: { task_id: string; execution_id: string }) => void,
    isUnattended = false,
  ): Promise<QueuedTask> {
    const origin = { type: 'schedule', id: schedule.id } as const;
    const group = schedule.concurrency === null ? {} : { concurrency: schedule.concurrency };
    if (schedule.template !== null) {
      const body = newTaskOf(schedule, schedule.template, scheduledFor);
      const make = await this.creation.prepare(actor, body);
      let taskId = '';
      const makeTask = async (tx: Transaction) => (taskId = (await make(tx)).id);
      return this.execution.execute(
        actor,
        '',
        { priority: schedule.priority, options: {}, inputs: this.inputs.forRun(schedule, body.inputs) },
        {
          origin,
          ...group,
          isUnattended,
          makeTask,
          within: async (tx, id) => within(tx, { task_id: taskId, execution_id: id }),
        },
      );
    }
    // a task that was moved elsewhere is not the project's any more
    if (schedule.task_id === null || schedule.task_project_id !== schedule.project_id)
      throw new AppError('TASK_NOT_FOUND', { task_id: schedule.task_id });
    const { task_id } = schedule;
    const inputs = this.inputs.forRun(schedule, schedule.task_inputs ?? []);
    return this.execution.execute(
      actor,
      task_id,
      { priority: schedule.priority, options: {}, inputs },
      { origin, ...group, isUnattended, within: async (tx, id) => within(tx, { task_id, execution_id: id }) },
    );
  }

  /**
   * The reason of a time at which its run was refused.
   * @throws the error, when it does not say that the run was refused
   */
  async reasonOf(error: unknown, { created_by, project_id }: FiringSchedule): Promise<string> {
    if (!(error instanceof AppError)) throw error;
    if (rightsErrors.has(error.code)) return makerDisabled;
    if (error.code !== 'TASK_NOT_FOUND') return error.code;
    try {
      // the task may be there, but not for who has made the schedule
      await this.projects.require(await this.actors.ofMaker(created_by, project_id), project_id, 'execute');
      return error.code;
    } catch (reason) {
      if (!(reason instanceof AppError)) throw reason;
      return rightsErrors.has(reason.code) ? makerDisabled : reason.code;
    }
  }
}

/** The body of the task that a schedule makes at one of its times. */
export function newTaskOf(
  schedule: FiringSchedule,
  template: Record<string, unknown>,
  scheduledFor: Date,
): CreateTask {
  const zone = timeZone(zoneOf(schedule, schedule.project_zone ?? undefined));
  const wallTime = zone?.wallTime(scheduledFor.getTime()) ?? scheduledFor.getTime();
  return { ...taskOfTemplate(template, scheduledFor, wallTime), project_id: schedule.project_id };
}
