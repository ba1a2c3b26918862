import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { prunedRows } from '../common/metrics.js';
import { addingUsage } from '../executions/output-usage.queries.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';

/** A run can be repeated with its message for so long. */
const keptDays = 30;
/** A message has 2 MiB at most. */
const rowsAtOnce = 50;
const mostSteps = 100;

/** The usage is given back to projects in the order of their ids, so that two processes do not wait for each other. */
const pruning = `WITH gone AS (
    DELETE FROM run_payloads WHERE id = ANY (ARRAY(
      SELECT p.id FROM run_payloads p WHERE p.id < $1 AND NOT EXISTS (
        SELECT 1 FROM executions e WHERE e.payload_id = p.id AND e.status IN ('queued', 'running'))
       ORDER BY p.id LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING project_id, size
  ), freed AS (${addingUsage('SELECT project_id, -sum(size)::bigint FROM gone GROUP BY project_id ORDER BY project_id')})
  SELECT count(*)::int AS n FROM gone`;

/** Removes the messages of triggers 30 days after they came, unless a run still waits for its start or its end. */
@Injectable()
export class PayloadRetention implements OnApplicationBootstrap, OnApplicationShutdown {
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
    const before = uuid({ msecs: Date.now() - keptDays * 86_400_000, random: new Uint8Array(16), seq: 0 });
    try {
      for (let step = 0; step < mostSteps && !signal.aborted; step += 1) {
        const [row] = await this.database.query<{ n: number }>(pruning, [before]);
        prunedRows.inc({ table: 'run_payloads' }, row!.n);
        if (row!.n < rowsAtOnce) return;
      }
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'old messages of triggers could not be deleted');
    }
  }
}
