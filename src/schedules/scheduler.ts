import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { nilId } from '../common/ids.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { claimDue, firstDue, type FiringSchedule } from './occurrences.queries.js';
import { ScheduleBatch } from './schedule-batch.js';
import { ScheduleClock } from './schedule-clock.js';
import { ScheduleFiring } from './schedule-firing.js';

/**
 * The longest time until the process looks again: a timer does not notice that the clock of the host was put forward, and the message about
 * a changed schedule may be lost.
 */
const longestWaitMs = 15_000;
/** After how long it looks again for what another process has claimed and may not fire. */
const claimedMs = 1_000;
/** For how long messages about changed schedules are gathered. */
const gatherMs = 50;
/**
 * How many schedules are claimed at once, which are decided in one transaction as far as they are usual, and how many such batches are under way:
 * while Postgres stores one, the next one is prepared.
 */
const claimedAtOnce = 100;
const batchesAtOnce = 2;
/**
 * How many of the others of a batch are decided at the same time, each on a connection, and how many of their runs may still be on the way to the
 * workers.
 */
const decidedAtOnce = 4;
const mostOnTheWay = 100;

/**
 * Fires schedules at their times. Every process that serves requests does it, each with one timer until the next time of all: how many
 * schedules there are does not matter until they are due.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** Whether something has changed since the current run has begun. */
  private isStale = false;
  private isStopped = false;
  /** The schedules whose time is decided, or about to be, and whose run is on its way to the workers. */
  private readonly onTheWay = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly batch: ScheduleBatch,
    private readonly firing: ScheduleFiring,
    private readonly clock: ScheduleClock,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    if (this.infrastructure.role === 'worker') return;
    this.infrastructure.whenDraining(() => this.stop());
    this.events.on('schedule.changed', () => this.wakeIn(gatherMs));
    this.wakeIn(0);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop();
    await this.running;
    await Promise.all(this.onTheWay);
  }

  /** Fires what is due, at once or as soon as the current run has ended. */
  private wake(): void {
    this.isStale = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private wakeIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = setTimeout(() => this.wake(), ms);
  }

  private stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    let wait = longestWaitMs;
    try {
      while (this.isStale && !this.isStopped) {
        this.isStale = false;
        await this.fireAll();
        wait = await this.untilNext();
      }
    } catch (error) {
      const level = isDatabaseAway(error) ? 'debug' : 'warn';
      this.infrastructure.logger[level]({ err: error }, 'schedules could not be looked at');
      wait = claimedMs;
    }
    this.wakeIn(wait);
  }

  /** Fires everything that is due and that no other process has claimed. */
  private async fireAll(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    // more than one batch is claimed by turns: what one account has waiting does not delay the others
    let place: string | undefined;
    for (let isMore = true; isMore && !this.isStopped;) {
      const due = await claimDue(this.database, this.clock.now(), claimedAtOnce, place);
      isMore = due.length === claimedAtOnce;
      place = place === undefined ? nilId : ((due[0]?.next_place as string | null | undefined) ?? nilId);
      const fired = this.fireClaimed(due).finally(() => underWay.delete(fired));
      underWay.add(fired);
      if (underWay.size === batchesAtOnce) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  /** Does not throw: what could not be decided is tried again after the claim. */
  private async fireClaimed(due: readonly FiringSchedule[]): Promise<void> {
    if (due.length === 0) return;
    const others = await this.batch.fire(due);
    await Promise.all(Array.from({ length: decidedAtOnce }, () => this.fireOneByOne(others)));
  }

  private async fireOneByOne(due: FiringSchedule[]): Promise<void> {
    for (let next = due.shift(); next && !this.isStopped; next = due.shift()) {
      const schedule = next;
      if (this.onTheWay.size >= mostOnTheWay) await Promise.race(this.onTheWay);
      await new Promise<void>((decided) => {
        const fired = this.firing.fire(schedule, decided).finally(() => {
          this.onTheWay.delete(fired);
          decided();
        });
        this.onTheWay.add(fired);
      });
    }
  }

  private async untilNext(): Promise<number> {
    const due = await firstDue(this.database);
    if (due === undefined) return longestWaitMs;
    this.batch.warmUp();
    const left = due.getTime() - this.clock.now();
    return left <= 0 ? claimedMs : Math.min(left, longestWaitMs);
  }
}
