import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { ReportFile } from './test/support/report-file.js';

// the file that .ci/run ends its output with
const report = process.env['MILLRACE_TEST_REPORT'];

const common = {
  testTimeout: 100_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
  // files share the processes they run in: to start one and to load its modules takes 0.7 s of processor time
  isolate: false,
};

// these need a host but no server; everything else below test/ is end to end, so no new folder is forgotten
const inProcess = 'test/{executor,infra}/**/*.test.ts';

/** `npm run test:all` repeats in every mode what does not depend on it, too. */
const isWhole = process.env['MILLRACE_TEST_ALL'] !== undefined;

/**
 * What a request does with the database, a run with its host, and a process with its own connections is the same wherever the queue is
 * and however many processes there are: the single mode tests it. A file whose subject is sent over the bus or counted in Redis is not
 * here.
 */
const once = [
  'test/activity/**',
  'test/agents/**',
  'test/imports/**',
  'test/mcp/**',
  'test/cli/**',
  'test/contract/**',
  'test/commands/{help,output}.test.ts',
  'test/e2e/{access,answer-size,artifacts,awaited-ends,backup,bodies,bulk,command-users,connections,cursors,doctor,errors,examples,idempotency,isolation,late-bodies,loopback,many-files,migrate,overload,projects,requests,run-limits,separation,shells,task-list,task-pages,tasks}.test.ts',
  'test/executions/{last-run,run-writes,user-slots}.test.ts',
  'test/faults/{connections-taken,lost-commits,processes,secrets}.test.ts',
  'test/output/**',
  'test/projects/**',
  'test/realtime/unread.test.ts',
  'test/schedules/{batches,clock,refused-times,schedules,storms}.test.ts',
  'test/sdk/{client,package}.test.ts',
  'test/sessions/**',
  'test/tasks/**',
  'test/triggers/**',
  'test/users/**',
  'test/workspace/**',
  'test/webhooks/{private-addresses,webhooks}.test.ts',
];

/**
 * What several processes must agree on, since it goes over the bus, is counted in Redis, or is taken from Postgres by one of them: the
 * cluster tests it. One process, which hears of everything itself, is tested with the events, the output and the runs.
 */
const betweenProcesses = [
  'test/claims/**',
  'test/commands/commands.test.ts',
  'test/e2e/{auth-sessions,operations,personal-tokens,task-numbers,users}.test.ts',
  'test/executions/{admission,concurrency,revoked}.test.ts',
  'test/faults/{changes,erasure,output,races}.test.ts',
  'test/schedules/{crash,firing}.test.ts',
  'test/realtime/{connection,expiry,limits,shutdown,socket-io,stream-access}.test.ts',
  'test/sdk/websocket.test.ts',
  'test/webhooks/{delivery,faults}.test.ts',
];

/** What one process does with its database alone: in the other modes it cannot be tested. */
const oneProcess = [
  'test/e2e/{backup,cleartext-passwords,left-postgres}.test.ts',
  'test/faults/refilled-queue.test.ts',
  'test/webhooks/sealing.test.ts',
];

/**
 * One process on Redis does what several do, whose tests are those of the cluster, and beside it what several cannot be asked and what
 * depends on where the process ends: with Redis or without it.
 */
const ofRedis = [
  'test/e2e/{database-away,harness,start}.test.ts',
  'test/executions/output-reader.test.ts',
  'test/faults/{postgres-lost,worker-lost}.test.ts',
  'test/metrics/*.test.ts',
];

/** What a mode has no subject for, or cannot have. */
const without = {
  single: ['test/faults/{redis-away,redis-lost}.test.ts', ...(isWhole ? [] : betweenProcesses)],
  redis: oneProcess,
  cluster: [
    ...oneProcess,
    ...(isWhole ? [] : once),
    // the Postgres of the tests is shared; these two have one of their own, which several processes could not find
    'test/faults/postgres-lost.test.ts',
    'test/e2e/database-away.test.ts',
    // one port for one process, which counts for itself
    'test/metrics/metrics.test.ts',
    // in one process
    'test/executions/output-reader.test.ts',
  ],
};

/** The files of a mode, against real processes. */
function endToEnd(mode: keyof typeof without): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name: mode,
      provide: { mode },
      include: mode === 'redis' && !isWhole ? ofRedis : ['test/**/*.test.ts'],
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
    reporters: report ? ['default', new ReportFile(report)] : ['default'],
    projects: [
      { test: { ...common, name: 'unit', include: ['src/**/*.spec.ts', 'cli/src/**/*.spec.ts'] } },
      // some of these start launchers, which look at all processes below their own
      { test: { ...common, name: 'host', isolate: true, include: [inProcess] } },
      endToEnd('single'),
      endToEnd('redis'),
      endToEnd('cluster'),
    ],
  },
});
