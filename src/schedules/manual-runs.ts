import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import type { QueuedTask } from '../tasks/task-execution.schema.js';
import { findFiring, insertManual } from './occurrences.queries.js';
import { ScheduleActivity } from './schedule-activity.js';
import { ScheduleClock } from './schedule-clock.js';
import { ScheduleRuns } from './schedule-runs.js';
import { ScheduleTargets } from './schedule-targets.js';
import { requireSchedule } from './schedules.queries.js';

/** Starts schedules by hand. */
@Injectable()
export class ManualRuns {
  constructor(
    private readonly database: Database,
    private readonly runs: ScheduleRuns,
    private readonly targets: ScheduleTargets,
    private readonly activity: ScheduleActivity,
    private readonly clock: ScheduleClock,
  ) {}

  /**
   * Starts a run of a schedule now, with the rights of the actor, also of one that is switched off.
   * @throws RESOURCE_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS for a template without the scope to make tasks, and the errors of executing and
   * creating a task
   */
  async run(actor: Actor, id: string): Promise<QueuedTask> {
    await requireSchedule(this.database, actor, id, 'execute');
    const schedule = (await findFiring(this.database, id))!;
    this.targets.checkRight(actor, schedule);
    const scheduledFor = new Date(this.clock.now());
    return this.runs.start(actor, schedule, scheduledFor, (tx, run) => {
      void tx.withCommit(() => insertManual(tx, id, { scheduled_for: scheduledFor, ...run }));
      this.activity.fired(tx, actor, schedule, { scheduled_for: scheduledFor, ...run });
    });
  }
}
