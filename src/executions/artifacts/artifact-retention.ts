import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { prunedRows } from '../../common/metrics.js';
import { Database } from '../../infra/database.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { IntervalJob } from '../../infra/interval-job.js';
import { addingUsage } from '../output-usage.queries.js';
import { daysOfProject } from '../retention-days.js';
import { countedBytes, dropArtifact } from './artifacts.queries.js';

const artifactsAtOnce = 100;

/** Hides some files whose time is over, and subtracts their bytes. $1 is the server's retention in days, null for ever. */
const hiding = `WITH expired AS MATERIALIZED (
    SELECT x.id FROM projects p CROSS JOIN LATERAL (
      SELECT a.id FROM artifacts a
       WHERE a.owner = p.id AND a.is_complete AND a.created_at < now() - make_interval(days => ${daysOfProject})
       ORDER BY a.created_at LIMIT ${artifactsAtOnce}) AS x
    UNION ALL
    SELECT x.id FROM users u CROSS JOIN LATERAL (
      SELECT a.id FROM artifacts a
       WHERE a.owner = u.id AND a.is_complete AND a.created_at < now() - make_interval(days => $1::int)
       ORDER BY a.created_at LIMIT ${artifactsAtOnce}) AS x
    LIMIT ${artifactsAtOnce}
  ), hidden AS (
    UPDATE artifacts a SET is_complete = false WHERE a.is_complete AND a.id IN (SELECT id FROM expired)
    RETURNING a.owner, ${countedBytes('a')} AS bytes
  ), freed AS (${addingUsage('SELECT owner, -sum(bytes)::bigint FROM hidden GROUP BY owner')})
  SELECT count(*)::int AS n FROM hidden`;

/**
 * Removes the files and summaries of runs when their retention, that of output, is over, and what a lost worker has stored of a file. Several
 * processes may do so at once: a file is hidden first, and whatever is hidden is removed by whoever comes next.
 */
@Injectable()
export class ArtifactRetention implements OnApplicationBootstrap, OnApplicationShutdown {
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
    try {
      const days = this.infrastructure.config.OUTPUT_RETENTION_DAYS;
      for (let hidden = artifactsAtOnce; hidden === artifactsAtOnce && !signal.aborted;) {
        const [row] = await this.database.query<{ n: number }>(hiding, [days === 0 ? null : days]);
        hidden = row!.n;
      }
      await this.removeHidden(signal);
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'old files of runs could not be removed');
    }
  }

  /** Removes what is incomplete. A worker that still writes has begun within the last hour, since it takes two minutes at most. */
  private async removeHidden(signal: AbortSignal): Promise<void> {
    for (let found = artifactsAtOnce; found === artifactsAtOnce && !signal.aborted;) {
      const rows = await this.database.query<{ id: string }>(
        `SELECT id FROM artifacts WHERE NOT is_complete AND created_at < now() - interval '1 hour'
          ORDER BY created_at LIMIT ${artifactsAtOnce}`,
      );
      for (const { id } of rows) {
        if (signal.aborted) return;
        await dropArtifact(this.database, id);
      }
      prunedRows.inc({ table: 'artifacts' }, rows.length);
      found = rows.length;
    }
  }
}
