import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client as Postgres } from 'pg';
import { expect, test } from 'vitest';
import { holding, nobody } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { scratch, stored } from './steps.js';

const poolSize = 2;
const leaseSeconds = 2;
const app = useApp({
  env: {
    DATABASE_POOL_SIZE: String(poolSize),
    LEASE_SECONDS: String(leaseSeconds),
    // the second run is claimed when the first has ended
    WORKER_CONCURRENCY: '1',
  },
});

/** Runs a command, or lets it wait where another one runs. */
const queue = async (client: Client, command: string): Promise<string> =>
  (await client.post('/api/commands/execute', { command })).body.data.command_id as string;

async function statusOf(id: string): Promise<{ status: string; lease: Date | null; reason: string | null }> {
  const [row] = await app.query<{ status: string; lease: Date | null; reason: string | null }>(
    'SELECT status, lease_expires_at AS lease, reason FROM executions WHERE id = $1',
    [id],
  );
  return row!;
}

/** Statements that wait for a lock of another session. */
async function blocked(): Promise<number> {
  const [row] = await app.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!.n;
}

test('requests that hold all their database connections affect neither executions nor readiness', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => app.admin.createUser('viewer')));
  const folder = await scratch();
  const first = await queue(app.admin, `echo begun; ${holding(join(folder, 'first'))}; echo ended`);
  const second = await queue(app.admin, 'echo second');
  await until(async () => (await statusOf(first)).status === 'running');
  const blocker = new Postgres({ connectionString: app.databaseUrl });
  await blocker.connect();
  const answers: Promise<unknown>[] = [];
  try {
    await blocker.query('BEGIN');
    // what requests read, and runs do not
    await blocker.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    for (const person of people)
      for (let sent = 0; sent < 2 * app.apis.length; sent += 1)
        answers.push(person.get(`/api/sessions/${nobody}`).catch(() => undefined));
    await until(async () => (await blocked()) >= poolSize * app.apis.length, {
      what: 'requests to hold all connections',
    });

    const { lease } = await statusOf(first);
    const later = lease!.getTime() + 2 * leaseSeconds * 1000;
    await until(async () => (await statusOf(first)).lease!.getTime() > later, {
      what: 'the lease to be renewed again and again',
    });
    for (const { url } of app.apis) {
      expect((await fetch(`${url}/api/health/ready`)).status).toBe(200);
      expect((await fetch(`${url}/api/health/`)).status).toBe(200);
    }
    await writeFile(join(folder, 'first'), '');
    for (const id of [first, second])
      await until(async () => (await statusOf(id)).status === 'completed', { what: `${id} to be completed` });
    expect(await blocked()).toBeGreaterThanOrEqual(poolSize * app.apis.length);
  } finally {
    await blocker.end();
    await Promise.all(answers);
  }
  expect(await stored(app, first)).toBe('begun\nended\n');
  expect(await stored(app, second)).toBe('second\n');
});
