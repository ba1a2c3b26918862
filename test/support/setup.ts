import { afterAll, afterEach } from 'vitest';
import { runningApps, sharedApp } from './app.js';
import { until } from './until.js';

// A server that ends unexpectedly fails the current test, with its log. A failed test prints the last lines of all servers.
afterEach(async ({ task }) => {
  const deaths = () => [...runningApps].flatMap((app) => app.deaths());
  const failed = task.result?.state === 'fail';
  // a test may notice a broken connection before the exit of the server that caused it
  if (failed) await until(() => deaths().length > 0, { timeout: 300 }).catch(() => undefined);
  if (deaths().length > 0) throw new Error(deaths().join('\n'));
  if (!failed) return;
  for (const app of runningApps)
    for (const server of app.processes) process.stderr.write(`${server.logTail(15)}\n`);
});

// This runs after the hooks of the file itself, so an app that still runs was forgotten.
afterAll(async () => {
  const forgotten = [...runningApps].filter((app) => app !== sharedApp);
  const results = await Promise.allSettled(forgotten.map((app) => app.stop()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  if (forgotten.length > 0) throw new Error(`${forgotten.length} apps were not stopped by their test file`);
}, 60_000);
