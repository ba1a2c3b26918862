import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// .ci/run counts from it
const report = process.env['MILLRACE_TEST_REPORT'];

const common = {
  testTimeout: 100_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
  // on a loaded machine some of 1,370 tests meets an order of events it did not think of; the report names who needed it, to be mended
  retry: process.env['CI'] ? 1 : 0,
};

// these need no server; everything else below test/ is end to end, so no new folder is forgotten
const inProcess = 'test/{executor,infra}/**/*.test.ts';

/**
 * In single mode every file runs. With Redis, and with several processes, the files run whose subject they can change; the whole suite
 * in every mode (`npm run test:all`) takes more than 20 minutes on two cores.
 */
const everything = process.env['MILLRACE_TEST_ALL'] === '1';
const changedByProcesses = [
  'test/e2e/{main-job,auth,executions,queues,system,rate-limit,overload}.test.ts',
  'test/{faults,realtime,sessions}/*.test.ts',
  'test/commands/{commands,output}.test.ts',
  'test/sdk/{client,websocket}.test.ts',
  'test/webhooks/{delivery,faults}.test.ts',
];
const changedByRedis = [
  'test/e2e/{main-job,executions,queues,database-away}.test.ts',
  'test/faults/{redis-lost,worker-lost,races}.test.ts',
  'test/realtime/{output,events,limits}.test.ts',
  'test/webhooks/delivery.test.ts',
];
const whole = ['test/**/*.test.ts'];

/** What a mode has no subject for, or cannot change. */
const onlySingle = [
  'test/e2e/{access,bulk,contract,errors,examples,operations,task-list}.test.ts',
  'test/metrics/metrics.test.ts',
];
// the Postgres of the tests is shared; these two have one of their own, which several processes could not find
const ownPostgres = ['test/faults/postgres-lost.test.ts', 'test/e2e/database-away.test.ts'];
const elsewhere = {
  single: ['test/faults/redis-lost.test.ts'],
  redis: onlySingle,
  cluster: [...onlySingle, ...ownPostgres],
};

/** The files run once in each mode, against real processes. */
function endToEnd(mode: 'single' | 'redis' | 'cluster', files: string[]): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name: mode,
      provide: { mode },
      include: everything ? whole : files,
      exclude: [inProcess, ...elsewhere[mode]],
      setupFiles: ['test/support/setup.ts'],
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // one for each core: the servers of a file take as much as the file itself
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['src/**/*.spec.ts', inProcess],
        },
      },
      endToEnd('single', whole),
      endToEnd('redis', changedByRedis),
      endToEnd('cluster', changedByProcesses),
    ],
  },
});
