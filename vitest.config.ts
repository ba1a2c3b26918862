import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// .ci/run counts from it
const report = process.env['MILLRACE_TEST_REPORT'];

const common = { testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' as const };

/** The files below run once in each mode, against real processes. */
function endToEnd(mode: 'single' | 'redis' | 'cluster'): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name: mode,
      provide: { mode },
      include: ['test/{e2e,realtime,webhooks}/**/*.test.ts'],
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
          include: ['src/**/*.spec.ts', 'test/{executor,infra}/**/*.test.ts'],
        },
      },
      endToEnd('single'),
      endToEnd('redis'),
      endToEnd('cluster'),
    ],
  },
});
