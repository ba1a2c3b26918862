import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { nilId } from '../common/ids.js';
import { prunedRows } from '../common/metrics.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';

/** For how long occurrences are kept, and how many of each schedule are kept for longer. */
const keptDays = 90;
const keptAnyway = 100;
/** How many schedules one statement looks at, how many of the rows of each it deletes, and how many statements a run of the job sends. */
const schedulesAtOnce = 200;
const rowsOfEach = 1_000;
const statementsAtOnce = 20;

/** Deletes old occurrences, and what is left of deleted schedules, in small steps. Several processes may do it at the same time. */
@Injectable()
export class OccurrenceRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.sweep(signal));
  private place = nilId;

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    if (this.infrastructure.role === 'worker') return;
    this.job.start(this.infrastructure.config.HOUSEKEEPING_SECONDS * 1000);
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    try {
      for (let left = statementsAtOnce; left > 0 && !signal.aborted; left -= 1) {
        const { last, deleted, isFull } = await this.deleteSome();
        prunedRows.inc({ table: 'schedule_occurrences' }, deleted);
        // a schedule of which there may be more is looked at again
        if (!isFull) this.place = last ?? nilId;
        if (last === null) break;
      }
      await this.database.query(
        `DELETE FROM schedules s WHERE s.id = ANY (ARRAY(SELECT id FROM schedules WHERE deleted_at IS NOT NULL ORDER BY id LIMIT $1))
            AND NOT EXISTS (SELECT 1 FROM schedule_occurrences o WHERE o.schedule_id = s.id)`,
        [schedulesAtOnce],
      );
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'old occurrences could not be deleted');
    }
  }

  /** Deletes rows of some schedules, after the place. @returns the last of them, and whether there may be more rows of one */
  private async deleteSome(): Promise<{ last: string | null; deleted: number; isFull: boolean }> {
    const [row] = await this.database.query<{ last: string | null; deleted: number; most: number }>(
      `WITH picked AS (SELECT id, deleted_at FROM schedules WHERE id > $1 ORDER BY id LIMIT ${schedulesAtOnce}),
       deleted AS (
         DELETE FROM schedule_occurrences o USING picked, LATERAL (
           SELECT d.scheduled_for FROM schedule_occurrences d
            WHERE d.schedule_id = picked.id AND (picked.deleted_at IS NOT NULL OR (
              d.status <> 'waiting' AND d.scheduled_for < now() - make_interval(days => ${keptDays})
              AND d.scheduled_for < (SELECT k.scheduled_for FROM schedule_occurrences k WHERE k.schedule_id = picked.id
                                      ORDER BY k.scheduled_for DESC OFFSET ${keptAnyway - 1} LIMIT 1)))
            ORDER BY d.scheduled_for LIMIT ${rowsOfEach}) AS old
          WHERE o.schedule_id = picked.id AND o.scheduled_for = old.scheduled_for RETURNING o.schedule_id)
       SELECT (SELECT max(id::text) FROM picked) AS last, (SELECT count(*)::int FROM deleted) AS deleted,
              (SELECT coalesce(max(n), 0)::int FROM (SELECT count(*) AS n FROM deleted GROUP BY schedule_id) AS c) AS most`,
      [this.place],
    );
    return { last: row!.last, deleted: row!.deleted, isFull: row!.most === rowsOfEach };
  }
}
