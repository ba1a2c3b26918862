import { cpus, freemem, totalmem } from 'node:os';
import { Injectable } from '@nestjs/common';
import { ConnectionStats } from '../common/connection-stats.js';
import { SharedFor } from '../common/shared.js';
import { HealthService } from '../health/health.service.js';
import { countRows, Database } from '../infra/database.js';
import { queueSizes } from '../queues/queues.queries.js';
import type { metricNames } from './client-message.js';

export type MetricName = (typeof metricNames)[number];

/** The time for which one measurement is shared by all clients. */
const cacheMs = 1_000;

interface QueueFigures {
  tasks_per_minute: number;
  queue_sizes: { high: number; normal: number; low: number };
}

/** Measures this host, this process, the queues and what the process depends on. */
@Injectable()
export class PerformanceMeter {
  private times = processorTimes();
  private cpuUsage = 0;
  private readonly figures = new SharedFor(cacheMs, () => this.measure());

  constructor(
    private readonly database: Database,
    private readonly stats: ConnectionStats,
    private readonly health: HealthService,
  ) {}

  /** Ends one interval of processor time; `cpu_usage` is that of the latest interval. */
  tick(): void {
    const now = processorTimes();
    const total = now.total - this.times.total;
    // The counters advance in steps of 10 ms, so a shorter interval says nothing.
    if (total < 100) return;
    this.cpuUsage = rounded(100 * (1 - (now.idle - this.times.idle) / total));
    this.times = now;
  }

  /** @param names the parts to measure; by default those of the documented `performance_data` */
  async read(
    names: readonly MetricName[] = ['performance', 'queue_status'],
  ): Promise<Record<string, unknown>> {
    const parts: Record<MetricName, () => Promise<Record<string, unknown>>> = {
      performance: async () => ({
        cpu_usage: this.cpuUsage,
        memory_usage: rounded(100 * (1 - freemem() / totalmem())),
        active_connections: this.stats.active,
        tasks_per_minute: (await this.figures.ask()).tasks_per_minute,
      }),
      queue_status: async () => ({ queue_sizes: (await this.figures.ask()).queue_sizes }),
      system_health: async () => ({ system_health: await this.systemHealth() }),
    };
    return Object.assign({}, ...(await Promise.all(names.map((name) => parts[name]()))));
  }

  /** The health that `GET /api/health/detailed` reports, in short. */
  private async systemHealth(): Promise<Record<string, unknown>> {
    const { status, checks } = await this.health.detailed();
    const uptime = Math.round(process.uptime());
    return { status, uptime, database_response_time: checks.database.response_time };
  }

  private async measure(): Promise<QueueFigures> {
    const [tasks_per_minute, [high = 0, normal = 0, low = 0]] = await Promise.all([
      countRows(
        this.database,
        "FROM executions WHERE task_id IS NOT NULL AND finished_at > now() - interval '1 minute'",
        [],
      ),
      queueSizes(this.database),
    ]);
    return { tasks_per_minute, queue_sizes: { high, normal, low } };
  }
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/** Milliseconds of all processors together since the host started. */
function processorTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, total };
}
