import { Pool } from 'pg';
import type { Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { connectionSettings } from './data-source.js';
import { ConnectionPool } from './database.js';

/**
 * The connections of what runs commands: claims, output, ends, and the reconciler. No request can take one, so a flood of them does
 * not hold up a run.
 */
export class WorkerConnections extends ConnectionPool {}

/**
 * The connections of what must be answered at once, whatever all others do: the heartbeat of the worker, and the checks of health.
 * The writes of runs have others, since they may wait for a row that a request has locked.
 */
export class VitalConnections extends ConnectionPool {}

/** One for the heartbeat, and one for each of the two checks, which are made once at a time. */
const vitalSize = 3;
/** More writers at once make Postgres no faster. */
const mostOfWorker = 32;

/** How many connections a process keeps for its worker: as many as it has runs, up to half of what requests have. */
export function workerPoolSize(
  { WORKER_CONCURRENCY, DATABASE_POOL_SIZE }: Pick<Config, 'WORKER_CONCURRENCY' | 'DATABASE_POOL_SIZE'>,
  hasWorker: boolean,
): number {
  const wanted = hasWorker
    ? Math.min(WORKER_CONCURRENCY, Math.floor(DATABASE_POOL_SIZE / 2), mostOfWorker)
    : 0;
  // the reconciler, which every process has, does one thing after the other
  return Math.max(2, wanted);
}

/** Connections are opened when they are first needed, and closed when they have been idle for a while. */
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
