import { Client } from 'pg';
import type { App } from './app.js';

/** Does something while nobody else can read a table, as if its disk did not answer. */
export async function whileLocked(app: App, table: string, work: () => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: app.databaseUrl });
  await client.connect();
  try {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await work();
  } finally {
    await client.end();
  }
}

/** How many statements that contain a text wait for a lock. */
export async function waitingFor(app: App, text: string): Promise<number> {
  const rows = await app.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'`,
    [text],
  );
  return rows.length;
}
