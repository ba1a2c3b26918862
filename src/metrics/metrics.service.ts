import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { registry, unreadBytes } from '../common/metrics.js';
import { SharedFor } from '../common/shared.js';
import { UnreadBytes } from '../request-limits/unread-bytes.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { queueNames } from '../executions/executions.schema.js';
import { overallFigures, queueDepths } from './metrics.queries.js';

/** The time for which an exposition is cached, since its queries cost the database. */
const cacheMs = 1_000;
/** The time after which the metrics of the process are exposed without those of the database. */
const timeoutMs = 2_000;

const gauge = (name: string, help: string, labelNames: string[] = []) =>
  new Gauge({ name: `millrace_${name}`, help, labelNames, registers: [registry] });

// These gauges are measured in this process at each exposition.
const connections = gauge(
  'database_connections',
  'Connections of this process to Postgres, by state and by the pool they belong to: what requests share, what the worker has to itself, and what heartbeat and health checks have',
  ['pool', 'state'],
);
const waiting = gauge(
  'database_waiting_requests',
  'Statements that wait for a connection of the pool that requests share',
);
const busUp = gauge('bus_up', '1 while live messages travel between the processes');
const databaseUp = gauge('database_up', '1 if the database answered in time');

// These gauges are read from the database, and are the same from every process.
const depth = gauge(
  'queue_size',
  'Queued executions of the whole installation, by queue and by whether they are handed to workers',
  ['queue', 'state'],
);
const running = gauge('queue_running', 'Running executions of the whole installation, by queue', ['queue']);
const oldest = gauge(
  'queue_oldest_wait_seconds',
  'How long the oldest execution that was handed to the workers has been waiting, by queue; of the whole installation',
  ['queue'],
);
const deliveries = gauge(
  'webhook_pending_deliveries',
  'Deliveries of the whole installation that have not arrived yet',
);
const oldestDelivery = gauge('webhook_oldest_pending_seconds', 'Age of the oldest of them');
const workers = gauge('installation_workers', 'Worker processes of the whole installation that live');
const slots = gauge('installation_worker_slots', 'Slots of all of them');
const byQueue = [depth, running, oldest];
const overall = [deliveries, oldestDelivery, workers, slots];

/** Exposes the metrics in the text format of Prometheus. */
@Injectable()
export class MetricsService {
  private readonly exposed = new SharedFor(cacheMs, () => this.measure());

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
    private readonly unread: UnreadBytes,
  ) {}

  readonly contentType = registry.contentType;

  /** Returns the exposition within 2 s; it is shared by all scrapes within a second. */
  exposition(): Promise<string> {
    return this.exposed.ask();
  }

  private async measure(): Promise<string> {
    const { database, workerConnections, vitalConnections } = this.infrastructure;
    const pools = { requests: database, worker: workerConnections, vital: vitalConnections };
    for (const [pool, { poolState }] of Object.entries(pools)) {
      connections.set({ pool, state: 'active' }, poolState.active);
      connections.set({ pool, state: 'idle' }, poolState.idle);
    }
    waiting.set(database.poolState.waiting);
    unreadBytes.set(this.unread.total);
    busUp.set(this.infrastructure.bus.connected ? 1 : 0);
    const asked = this.askDatabase().then(
      () => true,
      () => false,
    );
    const answered = await Promise.race([asked, delay(timeoutMs, false, { ref: false })]);
    databaseUp.set(answered ? 1 : 0);
    // Old values must not look like current ones.
    if (!answered) {
      for (const metric of byQueue) metric.reset();
      for (const metric of overall) metric.remove();
    }
    return registry.metrics();
  }

  private async askDatabase(): Promise<void> {
    const [depths, figures] = await Promise.all([
      queueDepths(this.database),
      overallFigures(this.database, this.infrastructure.config.LEASE_SECONDS),
    ]);
    for (const [number, queue] of queueNames.entries()) {
      const found = depths.find((row) => row.queue === number);
      depth.set({ queue, state: 'admitted' }, found?.admitted ?? 0);
      depth.set({ queue, state: 'held' }, found?.held ?? 0);
      running.set({ queue }, found?.running ?? 0);
      oldest.set({ queue }, found?.oldest_seconds ?? 0);
    }
    deliveries.set(figures.deliveries);
    oldestDelivery.set(figures.oldest_delivery_seconds);
    workers.set(figures.workers);
    slots.set(figures.slots);
  }
}
