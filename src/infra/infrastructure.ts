// This module is imported first, since it changes how `pg` authenticates all connections.
import './cleartext-passwords.js';
import { Redis } from 'ioredis';
import type { Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { MemoryBus, RedisBus, type Bus } from './bus.js';
import { createDataSource } from './data-source.js';
import { migrate } from './migrate.js';
import { Database } from './database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres/embedded-postgres.js';
import { Events } from './events.js';
import type { ExecutionQueue } from './execution-queue.js';
import { MemoryQueue } from './memory-queue.js';
import { awaitPostgres } from './await-postgres.js';
import {
  reserveConnections,
  workerPoolSize,
  type VitalConnections,
  type WorkerConnections,
} from './reserved-connections.js';
import { holdSingleInstance } from './single-instance.js';

export type Role = 'all' | 'api' | 'worker';

/** The started database, bus, events and queue. No other class knows whether this is single or distributed mode. */
export class Infrastructure {
  /** True when a shutdown was requested: the process finishes its work and takes no more. */
  draining = false;
  private readonly onDraining: (() => void)[] = [];
  /** Whether this process can start commands; set by the worker. */
  canRun: () => boolean = () => true;

  private constructor(
    readonly role: Role,
    readonly config: Config,
    readonly logger: Logger,
    readonly database: Database,
    readonly workerConnections: WorkerConnections,
    readonly vitalConnections: VitalConnections,
    readonly bus: Bus,
    readonly events: Events,
    readonly executionQueue: ExecutionQueue,
    /** Present in distributed mode: a client whose commands fail immediately when Redis is unreachable. */
    readonly redis: Redis | undefined,
    private readonly releases: (() => Promise<unknown>)[],
  ) {}

  /**
   * Starts Postgres if none is configured, brings the schema up to date, and connects queue and bus.
   * @throws when Postgres or Redis cannot be used; everything that was started by then is stopped again
   */
  static async start(config: Config, logger: Logger, role: Role): Promise<Infrastructure> {
    const releases: (() => Promise<unknown>)[] = [];
    try {
      const embedded =
        config.DATABASE_URL === undefined
          ? await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: logger })
          : undefined;
      if (embedded) releases.push(() => embedded.stop());
      const url = config.DATABASE_URL ?? (embedded as EmbeddedPostgres).url;
      const applicationName = `millrace-${role}`;

      if (!embedded) await awaitPostgres(url, logger);
      if (!config.distributed) releases.push(await holdSingleInstance(url, logger));
      await migrate({ url, applicationName });
      const dataSource = createDataSource({ url, poolSize: config.DATABASE_POOL_SIZE, applicationName });
      await dataSource.initialize();
      const database = new Database(dataSource, logger);
      releases.push(() => database.close());
      const workerSize = workerPoolSize(config, role !== 'api');
      const { worker, vital } = reserveConnections({ url, applicationName, workerSize }, logger);
      releases.push(
        () => worker.close(),
        () => vital.close(),
      );

      const connect = redisConnector(config.REDIS_URL, logger);
      const redis = connect?.(impatient);
      if (redis) releases.push(async () => redis.disconnect());
      const bus =
        connect === undefined
          ? new MemoryBus(logger)
          : new RedisBus(
              connect(impatient),
              connect({ maxRetriesPerRequest: null, socketTimeout: redisTimeoutMs }),
              logger,
            );
      releases.push(() => bus.close());
      const events = new Events(bus, logger);
      await events.start();

      const executionQueue =
        connect === undefined
          ? new MemoryQueue()
          : new (await import('./redis-queue.js')).RedisQueue(
              {
                // requests must not wait for Redis; the reconciler offers executions again that could not be added
                queue: () => connect(impatient),
                // its commands wait in Redis until there is work
                worker: () => connect({ maxRetriesPerRequest: null }),
              },
              bus,
              logger,
            );
      releases.push(() => executionQueue.close());
      return new Infrastructure(
        role,
        config,
        logger,
        database,
        worker,
        vital,
        bus,
        events,
        executionQueue,
        redis,
        releases,
      );
    } catch (error) {
      await release(releases, logger);
      throw error;
    }
  }

  /** The kind of installation; the value of NODE_ENV. */
  get environment(): string {
    return this.config.NODE_ENV;
  }

  /** Calls back when the process begins to drain, for what waits for something that may never come. */
  whenDraining(work: () => void): void {
    this.onDraining.push(work);
  }

  /** Begins to drain. */
  drain(): void {
    this.draining = true;
    for (const work of this.onDraining) work();
  }

  /** Closes everything in reverse order; the embedded Postgres is stopped last. */
  async stop(): Promise<void> {
    await release(this.releases, this.logger);
  }
}

async function release(releases: (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  for (const close of releases.toReversed()) {
    await close().catch((error: unknown) => logger.warn({ err: error }, 'a part did not close cleanly'));
  }
}

type RedisOptions = {
  maxRetriesPerRequest: number | null;
  enableOfflineQueue?: boolean;
  socketTimeout?: number;
};

/**
 * The time without a response after which Redis, such as a frozen one, counts as unreachable: its connection is closed, and commands fail
 * at once until a new connection succeeds. With a timeout of each command instead, every request would wait for it.
 */
const redisTimeoutMs = 1_500;

/** The options of clients whose commands requests wait for: a command fails while Redis is unreachable. */
const impatient: RedisOptions = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  socketTimeout: redisTimeoutMs,
};

function redisConnector(
  url: string | undefined,
  logger: Logger,
): ((options: RedisOptions) => Redis) | undefined {
  if (url === undefined) return undefined;
  return (options) => {
    const client = new Redis(url, { ...options, retryStrategy: (attempt) => Math.min(attempt * 50, 1_000) });
    client.on('error', (error: Error) => logger.debug({ err: error }, 'a Redis connection broke'));
    return client;
  };
}
