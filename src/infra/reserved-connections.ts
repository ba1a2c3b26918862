import { Pool } from 'pg';
import type { Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { connectionSettings } from './data-source.js';
import { ConnectionPool } from './database.js';

/**
 * The database connections for running commands: claims, output, ends, and the reconciler. API requests cannot use them, so a flood of
 * requests does not delay a run.
 */
export class WorkerConnections extends ConnectionPool {}

/**
 * The database connections for queries that must never wait for a connection: the heartbeat of the worker, and health checks. The
 * writes of runs have separate ones, since they may wait for a row that a request has locked.
 */
export class VitalConnections extends ConnectionPool {}

/** One connection for the heartbeat and one for each of the two health checks, neither of which runs twice at a time. */
const vitalSize = 3;
/** The upper bound: more concurrent writers do not make Postgres faster. */
const maxWorkerConnections = 32;

/** Returns the pool size of the worker: the number of concurrent runs, up to half the pool size of requests. */
export function workerPoolSize(
  { WORKER_CONCURRENCY, DATABASE_POOL_SIZE }: Pick<Config, 'WORKER_CONCURRENCY' | 'DATABASE_POOL_SIZE'>,
  hasWorker: boolean,
): number {
  const wanted = hasWorker
    ? Math.min(WORKER_CONCURRENCY, Math.floor(DATABASE_POOL_SIZE / 2), maxWorkerConnections)
    : 0;
  // two suffice for the reconciler, which runs in every process and works sequentially
  return Math.max(2, wanted);
}

/** Creates the reserved pools. Connections are opened on demand, and closed when they are idle. */
export function reserveConnections(
  settings: { url: string; applicationName: string; workerSize: number },
  logger: Logger,
): { worker: WorkerConnections; vital: VitalConnections } {
  const pool = (max: number) =>
    new Pool({
      ...connectionSettings,
      connectionString: settings.url,
      application_name: settings.applicationName,
      max,
    });
  return {
    worker: new WorkerConnections(pool(settings.workerSize), logger),
    vital: new VitalConnections(pool(vitalSize), logger),
  };
}
