import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg, { type PoolConfig } from 'pg';
import { DataSource, getMetadataArgsStorage } from 'typeorm';
import { migrations } from './migrations/index.js';

const below = (pattern: string) => fileURLToPath(new URL(`../${pattern}`, import.meta.url));

/** The settings of all connections to Postgres. */
export const connectionSettings: PoolConfig = {
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 60_000,
  keepAlive: true,
  // statements of a transaction that are sent without awaiting each other share a round trip
  pipeline: true,
  // no request may hold a lock for long; `idle_in_transaction_session_timeout` does the same for transactions of a frozen process
  statement_timeout: 30_000,
  // compiling a statement takes longer than any of ours runs, and a plan that is told to avoid a scan counts as expensive enough for it
  options: '-c jit=off',
  // a server that has vanished from the network does not even report the statement timeout
  query_timeout: 35_000,
  // an unhandled `error` event would end the process, and the pool has no listener on connections in use, whose users see the
  // failing statement instead; added here, since the last message of a dying Postgres may arrive together with its first
  onConnect: (client) => void client.on('error', () => undefined),
  idle_in_transaction_session_timeout: 60_000,
};

export interface DataSourceSettings {
  url: string;
  poolSize: number;
  /** Shown in pg_stat_activity; starts with `millrace`, which the embedded Postgres counts. */
  applicationName: string;
  /** Whether to load all entity files, for tools; the server uses the entities that are loaded already. */
  allEntities?: boolean;
  /** Without time limits for statements: building an index on a large table takes minutes. */
  forMigrations?: boolean;
}

/** How long `destroy` waits for running statements. */
const destroyTimeoutMs = 3_000;

/**
 * A data source whose `destroy` has a timeout, since a statement may wait for a lock although nobody awaits its result any more. It may be
 * called twice, by Nest and by the infrastructure.
 */
class OwnDataSource extends DataSource {
  private ending: Promise<void> | undefined;

  override async destroy(): Promise<void> {
    this.ending ??= super.destroy();
    await Promise.race([this.ending, delay(destroyTimeoutMs, undefined, { ref: false })]);
  }
}

/** Creates the data source with all entities and migrations; `synchronize` is always off. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return new OwnDataSource({
    type: 'postgres',
    url: settings.url,
    // otherwise TypeORM would load a second copy of `pg` beside the bundle, which does not refuse passwords in clear text
    driver: pg,
    nativeDriver: false,
    entities: settings.allEntities
      ? [below('**/*.entity.js')]
      : getMetadataArgsStorage().tables.map(({ target }) => target),
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize: settings.poolSize,
    applicationName: settings.applicationName,
    extra: settings.forMigrations
      ? { ...connectionSettings, statement_timeout: 0, query_timeout: 0 }
      : connectionSettings,
  });
}
