import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import {
  decideNext,
  isDecided,
  replan,
  skipWaiting,
  wasDecided,
  type Decision,
  type FiringSchedule,
} from './occurrences.queries.js';
import { ScheduleActivity } from './schedule-activity.js';
import { ScheduleCatchUp } from './schedule-catch-up.js';
import { ScheduleClock } from './schedule-clock.js';
import { ScheduleFailures } from './schedule-failures.js';
import { isOfDowntime } from './schedule-lateness.js';
import { planAfter, zoneOf } from './schedule-plan.js';
import { isBusy, ScheduleRuns } from './schedule-runs.js';
import { WaitingOccurrences } from './waiting-occurrences.js';

/** The reason of a time at which an earlier one still waits. */
export const occurrenceWaiting = 'OCCURRENCE_WAITING';
/** The reason of a time at which the run before it has not ended. */
export const taskRunning = 'TASK_ALREADY_RUNNING';

/** Decides what becomes of a time that has come: it fires, is skipped, waits, or was missed. */
@Injectable()
export class ScheduleFiring {
  constructor(
    private readonly database: Database,
    private readonly runs: ScheduleRuns,
    private readonly catchUp: ScheduleCatchUp,
    private readonly waiting: WaitingOccurrences,
    private readonly failures: ScheduleFailures,
    private readonly activity: ScheduleActivity,
    private readonly clock: ScheduleClock,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Decides the next time of a schedule that this process has claimed. An error is logged, and the time is tried again after the claim.
   * @param onDecided called when it is decided; the promise resolves when its run is on the way to the workers
   */
  async fire(schedule: FiringSchedule, onDecided: () => void): Promise<void> {
    const { logger } = this.infrastructure;
    try {
      await this.decide(schedule, onDecided);
    } catch (error) {
      if (isDecided(error)) return;
      const level = isDatabaseAway(error) ? 'debug' : 'error';
      logger[level]({ err: error, schedule_id: schedule.id }, 'a schedule could not fire, will try again');
    }
  }

  private async decide(schedule: FiringSchedule, onDecided: () => void): Promise<void> {
    const { next_at, due_at, disable_after_failures: most } = schedule;
    if (next_at === null || due_at === null) return;
    const now = this.clock.now();
    const zone = zoneOf(schedule, schedule.project_zone ?? undefined);
    // the project has got another time zone
    if (zone !== schedule.planned_zone)
      return replan(this.database, schedule, planAfter(schedule, zone, now));
    if (most !== null && schedule.failures >= most) return this.failures.switchOff(schedule.id);
    try {
      if (isOfDowntime(schedule, now)) {
        await this.catchUp.decide(schedule, zone, now);
        await this.waiting.serve(schedule.id);
      } else await this.fireNow(schedule, zone, next_at, onDecided);
    } catch (error) {
      if (!wasDecided(error)) throw error;
      await replan(this.database, schedule, planAfter(schedule, zone, next_at.getTime()));
    }
  }

  private async fireNow(
    schedule: FiringSchedule,
    zone: string,
    scheduledFor: Date,
    onDecided: () => void,
  ): Promise<void> {
    const { overlap } = schedule;
    const plan = planAfter(schedule, zone, scheduledFor.getTime());
    const decide = (tx: Transaction, decision: Omit<Decision, 'scheduled_for'>) => {
      const decided = tx.withCommit(() =>
        decideNext(tx, schedule, plan, [{ scheduled_for: scheduledFor, ...decision }]),
      );
      // a failure is that of the transaction
      decided.then(onDecided, () => undefined);
    };
    const skip = (reason: string) =>
      this.database.transaction((tx) => {
        decide(tx, { status: 'skipped', reason });
        this.activity.skipped(tx, schedule, scheduledFor, reason);
      });
    const isRunning = schedule.template !== null && schedule.active_execution_id !== null;
    if (overlap !== 'allow' && (schedule.is_waiting || isRunning)) {
      if (schedule.is_waiting && overlap !== 'replace') return skip(occurrenceWaiting);
      return this.overlap(schedule, scheduledFor, decide, skip, taskRunning);
    }
    try {
      await this.runs.startAsMaker(schedule, scheduledFor, (tx, run) => {
        decide(tx, { status: 'fired', reason: null, ...run });
        this.activity.fired(tx, null, schedule, { scheduled_for: scheduledFor, ...run });
      });
    } catch (error) {
      if (isDecided(error) || wasDecided(error) || isDatabaseAway(error)) throw error;
      const reason = await this.runs.reasonOf(error, schedule).catch((cause: unknown) => {
        if (isDatabaseAway(cause)) throw cause;
        this.infrastructure.logger.error(
          { err: cause, schedule_id: schedule.id },
          'a schedule could not fire',
        );
        return 'INTERNAL_ERROR';
      });
      if (isBusy(error)) await this.overlap(schedule, scheduledFor, decide, skip, reason);
      else await skip(reason);
    }
  }

  /** Decides a time at which the run before it has not ended. */
  private async overlap(
    schedule: FiringSchedule,
    scheduledFor: Date,
    decide: (tx: Transaction, decision: Omit<Decision, 'scheduled_for'>) => void,
    skip: (reason: string) => Promise<void>,
    reason: string,
  ): Promise<void> {
    if (schedule.overlap !== 'queue' && schedule.overlap !== 'replace') return skip(reason);
    await this.database.transaction(async (tx) => {
      if (schedule.is_waiting) await skipWaiting(tx, schedule.id, 'OCCURRENCE_REPLACED');
      decide(tx, { status: 'waiting', reason });
      this.activity.waits(tx, schedule, scheduledFor);
    });
    await this.waiting.serve(schedule.id);
  }
}
