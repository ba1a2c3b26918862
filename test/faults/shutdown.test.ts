import { Client } from 'pg';
import { expect, test } from 'vitest';
import { countValues } from '../e2e/steps.js';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { startApp, type App } from '../support/app.js';
import { mode } from '../support/mode.js';
import type { Role } from '../support/server-process.js';
import { until } from '../support/until.js';
import { putLoad } from './load.js';
import { data, makeProject, makeTask } from './steps.js';

/** Returns the errors in the log, each with its number of occurrences. */
function faultsOf(app: App): Record<string, number> {
  const lines = app.processes.flatMap(({ stderr }) => stderr.split('\n'));
  const faults = lines.filter((line) =>
    /"level":[56]0|INTERNAL_ERROR|did not close cleanly|^Error/.test(line),
  );
  return countValues(
    faults.map((line) => line.replace(/"(time|pid|request_id|stack)":("[^"]*"|\d+),?/g, '')),
  );
}

const stopAll = (app: App) => Promise.all(app.processes.map((server) => server.stop()));
const cleanly = (app: App) => app.processes.map(() => ({ code: 0, signal: null }));

test('a shutdown under load causes no errors', { timeout: 120_000 }, async () => {
  const env = { LOG_LEVEL: 'warn', LOG_REQUESTS: 'none', WORKER_CONCURRENCY: '8', DATABASE_POOL_SIZE: '12' };
  // in one process with a Postgres of its own, that is the last to be stopped; elsewhere a Postgres is shared
  const roles: Role[] | undefined = mode === 'cluster' ? ['api', 'worker'] : undefined;
  const app = await startApp({ roles, embeddedPostgres: mode === 'single', env });
  try {
    const load = await putLoad(app);
    await until(() => load.answered() > 100, { timeout: 60_000, what: 'requests in all states' });
    const exits = await stopAll(app);
    await load.stop();
    expect(exits).toEqual(cleanly(app));
    expect(faultsOf(app)).toEqual({});
    expect(load.faults).toEqual([]);
  } finally {
    await closeSockets();
    await app.stop();
  }
});

test(
  'queries in progress at the end of the pools cause no internal error, and do not delay the shutdown',
  { timeout: 100_000 },
  async () => {
    const app = await startApp();
    const locks = [new Client(app.databaseUrl), new Client(app.databaseUrl)] as const;
    try {
      const project = await makeProject(app.admin);
      for (const lock of locks) {
        const task = await makeTask(app.admin, project, 'true');
        await lock.connect();
        await lock.query('BEGIN');
        await lock.query('SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE', [task]);
        // what waits for the lock has one of the turns of its user
        const { token } = await app.admin.createUser('admin');
        const socket = await LiveSocket.open(app.wsUrl, token);
        socket.send({ type: 'execute_task', task_id: task });
      }
      const connections = (and: string) =>
        app.query(`SELECT 1 FROM pg_stat_activity
                    WHERE datname = current_database()
                      AND application_name IN ('millrace-all', 'millrace-api', 'millrace-worker') ${and}`);
      await until(async () => (await connections("AND wait_event_type = 'Lock'")).length === locks.length, {
        what: 'the requests to wait for the locks',
      });
      // it asks again and again what has become of a command that waits
      await data(200, app.admin.post('/api/queues/pause', { queue_name: 'normal_priority' }));
      const command = { command: 'true', stream_output: false };
      const client = await app.adminAt(app.apis.at(-1)!);
      const cut = client.post('/api/commands/execute', command).catch((error: Error) => error.name);
      await until(
        async () =>
          (await app.query("SELECT 1 FROM executions WHERE status = 'queued' AND task_id IS NULL")).length >
          0,
      );
      const stopping = stopAll(app);
      await until(async () => (await connections('')).length === locks.length, {
        timeout: 40_000,
        what: 'the end of the pools',
      });
      await locks[0].query('COMMIT');
      expect(await stopping).toEqual(cleanly(app));
      expect(await cut).toBe('TypeError');
      expect(faultsOf(app)).toEqual({});
    } finally {
      for (const lock of locks) await lock.end();
      await closeSockets();
      await app.stop();
    }
  },
);
