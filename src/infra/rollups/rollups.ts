import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '../database.js';
import { isDatabaseAway } from '../database-errors.js';
import { Infrastructure } from '../infrastructure.js';
import { IntervalJob } from '../interval-job.js';
import { addUpQueues } from './queue-rollup.queries.js';
import { addUpTasks } from './task-rollup.queries.js';

/** Reads add up themselves what happened since the last run of the job, up to 165 runs a second on two cores. */
const intervalMs = 5_000;

/**
 * Adds up what has happened to tasks and executions, in the background, so that analytics and metrics read sums and few rows. Each
 * process tries; one at a time does it, and any process continues the work of one that was killed.
 */
@Injectable()
export class Rollups implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.addUp(signal));

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.job.start(intervalMs);
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async addUp(signal: AbortSignal): Promise<void> {
    try {
      for (const step of [addUpTasks, addUpQueues]) {
        let more = true;
        while (more && !signal.aborted) more = await step(this.database);
      }
    } catch (error) {
      // each process would say so every five seconds while the database is away, which others have said already
      const level = isDatabaseAway(error) ? 'debug' : 'warn';
      this.infrastructure.logger[level]({ err: error }, 'sums could not be brought up to date');
    }
  }
}
