import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// .ci/run counts from it
const report = process.env['MILLRACE_TEST_REPORT'];

const common = { testTimeout: 100_000, hookTimeout: 60_000, pool: 'forks' as const };

// these need no server; everything else below test/ is end to end, so no new folder is forgotten
const inProcess = 'test/{executor,infra}/**/*.test.ts';

/** The files below run once in each mode, against real processes. */
function endToEnd(mode: 'single' | 'redis' | 'cluster'): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name: mode,
      provide: { mode },
      include: ['test/**/*.test.ts'],
      exclude: [inProcess],
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
      endToEnd('single'),
      endToEnd('redis'),
      endToEnd('cluster'),
    ],
  },
});
