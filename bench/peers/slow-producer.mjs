// 300 lines, one each 10 ms, each the wall clock in ms at the moment of its writing
import { writeSync } from 'node:fs';

const lines = 300;
const begun = performance.now();
for (let line = 0; line < lines; line += 1) {
  writeSync(1, `${(performance.timeOrigin + performance.now()).toFixed(3)} line ${line}\n`);
  await new Promise((resolve) => setTimeout(resolve, begun + (line + 1) * 10 - performance.now()));
}
