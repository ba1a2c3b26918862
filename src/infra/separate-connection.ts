import { Pool } from 'pg';
import type { Logger } from '../common/logger.js';
import { connectionSettings } from './data-source.js';
import { ConnectionPool, type Database } from './database.js';

/**
 * Opens one connection beside all pools, for rare work that takes long, so that no request waits for it. It is kept until `close`, so a
 * session-level advisory lock lasts as long as the work. Its statements are not named: the few names are for frequent ones.
 * @param name shown in pg_stat_activity
 */
export function separateConnection(database: Database, name: string, logger: Logger): ConnectionPool {
  const { url } = database.dataSource.options as { url: string };
  const pool = new Pool({
    ...connectionSettings,
    connectionString: url,
    application_name: name,
    max: 1,
    idleTimeoutMillis: 0,
  });
  return new ConnectionPool(pool, logger, false);
}
