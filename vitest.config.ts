import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// .ci/run counts from it
const report = process.env['MILLRACE_TEST_REPORT'];

const common = {
  testTimeout: 100_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
};

// these need no server; everything else below test/ is end to end, so no new folder is forgotten
const inProcess = 'test/{executor,infra}/**/*.test.ts';

/** What one process does with its database alone: the other modes would only repeat it. */
const oneProcess = ['test/webhooks/sealing.test.ts'];

/** What a mode has no subject for, or cannot have. */
const without = {
  single: ['test/faults/redis-lost.test.ts'],
  redis: oneProcess,
  cluster: [
    ...oneProcess,
    // the Postgres of the tests is shared; these two have one of their own, which several processes could not find
    'test/faults/postgres-lost.test.ts',
    'test/e2e/database-away.test.ts',
    // one port for one process, which counts for itself
    'test/metrics/metrics.test.ts',
    // in one process
    'test/executions/output-reader.test.ts',
  ],
};

/** The same files in each mode, against real processes. */
function endToEnd(mode: keyof typeof without): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name: mode,
      provide: { mode },
      include: ['test/**/*.test.ts'],
      exclude: [inProcess, ...without[mode]],
      setupFiles: ['test/support/setup.ts'],
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // one more than cores: with two, a third of the processor time went unused
    maxWorkers: 3,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['src/**/*.spec.ts', inProcess],
        },
      },
      endToEnd('single'),
      endToEnd('redis'),
      endToEnd('cluster'),
    ],
  },
});
