import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { isDatabaseAway } from './database-errors.js';
import type { Logger } from '../common/logger.js';

const patienceMs = 60_000;
const pauseMs = 250;

/**
 * Waits until an external Postgres takes connections: after a crash it refuses them while it recovers, and a process that
 * starts together with it may be the faster one. What time does not mend, such as a wrong password, is told at once.
 * @throws the last refusal, after 60 s or when it is of another kind
 */
export async function awaitPostgres(url: string, logger: Logger): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let told = false; ; told = true) {
    const client = new Client({ connectionString: url, application_name: 'millrace-start' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      if (!told) logger.warn({ err: error }, 'Postgres takes no connections yet; waiting for it');
    } finally {
      await client.end().catch(() => undefined);
    }
    await delay(pauseMs);
  }
}
