import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ScheduleActivity } from './schedule-activity.js';
import type { Schedule } from './schedule.entity.js';

/** For how long failed runs are gathered before they are looked at together. */
const gatherMs = 200;
/** The most failed runs that are looked at together; those beyond are found when their schedule is to fire next. */
const mostGathered = 1_000;

/**
 * Switches schedules off whose runs fail in a row: when a run has failed, and for a message that was lost when the schedule is to fire next.
 * The row is counted in the runs themselves, so that no crash miscounts it.
 */
@Injectable()
export class ScheduleFailures implements OnModuleInit {
  private readonly failed = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly activity: ScheduleActivity,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    if (this.infrastructure.role === 'worker') return;
    this.events.on('execution.changed', ({ status, execution_id, task_id }) => {
      if (status !== 'failed' || task_id === null || this.failed.size >= mostGathered) return;
      this.failed.add(execution_id);
      if (this.failed.size === 1) setTimeout(() => void this.lookAt(), gatherMs).unref();
    });
  }

  /** Switches a schedule off if too many of its runs have failed in a row. Only one of several processes does it. */
  async switchOff(id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [schedule] = await tx.query<Schedule & { disable_after_failures: number }>(
        `UPDATE schedules SET enabled = false, next_at = NULL, due_at = NULL, claimed_until = NULL, disabled_at = now(),
                disabled_reason = disable_after_failures || ' runs in a row have failed', updated_at = now(), version = version + 1
          WHERE id = $1 AND enabled AND deleted_at IS NULL
            AND failures_in_a_row(id, counted_from, disable_after_failures) >= disable_after_failures RETURNING *`,
        [id],
      );
      if (schedule)
        this.activity.disabled(tx, schedule, schedule.disabled_reason!, schedule.disable_after_failures);
    });
  }

  private async lookAt(): Promise<void> {
    const ids = [...this.failed];
    this.failed.clear();
    try {
      const rows = await this.database.query<{ id: string }>(
        `SELECT s.id FROM schedules s WHERE s.disable_after_failures IS NOT NULL AND s.enabled
            AND s.id IN (SELECT e.origin_id FROM executions e WHERE e.id = ANY ($1) AND e.origin_type = 'schedule')`,
        [ids],
      );
      for (const { id } of rows) await this.switchOff(id);
    } catch (error) {
      this.infrastructure.logger.debug({ err: error }, 'failed runs of schedules could not be looked at');
    }
  }
}
