import { Injectable } from '@nestjs/common';
import { toInstant } from '../common/fields.js';
import { SharedFor } from '../common/shared.js';
import { Database } from '../infra/database.js';
import { hourMs, hourOf } from '../infra/rollups/queue-rollup.queries.js';
import { metricsRows, type MetricValues } from './queue-metrics.queries.js';
import { periods, type MetricsPeriod, type QueueMetrics } from './queues.schema.js';
import { byName } from './queues.service.js';

/** The time for which metrics, which are the same for all users, are shared by all requests. */
const cacheMs = 1_000;

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

@Injectable()
export class QueueMetricsService {
  private readonly shared = new Map(
    (Object.keys(periods) as MetricsPeriod[]).map((period) => [
      period,
      new SharedFor(cacheMs, () => this.measure(period)),
    ]),
  );

  constructor(private readonly database: Database) {}

  /** Returns the metrics of a period, at most a second old. */
  of(period: MetricsPeriod): Promise<QueueMetrics> {
    return this.shared.get(period)!.ask();
  }

  private async measure(period: MetricsPeriod): Promise<QueueMetrics> {
    const to = new Date();
    // the period has whole hours, of which the current one is the last
    const first = hourOf(to.getTime()) - periods[period] + 1;
    const rows = await metricsRows(this.database, first);
    const queues = byName((queue) => {
      const byHour = new Map(rows.filter((row) => row.queue === queue).map((row) => [row.hour, row]));
      const hours = Array.from({ length: periods[period] }, (_, index) => {
        const hour = first + index;
        return { hour: toInstant(new Date(hour * hourMs)), ...toView(byHour.get(hour) ?? empty) };
      });
      return { totals: toView(byHour.get(null) ?? empty), hours };
    });
    return { period, from: toInstant(new Date(first * hourMs)), to: toInstant(to), queues };
  }
}

function toView(row: MetricValues) {
  return {
    enqueued: row.enqueued,
    completed: row.completed,
    failed: row.failed,
    cancelled: row.cancelled,
    wait_time: { p50: toSeconds(row.wait_p50), p95: toSeconds(row.wait_p95) },
    run_time: { p50: toSeconds(row.run_p50), p95: toSeconds(row.run_p95) },
  };
}

const toSeconds = (ms: number | null) => (ms === null ? null : Math.round(ms) / 1000);
