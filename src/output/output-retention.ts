import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { prunedRows } from '../common/metrics.js';
import { Database, type Queryable } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';
import type { Execution } from '../executions/execution.entity.js';
import { ownerOf } from '../executions/admission/admission.queries.js';
import { addUsage } from '../executions/output-usage.queries.js';
import { daysOfProject } from '../executions/retention-days.js';

/** Segments are deleted in small steps, so that no statement holds locks for long: a segment has at most 1 MiB. */
const segmentsAtOnce = 64;
const outputsAtOnce = 100;

const isKept = 'e.output_pruned_at IS NULL AND e.output_bytes > 0';
/** Finds ended executions whose output has exceeded its retention time. */
function expired(db: Queryable, serverDays: number | null): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `SELECT x.id FROM projects p CROSS JOIN LATERAL (
       SELECT e.id FROM executions e
        WHERE e.project_id = p.id AND ${isKept} AND e.finished_at < now() - make_interval(days => ${daysOfProject})
        LIMIT $2) AS x
     UNION ALL
     (SELECT e.id FROM executions e
       WHERE e.project_id IS NULL AND ${isKept} AND e.finished_at < now() - make_interval(days => $1::int) LIMIT $2)
     LIMIT $2`,
    [serverDays, outputsAtOnce],
  );
}

/**
 * Removes the output of ended executions after its retention time; several processes may do so at once. Expired rows of other tables are
 * deleted by `Housekeeping` in `infra/retention/housekeeping.ts`.
 */
@Injectable()
export class OutputRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.sweep(signal));

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
    const { logger } = this.infrastructure;
    try {
      const outputs = await this.prune(signal);
      if (outputs > 0) logger.info({ outputs }, 'old output was removed');
    } catch (error) {
      logger.warn({ err: error }, 'old output could not be removed');
    }
  }

  /**
   * Removes all output that has exceeded its retention time. First `output_pruned_at` is set, so that readers see the removal, then the
   * segments are deleted in small steps; those that remain after a crash are deleted by the next call.
   * @returns the number of removed outputs
   */
  private async prune(signal: AbortSignal): Promise<number> {
    const days = this.infrastructure.config.OUTPUT_RETENTION_DAYS;
    const unfinished = await this.database.query<{ id: string }>(
      'SELECT id FROM executions WHERE output_pruning',
    );
    for (const { id } of unfinished) await this.removeSegments(id, signal);
    let pruned = 0;
    while (!signal.aborted) {
      const outputs = await expired(this.database, days === 0 ? null : days);
      for (const { id } of outputs) {
        if (signal.aborted) return pruned;
        if (await this.markPruned(id)) pruned += 1;
        await this.removeSegments(id, signal);
      }
      if (outputs.length < outputsAtOnce) break;
    }
    return pruned;
  }

  /** Marks an output as removed and subtracts it from the stored bytes. @returns false when another process has already done so */
  private markPruned(id: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [execution] = await tx.query<
        Pick<Execution, 'project_id' | 'requested_by'> & { output_bytes: string }
      >(
        `UPDATE executions e SET output_pruned_at = now(), output_pruning = true
          WHERE e.id = $1 AND ${isKept} RETURNING e.project_id, e.requested_by, e.output_bytes`,
        [id],
      );
      if (!execution) return false;
      await addUsage(tx, ownerOf(execution), -Number(execution.output_bytes));
      return true;
    });
  }

  private async removeSegments(id: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const rows = await this.database.query(
        `DELETE FROM output_segments WHERE execution_id = $1 AND "offset" IN (
           SELECT "offset" FROM output_segments WHERE execution_id = $1 ORDER BY "offset" LIMIT ${segmentsAtOnce})
         RETURNING 1`,
        [id],
      );
      prunedRows.inc({ table: 'output_segments' }, rows.length);
      if (rows.length < segmentsAtOnce) {
        await this.database.query('UPDATE executions SET output_pruning = false WHERE id = $1', [id]);
        return;
      }
    }
  }
}
