import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { formatDuration } from '../common/duration.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { queueNames, type QueueName } from '../executions/executions.schema.js';
import { QueueControl } from '../executions/admission/queue-control.js';
import { Database, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { SharedFor } from '../common/shared.js';
import { countedUpTo, endedRecently, queueCounts, queueSizes, readThroughput } from './queues.queries.js';
import { type Clear, type Pause, type QueueStatus } from './queues.schema.js';

/** A request to clear a queue returns after this time, even when executions are left. */
const clearTimeoutMs = 25_000;
/** The time for which counts of many rows are shared by all requests. */
const cacheMs = 1_000;

export const byName = <T>(make: (queue: number) => T): Record<QueueName, T> => ({
  high_priority: make(0),
  normal_priority: make(1),
  low_priority: make(2),
});

const rounded = (value: number) => Number(value.toFixed(4));

@Injectable()
export class QueuesService {
  private readonly sizes = new SharedFor(cacheMs, () => queueSizes(this.database));
  private readonly recent = new SharedFor(cacheMs, () => endedRecently(this.database));

  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly control: QueueControl,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  async status(actor: Actor): Promise<QueueStatus> {
    const { LEASE_SECONDS } = this.infrastructure.config;
    const [[counts, throughput], endedOfLate] = await Promise.all([
      this.heavy.read(actor, (tx) => Promise.all([queueCounts(tx), readThroughput(tx, LEASE_SECONDS)])),
      this.recent.ask(),
    ]);
    const isLong = counts.some(({ size }) => size === countedUpTo);
    const sizes = isLong ? await this.sizes.ask() : counts.map(({ size }) => size);
    const { slots, idle, running, completed_today, average_seconds, completed, ended } = throughput;
    return {
      queues: byName((queue) => {
        const { size, processing, paused, pause_reason } = counts[queue]!;
        return {
          size: size === countedUpTo ? Math.max(size, sizes[queue]!) : size,
          processing,
          completed_today: completed_today[queue]!,
          paused,
          pause_reason,
        };
      }),
      workers: { active: running, idle, total: slots },
      performance: {
        tasks_per_minute: endedOfLate / 10,
        average_processing_time: formatDuration(average_seconds),
        success_rate: ended === 0 ? null : rounded(completed / ended),
      },
    };
  }

  /** Pauses a queue: no execution of it starts any more, and running ones go on. */
  async pause(actor: Actor, { queue_name, reason }: Pause) {
    const queue = queueNames.indexOf(queue_name);
    const changedAt = await this.database.transaction(async (tx) => {
      const at = await this.control.pause(tx, queue, actor, reason);
      this.record(tx, actor, queue, 'queue_paused', { queue_name, reason });
      return at;
    });
    return { queue_name, status: 'paused' as const, reason, changed_at: toInstant(changedAt) };
  }

  async resume(actor: Actor, queue_name: QueueName) {
    const queue = queueNames.indexOf(queue_name);
    const changedAt = await this.database.transaction(async (tx) => {
      const at = await this.control.resume(tx, queue, actor);
      this.record(tx, actor, queue, 'queue_resumed', { queue_name });
      return at;
    });
    return { queue_name, status: 'active' as const, reason: null, changed_at: toInstant(changedAt) };
  }

  /** Cancels the queued executions of a queue; running ones go on. */
  async clear(actor: Actor, { queue_name }: Clear) {
    const queue = queueNames.indexOf(queue_name);
    const { cleared, left } = await this.control.clear(
      queue,
      actor,
      'Queue cleared',
      Date.now() + clearTimeoutMs,
    );
    await this.database.transaction((tx) =>
      this.record(tx, actor, queue, 'queue_cleared', { queue_name, cleared_count: cleared }),
    );
    return { queue_name, cleared_count: cleared, remaining: left };
  }

  private record(tx: Transaction, actor: Actor, queue: number, action: string, newValue: unknown): void {
    // a queue has no row with an id, so the activity names it by a fixed one
    const entityId = `00000000-0000-8000-8000-00000000000${queue}`;
    this.activity.record(tx, { actor, entityType: 'queue', entityId, action, newValue });
  }
}
