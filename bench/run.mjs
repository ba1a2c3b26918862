// Measures the product beside limits and peers in one run, and ends non-zero when a target is missed.
//   npm run bench [-- NAME…]    NAME: http, lists, search, reads, runs, claims, schedules, cost, growth, latency, isolation, processes, output, fanout, feed, imports, backlog,
//                               memory, start, webhooks, fairness, scaling, spawn
//   FAIRNESS=a,b                only those loud users of fairness
//   BENCH_DIR=folder            keeps Postgres and its data there for the next time
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Report } from './report.mjs';
import { ensurePrograms, peersHere } from './support/programs.mjs';
import { World } from './world.mjs';

const names = [
  'start',
  'memory',
  'http',
  'lists',
  'search',
  'reads',
  'runs',
  'claims',
  'schedules',
  'cost',
  'growth',
  'latency',
  'isolation',
  'processes',
  'output',
  'fanout',
  'feed',
  'imports',
  'backlog',
  'webhooks',
  'fairness',
  'scaling',
  'spawn',
];
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}

await ensurePrograms('wrk', 'redis-server');
const world = new World();
const report = new Report();
const broken = [];
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void world.close().finally(() => process.exit(1)));
try {
  world.peers = await peersHere();
  const absent = Object.entries(world.peers).filter(([, here]) => !here);
  if (absent.length > 0)
    console.log(`not installed, so taken from recorded figures: ${absent.map(([name]) => name).join(', ')}`);
  for (const name of names) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const begun = Date.now();
    console.log(`\n${name}`);
    try {
      const { default: measure } = await import(`./cases/${name}.mjs`);
      await measure(world, report);
    } catch (error) {
      broken.push(name);
      console.error(error);
    }
    await world.clear();
    console.log(`  ${Math.round((Date.now() - begun) / 1000)} s`);
  }
} finally {
  await world.close();
}

console.log(`\n${report.table}\n`);
console.log(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model})`);
if (process.env.BENCH_TABLE) writeFileSync(process.env.BENCH_TABLE, `${report.table}\n`);
for (const name of broken) console.log(`${name} could not be measured`);
for (const { what } of report.missed) console.log(`missed: ${what}`);
process.exitCode = report.missed.length + broken.length > 0 ? 1 : 0;
