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
import { metricsRows, queueCounts, readThroughput, type MetricValues } from './queues.queries.js';
import {
  periods,
  type Clear,
  type MetricsPeriod,
  type Pause,
  type QueueMetrics,
  type QueueStatus,
} from './queues.schema.js';

/** A request to clear a queue returns after this time, even when executions are left. */
const clearTimeoutMs = 25_000;
const hourMs = 3_600_000;

const byName = <T>(make: (queue: number) => T): Record<QueueName, T> => ({
  high_priority: make(0),
  normal_priority: make(1),
  low_priority: make(2),
});

const rounded = (value: number) => Number(value.toFixed(4));

@Injectable()
export class QueuesService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly control: QueueControl,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  async status(actor: Actor): Promise<QueueStatus> {
    const { LEASE_SECONDS } = this.infrastructure.config;
    const [counts, throughput] = await this.heavy.read(actor.id, (tx) =>
      Promise.all([queueCounts(tx), readThroughput(tx, LEASE_SECONDS)]),
    );
    const { slots, running, ended_recently, average_seconds, completed, ended } = throughput;
    return {
      queues: byName((queue) => {
        const { size, processing, completed_today, paused, pause_reason } = counts[queue]!;
        return { size, processing, completed_today, paused, pause_reason };
      }),
      workers: { active: running, idle: Math.max(0, slots - running), total: slots },
      performance: {
        tasks_per_minute: ended_recently / 10,
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

  async metrics(actor: Actor, period: MetricsPeriod): Promise<QueueMetrics> {
    const to = new Date();
    // the period has whole hours, of which the current one is the last
    const from = new Date(Math.floor(to.getTime() / hourMs) * hourMs - (periods[period] - 1) * hourMs);
    const rows = await this.heavy.read(actor.id, (tx) => metricsRows(tx, from, to));
    const empty: MetricValues = {
      enqueued: 0,
      completed: 0,
      failed: 0,
      cancelled: 0,
      wait_p50: null,
      wait_p95: null,
      run_p50: null,
      run_p95: null,
    };
    const toView = (row: MetricValues) => ({
      enqueued: row.enqueued,
      completed: row.completed,
      failed: row.failed,
      cancelled: row.cancelled,
      wait_time: { p50: seconds(row.wait_p50), p95: seconds(row.wait_p95) },
      run_time: { p50: seconds(row.run_p50), p95: seconds(row.run_p95) },
    });
    const queues = byName((queue) => {
      const mine = rows.filter((row) => row.queue === queue);
      const hours = Array.from({ length: periods[period] }, (_, index) => {
        const hour = new Date(from.getTime() + index * hourMs);
        const row = mine.find((candidate) => candidate.hour?.getTime() === hour.getTime());
        return { hour: toInstant(hour), ...toView(row ?? empty) };
      });
      return { totals: toView(mine.find(({ hour }) => hour === null) ?? empty), hours };
    });
    return { period, from: toInstant(from), to: toInstant(to), queues };
  }

  private record(tx: Transaction, actor: Actor, queue: number, action: string, newValue: unknown): void {
    // a queue has no row with an id, so the activity names it by a fixed one
    const entityId = `00000000-0000-8000-8000-00000000000${queue}`;
    this.activity.record(tx, { actor, entityType: 'queue', entityId, action, newValue });
  }
}

const seconds = (value: number | null) => (value === null ? null : Number(value.toFixed(3)));
