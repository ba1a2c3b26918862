import { setTimeout as delay } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { createDataSource, type DataSourceSettings } from './data-source.js';

/** The key of the advisory lock. */
const migrationLock = 7_102_001;
/** The interval at which a process checks whether another one has finished the migrations, in ms. */
const pollMs = 200;

/** Runs pending migrations, on connections of its own. One process does it while the others wait. */
export async function migrate(settings: Pick<DataSourceSettings, 'url' | 'applicationName'>): Promise<void> {
  const source = createDataSource({ ...settings, poolSize: 2, forMigrations: true });
  await source.initialize();
  const locking = source.createQueryRunner();
  try {
    // not pg_advisory_lock, whose wait holds a snapshot: CREATE INDEX CONCURRENTLY waits for those, and both would wait for ever
    while (!(await tryLock(locking))) await delay(pollMs);
    await source.runMigrations();
  } finally {
    // the lock ends with its connection
    await locking.release();
    await source.destroy();
  }
}

async function tryLock(runner: QueryRunner): Promise<boolean> {
  const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS locked', [migrationLock])) as {
    locked: boolean;
  }[];
  return row!.locked;
}
