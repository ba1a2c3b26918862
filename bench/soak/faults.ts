import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '../../test/support/server-process.js';
import { postmasterOf } from './postgres.js';
import type { Random } from './random.js';
import type { TestCluster } from './test-cluster.js';

/** A fault to inject into a running cluster. When `inflict` resolves, all parts have been started again. */
export interface Fault {
  name: string;
  inflict: (cluster: TestCluster, random: Random) => Promise<void>;
}

async function outage(servers: readonly ServerProcess[], random: Random, longest = 2_000): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await delay(random.between(0, longest));
  for (const server of servers) server.start();
}

async function killPostgres(cluster: TestCluster): Promise<void> {
  process.kill(await postmasterOf(cluster.postgresFolder), 'SIGKILL');
}

async function freeze(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await delay(ms);
  process.kill(pid, 'SIGCONT');
}

async function killLauncher(worker: ServerProcess): Promise<void> {
  const pid = await worker.launcherPid();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

const anywhere: Fault[] = [
  { name: 'kill -9 of every process', inflict: (cluster, random) => outage(cluster.processes, random) },
  { name: 'kill -9 of Postgres', inflict: (cluster) => killPostgres(cluster) },
  {
    name: 'kill -9 of every process and of Postgres',
    inflict: async (cluster, random) => {
      await Promise.all([outage(cluster.processes, random), killPostgres(cluster)]);
    },
  },
  {
    name: 'kill -9 of a launcher',
    inflict: (cluster, random) => killLauncher(random.pick(cluster.workers)),
  },
  {
    name: 'kill -9 of a worker and its launcher',
    inflict: async (cluster, random) => {
      const worker = random.pick(cluster.workers);
      const launcher = await worker.launcherPid();
      // the worker stays down for longer than its lease, so that others take over
      const killed = outage([worker], random, 2 * leaseSeconds * 1000);
      if (launcher !== undefined) process.kill(launcher, 'SIGKILL');
      await killed;
    },
  },
  {
    name: 'SIGSTOP of a worker beyond its lease',
    inflict: (cluster, random) =>
      freeze(random.pick(cluster.workers).pid, leaseSeconds * 1000 + random.between(1_000, 5_000)),
  },
];

const withRedis: Fault[] = [
  { name: 'FLUSHALL', inflict: async (cluster) => cluster.redis?.flush() },
  {
    name: 'kill -9 of Redis',
    inflict: async (cluster, random) => {
      await cluster.redis?.stop();
      await delay(random.between(0, 3_000));
      await cluster.redis?.start();
    },
  },
  {
    name: 'SIGSTOP of Redis',
    inflict: (cluster, random) => freeze(cluster.redis?.pid ?? 0, random.between(500, 4_000)),
  },
];

const withRoles: Fault[] = [
  {
    name: 'kill -9 of an API process',
    inflict: (cluster, random) => outage([random.pick(cluster.apis)], random),
  },
  {
    name: 'kill -9 of a worker',
    inflict: (cluster, random) => outage([random.pick(cluster.workers)], random),
  },
];

/** The lease of runs in the crash rounds. */
export const leaseSeconds = 5;

/** Returns the faults for the mode of a cluster. @param wanted a pattern for their names */
export function faultsOf({ options: { mode } }: TestCluster, wanted: RegExp): Fault[] {
  const more = { single: [], redis: withRedis, cluster: [...withRedis, ...withRoles] };
  return [...anywhere, ...more[mode]].filter(({ name }) => wanted.test(name));
}
