import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { decideNext, downtime, type Decision, type FiringSchedule } from './occurrences.queries.js';
import { ScheduleActivity } from './schedule-activity.js';
import { delayMs, planAfter, timesOf } from './schedule-plan.js';

/** The most times of a downtime that are made up for, and of which it is kept that they were missed: the latest ones. */
const mostMissed = 100;

/** Decides the times of a downtime, in which no process was there to fire them. */
@Injectable()
export class ScheduleCatchUp {
  constructor(
    private readonly database: Database,
    private readonly activity: ScheduleActivity,
  ) {}

  /** Stores which times up to now were missed and which wait to be made up for, and plans the next one. */
  async decide(schedule: FiringSchedule, zone: string, now: number): Promise<void> {
    const late = this.lateTimes(schedule, zone, now);
    const madeUp = { none: 0, latest: 1, all: mostMissed }[schedule.catch_up];
    const decisions = late.map((time, index): Decision => {
      const isMadeUp = index >= late.length - madeUp;
      return { scheduled_for: new Date(time), status: isMadeUp ? 'waiting' : 'missed', reason: downtime };
    });
    const plan = planAfter(schedule, zone, late.at(-1)!);
    await this.database.transaction((tx) => {
      void tx.withCommit(() => decideNext(tx, schedule, plan, decisions));
      this.activity.missed(
        tx,
        schedule,
        decisions.map(({ scheduled_for }) => scheduled_for),
        Math.min(madeUp, late.length),
      );
    });
  }

  /** The latest times that have come, in order; at least the one that the schedule was planned for. */
  private lateTimes(schedule: FiringSchedule, zone: string, now: number): number[] {
    const first = schedule.next_at!.getTime();
    const times = timesOf(schedule, zone);
    const found: number[] = [];
    let time = times.previous(now + 1);
    for (; time !== undefined && time >= first && found.length < mostMissed; time = times.previous(time))
      if (time + delayMs(schedule, times, time) <= now) found.unshift(time);
    return found.length > 0 ? found : [first];
  }
}
