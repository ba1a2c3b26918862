import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { version } from './version.js';

/**
 * The Prometheus metrics of this process. Every label has a small, fixed set of values (route patterns, no ids, no names of users or
 * projects), so the number of series is bounded by the code and not by the use.
 */
export const registry = new Registry();

const registers = [registry];
const milliseconds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const untilAnHour = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];

/** The time from a request's arrival until its response has left; its `_count` is the number of requests. */
export const httpRequests = new Histogram({
  name: 'millrace_http_request_duration_seconds',
  help: 'Time from the arrival of a request until its answer has left, by route pattern',
  labelNames: ['method', 'route', 'status'],
  buckets: milliseconds,
  registers,
});

export const queueWait = new Histogram({
  name: 'millrace_queue_wait_seconds',
  help: 'Time from the request for a run until a worker of this process began it, by queue',
  labelNames: ['queue'],
  buckets: untilAnHour,
  registers,
});

/** The duration of ended runs; its `_count` is the number of runs, with 0 s for those that were cancelled in the queue. */
export const runs = new Histogram({
  name: 'millrace_run_duration_seconds',
  help: 'Time that a run took, by outcome and reason; counted by the process that wrote its end',
  labelNames: ['outcome', 'reason'],
  buckets: untilAnHour,
  registers,
});

export const outputBytes = new Counter({
  name: 'millrace_output_bytes_total',
  help: 'Bytes of output that this process has read from commands and stored',
  registers,
});

export const workerSlots = new Gauge({
  name: 'millrace_worker_slots',
  help: 'Runs that this process can carry out at once',
  registers,
});

export const workerBusy = new Gauge({
  name: 'millrace_worker_busy_slots',
  help: 'Runs that this process carries out now',
  registers,
});

export const sockets = new Gauge({
  name: 'millrace_sockets',
  help: 'Open WebSocket and socket.io connections of this process',
  registers,
});

export const subscriptions = new Gauge({
  name: 'millrace_subscriptions',
  help: 'Subscriptions of the connections of this process, by channel',
  labelNames: ['channel'],
  registers,
});

export const unreadBytes = new Gauge({
  name: 'millrace_unread_bytes',
  help: 'Bytes that wait in this process for clients to read them: output, events and answers',
  registers,
});

export const droppedEvents = new Counter({
  name: 'millrace_dropped_events_total',
  help: 'Events that subscribers did not receive because too many waited for the database',
  registers,
});

export const cutOffConnections = new Counter({
  name: 'millrace_cut_off_connections_total',
  help: 'Connections that were cut off because too much waited for them to be read',
  registers,
});

export const evictedConnections = new Counter({
  name: 'millrace_crowded_out_connections_total',
  help: 'Idle connections that were closed because their network, or all networks together, had too many',
  registers,
});

/** The response times of webhook receivers; its `_count` is the number of delivery attempts. */
export const deliveryTries = new Histogram({
  name: 'millrace_webhook_try_duration_seconds',
  help: 'Time that a try to deliver a webhook took, by outcome: delivered, retried or failed for good',
  labelNames: ['outcome'],
  buckets: milliseconds,
  registers,
});

export const busLost = new Counter({
  name: 'millrace_bus_lost_messages_total',
  help: 'Messages that the bus between processes did not take; readers fill the gap from the database',
  registers,
});

export const prunedRows = new Counter({
  name: 'millrace_pruned_rows_total',
  help: 'Rows deleted because their retention was over, by table',
  labelNames: ['table'],
  registers,
});

const build = new Gauge({
  name: 'millrace_build_info',
  help: 'Always 1; version and role of this process',
  labelNames: ['version', 'role'],
  registers,
});

/** Starts the default metrics of the process: memory, processor time, event-loop lag, garbage collection. */
export function measureProcess(role: string): void {
  build.set({ version, role }, 1);
  collectDefaultMetrics({ register: registry });
}
