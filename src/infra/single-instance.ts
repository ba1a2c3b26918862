import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from '../common/logger.js';

const instanceLock = 7_102_002;
/** How long the lock is tried: that of a process that was just killed is held until Postgres notices the closed connection. */
const timeoutMs = 5_000;

/**
 * Holds the lock that allows only one process per database in single mode. The bus of that mode is within a process, so the clients of a
 * second process would receive nothing about the runs of the first one.
 * @returns a function that releases the lock
 * @throws when another process holds the lock
 */
export async function holdSingleInstance(url: string, logger: Logger): Promise<() => Promise<void>> {
  const deadline = Date.now() + timeoutMs;
  let closing = false;
  let client: Client;

  const acquire = async (): Promise<Client | undefined> => {
    const candidate = new Client({
      connectionString: url,
      application_name: 'millrace-instance',
      keepAlive: true,
      connectionTimeoutMillis: timeoutMs,
    });
    candidate.on('error', (error) =>
      logger.warn({ err: error }, 'the connection of the instance lock broke'),
    );
    await candidate.connect();
    const { rows } = await candidate.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
      instanceLock,
    ]);
    if (rows[0]?.held) return candidate;
    await candidate.end();
    return undefined;
  };

  for (;;) {
    const held = await acquire();
    if (held) {
      client = held;
      break;
    }
    if (Date.now() > deadline) {
      throw new Error(
        'Another Millrace process uses this database in single mode. Stop it, or set REDIS_URL to run several processes.',
      );
    }
    await delay(100);
  }

  // the lock must be acquired again after a restart of Postgres
  const renew = async (): Promise<void> => {
    while (!closing) {
      const held = await acquire().catch(() => undefined);
      if (held && closing) return held.end();
      if (held) {
        client = held;
        client.on('end', () => void renew());
        return;
      }
      await delay(500);
    }
  };
  client.on('end', () => {
    if (!closing) void renew();
  });
  return async () => {
    closing = true;
    await client.end();
  };
}
