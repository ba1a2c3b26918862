import { readFileSync } from 'node:fs';
import { prepare, runsToWarmUp } from '../support/drive.mjs';
import { median } from '../support/figures.mjs';

const count = 500;
const rounds = 3;
const clientCount = 2;

/** Compares one API and one worker process with two of each, in Redis mode on the same cores. */
export default async function scaling(world, report) {
  const one = await fleet(world, 1);
  const two = await fleet(world, 2);
  report.ratio(
    'runs with 2 API and 2 worker processes',
    two.rate,
    'runs/s',
    { name: '1 and 1', value: one.rate },
    0.95,
  );
  report.most(
    'cost of a run with 2 and 2',
    two.cost / one.cost,
    '× that with 1 and 1',
    1.1,
    `${two.cost.toFixed(2)} and ${one.cost.toFixed(2)} ms of processor time`,
  );
}

async function fleet(world, each) {
  const environment = {
    DATABASE_URL: await world.fresh(`scaling_${each}`),
    REDIS_URL: await world.redisUrl(),
    WORKER_CONCURRENCY: '4',
    // the processes have different data folders, so the key of the tokens is configured
    JWT_SECRET: 'a secret that all processes of the fleet share',
    DATABASE_POOL_SIZE: '8',
  };
  const apis = [];
  for (let i = 0; i < each; i += 1) apis.push(await world.millrace(environment, 'api'));
  for (let i = 0; i < each; i += 1) await world.millrace(environment, 'worker');
  // both get the same load: the same number of concurrent requests and of sockets for every event
  const clients = [];
  for (let i = 0; i < clientCount; i += 1) clients.push(await apis[i % each].signIn());
  // every process must be warmed up
  await driveAll(clients, runsToWarmUp * 2);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    results.push(await driveAll(clients, count));
  }
  await world.clear();
  return { rate: median(results.map(({ rate }) => rate)), cost: median(results.map(({ cost }) => cost)) };
}

async function driveAll(clients, runs) {
  const each = runs / clients.length;
  const ready = await Promise.all(clients.map((client) => prepare(client, each)));
  const before = busyMs();
  const parts = await Promise.all(ready.map((go) => go()));
  return { rate: parts.reduce((sum, { rate }) => sum + rate, 0), cost: (busyMs() - before) / runs };
}

/** Returns the processor time of the whole machine in ms, since several processes take part in a run. */
function busyMs() {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'latin1')
    .split('\n')[0]
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq) * 10;
}
