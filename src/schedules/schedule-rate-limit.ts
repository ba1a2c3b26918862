import { Injectable } from '@nestjs/common';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimiterFactory, type RateLimiter } from '../infra/rate-limiter-factory.js';
import type { FiringSchedule } from './occurrences.queries.js';
import type { Plan } from './schedule-plan.js';

/** How many times of one account may come in a minute, of schedules that fire more often than once a minute. */
export const mostFrequentTimes = 300;
const windowSeconds = 60;

/** The reason of a time that is one too many of its account. */
export const tooMany = 'RATE_LIMIT_EXCEEDED';

/** A schedule whose time has come, and what is planned after it. */
interface DueTime {
  schedule: FiringSchedule & { next_at: Date };
  plan: Plan;
}

/**
 * Limits what the schedules of one account do in a minute, over all processes. Only times that follow each other in less than a minute count:
 * a thousand schedules of one account that fire each night at the same time are no storm.
 */
@Injectable()
export class ScheduleRateLimit {
  private readonly limiter: RateLimiter;

  constructor(factory: RateLimiterFactory) {
    this.limiter = factory.create('schedules', mostFrequentTimes, windowSeconds);
  }

  /**
   * Counts times that are to be decided.
   * @returns the ids of the schedules whose time is one too many, with the ms until their account may have others
   */
  async count(times: readonly DueTime[]): Promise<Map<string, number>> {
    const byAccount = new Map<string, string[]>();
    for (const { schedule, plan } of times) {
      if (!isFrequent(schedule.next_at, plan.next_at)) continue;
      const account = schedule.account_id ?? schedule.created_by;
      byAccount.set(account, [...(byAccount.get(account) ?? []), schedule.id]);
    }
    const refused = new Map<string, number>();
    for (const [account, ids] of byAccount) {
      const { consumedPoints, msBeforeNext } = await this.consume(account, ids.length);
      const allowed = Math.max(0, ids.length - Math.max(0, consumedPoints - mostFrequentTimes));
      for (const id of ids.slice(allowed)) refused.set(id, msBeforeNext);
    }
    return refused;
  }

  private async consume(account: string, points: number): Promise<RateLimiterRes> {
    try {
      return await this.limiter.consume(account, points);
    } catch (state) {
      if (state instanceof RateLimiterRes) return state;
      throw state;
    }
  }
}

/** Whether a time and the one after it are of one minute. */
function isFrequent(time: Date, following: Date | null): boolean {
  return following !== null && following.getTime() - time.getTime() < windowSeconds * 1000;
}
