import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { isDatabaseAway } from './database-errors.js';
import type { Logger } from '../common/logger.js';

const timeoutMs = 60_000;
const pauseMs = 250;
const connectionTimeoutMillis = 5_000;

/**
 * Waits until an external Postgres accepts connections: it refuses them during recovery after a crash, and a server that starts at the
 * same time may be faster. Errors that waiting does not resolve, such as a wrong password, are thrown immediately.
 * @throws the last error, after 60 s or when it does not mean that Postgres is unreachable
 */
export async function awaitPostgres(url: string, logger: Logger): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let isLogged = false; ; isLogged = true) {
    const client = new Client({
      connectionString: url,
      application_name: 'millrace-start',
      connectionTimeoutMillis,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      if (!isLogged) logger.warn({ err: error }, 'Postgres takes no connections yet; waiting for it');
    } finally {
      await client.end().catch(() => undefined);
    }
    await delay(pauseMs);
  }
}
