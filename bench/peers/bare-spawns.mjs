// Starts `sh -c true` 200 times, one after the other, and prints the processor time of each in ms: of this process and of the command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const count = 200;

function spentMs() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // user and system time, of this process and of its children, in ticks of 10 ms
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) * 10, 0);
}

const before = spentMs();
for (let left = count; left > 0; left -= 1)
  await once(spawn('/bin/sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] }), 'close');
console.log((spentMs() - before) / count);
