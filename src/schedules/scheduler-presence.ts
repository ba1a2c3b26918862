import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';
import { ScheduleClock } from './schedule-clock.js';
import { graceMs } from './schedule-lateness.js';

/** How often a process says that it is there. */
const everyMs = 10_000;

/**
 * Since when there was always a process that fires schedules, in ms since 1970: none was there when none has said so for longer than a time may be
 * late. It holds before the first process says that it is there again, and when the clock was put back.
 * @param now the SQL of the time by the clock of the schedules, in ms since 1970
 */
export const upSince = (now: string): string =>
  `CASE WHEN ${now} - (value->>'seen_at')::float8 > ${graceMs} THEN ${now} ELSE least((value->>'up_since')::float8, ${now}) END`;

/** Keeps since when there was always a process that fires schedules. */
@Injectable()
export class SchedulerPresence implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob(() => this.store());

  constructor(
    private readonly database: Database,
    private readonly clock: ScheduleClock,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    if (this.infrastructure.role !== 'worker') this.job.start(everyMs, { atOnce: true });
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async store(): Promise<void> {
    const now = '$1::float8';
    try {
      // what another process is about to store says the same
      await this.database.query(
        `UPDATE system_settings SET value = jsonb_build_object('up_since', ${upSince(now)}, 'seen_at', ${now}), updated_at = now()
          WHERE name IN (SELECT name FROM system_settings WHERE name = 'schedulers' FOR UPDATE SKIP LOCKED)`,
        [this.clock.now()],
      );
    } catch (error) {
      this.infrastructure.logger.debug({ err: error }, 'the presence of the schedulers could not be stored');
    }
  }
}
