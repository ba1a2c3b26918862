import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from './database.js';
import { Infrastructure } from './infrastructure.js';

const everyMs = 10 * 60_000;
/** Small steps, so that no statement holds locks for long. */
const rowsAtOnce = 1_000;
const stepsAtOnce = 50;

/** What has served its time: a table and the condition of its rows. */
const expired = [
  ['idempotency_keys', "created_at < now() - interval '24 hours'"],
  ['refresh_tokens', "expires_at < now() - interval '1 day'"],
  ['personal_access_tokens', "expires_at < now() - interval '30 days'"],
  ['workers', "seen_at < now() - interval '1 day'"],
  ['webhook_deliveries', "status <> 'pending' AND created_at < now() - make_interval(days => $1)"],
] as const;

/** Deletes what has served its time, now and then; every process may do it. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(
      () => void (this.running ??= this.sweep()),
      everyMs * (0.9 + Math.random() * 0.2),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    try {
      for (const [table, condition] of expired) await this.delete(table, condition);
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'old rows could not be deleted');
    } finally {
      this.running = undefined;
    }
  }

  private async delete(table: string, condition: string): Promise<void> {
    const values = condition.includes('$1') ? [this.infrastructure.config.DELIVERY_RETENTION_DAYS] : [];
    for (let step = 0; step < stepsAtOnce && !this.stopped; step += 1) {
      const rows = await this.database.query(
        `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${rowsAtOnce}) RETURNING 1`,
        values,
      );
      if (rows.length < rowsAtOnce) return;
    }
  }
}
