import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg, { type PoolConfig } from 'pg';
import { DataSource, getMetadataArgsStorage } from 'typeorm';

const below = (pattern: string) => fileURLToPath(new URL(`../${pattern}`, import.meta.url));

/** What holds for each connection to Postgres, whatever it is for. */
export const connectionSettings: PoolConfig = {
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 60_000,
  keepAlive: true,
  // statements of a transaction that do not wait for each other share a round trip
  pipeline: true,
  // no request may hold a lock for long, and a transaction whose process froze must not either
  statement_timeout: 30_000,
  // a server that has vanished without a word answers nothing, not even that the time is over
  query_timeout: 35_000,
  // the loss of a connection that nobody listens to ends the process, and the pool does not listen to those it has given
  // out; who uses one hears of it by the statement that fails. Put on here, since the last word of a Postgres that
  // dies may come in one piece with its first
  onConnect: (client) => void client.on('error', () => undefined),
  idle_in_transaction_session_timeout: 60_000,
};

export interface DataSourceSettings {
  url: string;
  poolSize: number;
  /** Shown in pg_stat_activity; starts with `millrace`, which the embedded Postgres counts. */
  applicationName: string;
  /** True to take the entities from their files, for tools; the server takes those that are loaded. */
  allEntities?: boolean;
}

/** How long the end waits for statements that are under way. */
const lastStatementsMs = 3_000;

/**
 * Its end does not wait for a statement that waits for somebody else's lock, of which nobody takes the answer any more. Nest and the
 * infrastructure both ask for the end.
 */
class OwnDataSource extends DataSource {
  private ending: Promise<void> | undefined;

  override async destroy(): Promise<void> {
    this.ending ??= super.destroy();
    await Promise.race([this.ending, delay(lastStatementsMs, undefined, { ref: false })]);
  }
}

/** The data source with every entity and migration; `synchronize` is never on. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return new OwnDataSource({
    type: 'postgres',
    url: settings.url,
    // TypeORM would load a second copy of it from node_modules beside the bundle, which does not refuse passwords in clear text
    driver: pg,
    nativeDriver: false,
    entities: settings.allEntities
      ? [below('**/*.entity.js')]
      : getMetadataArgsStorage().tables.map(({ target }) => target),
    migrations: [below('infra/migrations/*.js')],
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize: settings.poolSize,
    applicationName: settings.applicationName,
    extra: connectionSettings,
  });
}
