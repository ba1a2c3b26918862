import { Injectable } from '@nestjs/common';
import { formatBytes } from '../common/bytes.js';
import { ConnectionStats } from '../common/connection-stats.js';
import { RequestStats } from '../http/request-stats.js';
import { Shared } from '../common/shared.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { VitalConnections } from '../infra/reserved-connections.js';
import type { DetailedHealth } from './health.schema.js';

const round = (value: number, digits: number) => Number(value.toFixed(digits));

@Injectable()
export class HealthService {
  private readonly responseTime = new Shared(() => this.measureResponse());

  constructor(
    private readonly vital: VitalConnections,
    private readonly infrastructure: Infrastructure,
    private readonly connections: ConnectionStats,
    private readonly requests: RequestStats,
  ) {}

  /** Measures every part of the system now. */
  async detailed(): Promise<DetailedHealth> {
    const [database, redis] = await Promise.all([this.checkDatabase(), this.checkRedis()]);
    const { requests, averageMs, errorRate } = this.requests.lastMinute;
    return {
      status: database.status === 'healthy' && redis.status !== 'unhealthy' ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      checks: {
        database,
        redis,
        websocket: {
          status: 'healthy',
          active_connections: this.connections.active,
          avg_latency: this.connections.averageLatency,
        },
      },
      metrics: {
        requests_per_minute: requests,
        average_response_time: averageMs === null ? null : round(averageMs, 2),
        error_rate: round(errorRate, 4),
      },
    };
  }

  /** The response time of the database in milliseconds; null when it does not respond. */
  databaseResponseTime(): Promise<number | null> {
    return this.responseTime.ask();
  }

  private async measureResponse(): Promise<number | null> {
    const begun = performance.now();
    try {
      await this.vital.query('SELECT 1');
      return round(performance.now() - begun, 2);
    } catch {
      return null;
    }
  }

  private async checkDatabase(): Promise<DetailedHealth['checks']['database']> {
    const response_time = await this.databaseResponseTime();
    const { database, workerConnections, vitalConnections } = this.infrastructure;
    const pools = [database, workerConnections, vitalConnections].map(({ poolState }) => poolState);
    const sum = (figure: 'active' | 'idle' | 'total') => pools.reduce((n, pool) => n + pool[figure], 0);
    return {
      status: response_time === null ? 'unhealthy' : 'healthy',
      response_time,
      connections: { active: sum('active'), idle: sum('idle'), total: sum('total') },
    };
  }

  private async checkRedis(): Promise<DetailedHealth['checks']['redis']> {
    const { redis } = this.infrastructure;
    if (!redis) return { status: 'disabled', memory_usage: null, connected_clients: null };
    try {
      const [memory, clients] = await Promise.all([redis.info('memory'), redis.info('clients')]);
      const used = Number(/^used_memory:(\d+)/m.exec(memory)?.[1] ?? 0);
      const connected = Number(/^connected_clients:(\d+)/m.exec(clients)?.[1] ?? 0);
      return { status: 'healthy', memory_usage: formatBytes(used), connected_clients: connected };
    } catch {
      return { status: 'unhealthy', memory_usage: null, connected_clients: null };
    }
  }
}
