import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { prunedRows } from '../../common/metrics.js';
import { Database } from '../database.js';
import { Infrastructure } from '../infrastructure.js';
import { prune, pruneActivity, retentions, rowsAtOnce } from './retention.queries.js';
import { IntervalJob } from '../interval-job.js';
import { mergeUsage } from './output-usage.js';
import { addUpCounts } from './task-counts.js';

/** The number of steps per table and run of the job, so that no run keeps the database busy for long. */
const maxSteps = 50;

/**
 * Deletes expired rows periodically, in small steps. Several processes may do it at the same time. The output of executions expires by
 * settings of its project, so `OutputRetention` in `output/output-retention.ts` removes it.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.sweep(signal));
  /** The cursor in the activity, so that rows which are kept are not examined again before the next pass. */
  private activityCursor = '0';

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.job.start(this.infrastructure.config.HOUSEKEEPING_SECONDS * 1000);
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    const { config, logger } = this.infrastructure;
    try {
      for (const retention of retentions(config)) {
        await this.inSteps(signal, retention.table, async () => {
          const deleted = await prune(this.database, retention);
          return { deleted, more: deleted === rowsAtOnce };
        });
      }
      await this.inSteps(signal, 'activity', async () => {
        const { deleted, next } = await pruneActivity(
          this.database,
          config.ACTIVITY_RETENTION_DAYS,
          this.activityCursor,
        );
        this.activityCursor = next ?? '0';
        return { deleted, more: next !== undefined };
      });
      await this.database.query(addUpCounts);
      await this.database.query(mergeUsage);
    } catch (error) {
      logger.warn({ err: error }, 'old rows could not be deleted');
    }
  }

  private async inSteps(
    signal: AbortSignal,
    table: string,
    step: () => Promise<{ deleted: number; more: boolean }>,
  ): Promise<void> {
    let rows = 0;
    for (let steps = 0; steps < maxSteps && !signal.aborted; steps += 1) {
      const { deleted, more } = await step();
      rows += deleted;
      prunedRows.inc({ table }, deleted);
      if (!more) break;
    }
    if (rows > 0) this.infrastructure.logger.info({ table, rows }, 'old rows were deleted');
  }
}
