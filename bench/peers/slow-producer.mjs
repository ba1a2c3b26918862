// Writes 300 lines, one every 10 ms, each with its time in ms since 1970.
import { writeSync } from 'node:fs';

const lines = 300;
const begun = performance.now();
for (let line = 0; line < lines; line += 1) {
  writeSync(1, `${(performance.timeOrigin + performance.now()).toFixed(3)} line ${line}\n`);
  await new Promise((resolve) => setTimeout(resolve, begun + (line + 1) * 10 - performance.now()));
}
