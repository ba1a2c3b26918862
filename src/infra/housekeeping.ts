import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { prunedRows } from '../common/metrics.js';
import { Database } from './database.js';
import { Infrastructure } from './infrastructure.js';
import { prune, pruneActivity, retentions, rowsAtOnce } from './retention.queries.js';
import { Rounds } from './interval-job.js';
import { addUpCounts } from './task-counts.js';

/** The rest waits for the next round, so that no round keeps the database busy for long. */
const stepsAtOnce = 50;

/** Deletes what has served its time, now and then and in small steps; every process may do it at the same time as others. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds((signal) => this.sweep(signal));
  /** How far the activity has been looked through in this round; rows that are kept are not looked at again before the next. */
  private looked = '0';

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start(this.infrastructure.config.HOUSEKEEPING_SECONDS * 1000);
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
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
          this.looked,
        );
        this.looked = next ?? '0';
        return { deleted, more: next !== undefined };
      });
      await this.database.query(addUpCounts);
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
    for (let steps = 0; steps < stepsAtOnce && !signal.aborted; steps += 1) {
      const { deleted, more } = await step();
      rows += deleted;
      prunedRows.inc({ table }, deleted);
      if (!more) break;
    }
    if (rows > 0) this.infrastructure.logger.info({ table, rows }, 'old rows were deleted');
  }
}
