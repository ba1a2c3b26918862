// The limit of runs: /bin/sh -c true by `spawn` with pipes, 4 in flight, from a process with nothing else to do.
//   node spawn.mjs COUNT     prints runs a second
import { spawn } from 'node:child_process';
import { inFlight } from '../support/api.mjs';

const count = Number(process.argv[2]);
const run = () =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', reject).on('close', resolve);
  });
await inFlight(100, 4, run);
const begun = performance.now();
await inFlight(count, 4, run);
console.log(count / ((performance.now() - begun) / 1000));
