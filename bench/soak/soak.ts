import { parseArgs } from 'node:util';
import { crash } from './crash.js';
import { memory } from './memory.js';
import { race } from './race.js';
import { streams } from './streams.js';
import type { Mode } from './test-cluster.js';
import { Counters } from './counters.js';

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'single' },
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    faults: { type: 'string', default: '' },
    lines: { type: 'string', default: '10000000' },
    megabytes: { type: 'string', default: '1024' },
    workers: { type: 'string', default: '50' },
    executions: { type: 'string', default: '1000' },
    parts: { type: 'string', default: 'race,memory,streams,crash' },
  },
});
const mode = values.mode as Mode;
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const faults = new RegExp(values.faults);
const parts = values.parts.split(',');
const known = ['race', 'memory', 'streams', 'crash'];
if (
  !['single', 'redis', 'cluster'].includes(mode) ||
  !(minutes > 0 && minutes <= 1440) ||
  !Number.isInteger(seed)
)
  throw new Error('Usage: npm run soak -- --mode single|redis|cluster --minutes 15 --seed N');
if (parts.some((part) => !known.includes(part))) throw new Error(`The parts are ${known.join(', ')}`);

console.log(`Soak in mode ${mode} for ${minutes} minutes, seed ${seed}: ${parts.join(', ')}`);
const begun = Date.now();
const counters = new Counters();
if (parts.includes('race'))
  await race(
    { mode, seed, workers: Number(values.workers), executions: Number(values.executions) },
    counters,
  );
if (parts.includes('memory')) await memory({ mode, megabytes: Number(values.megabytes) }, counters);
if (parts.includes('streams')) await streams({ mode, seed, lines: Number(values.lines) }, counters);
const crashBegun = Date.now();
const time = minutes * 60_000;
if (parts.includes('crash')) {
  // only a single process can run with the embedded Postgres
  const embeddedRuns = mode === 'single' ? [true, false] : [false];
  for (const [index, embedded] of embeddedRuns.entries())
    await crash(
      {
        mode,
        embedded,
        faults,
        until: crashBegun + (time * (index + 1)) / embeddedRuns.length,
        seed: seed + index * 10,
      },
      counters,
    );
}
counters.figure('minutes', ((Date.now() - begun) / 60_000).toFixed(1));
counters.print();
process.exit(counters.violations.length > 0 ? 1 : 0);
