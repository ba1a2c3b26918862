// Loads server.cjs with the code that V8 made of it when it was built: to compile it takes a third of the processor time of a start.
// V8 refuses code of another version of itself, or of a text of another length, which is then compiled; the build writes both files.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const filename = fileURLToPath(new URL('server.cjs', import.meta.url));
export const codeFile = `${filename}.code`;

// the bundle is in ASCII
const text = readFileSync(filename, 'latin1');
export const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
  filename,
  cachedData: storedCode(),
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
export const { serve } = module.exports;

function storedCode() {
  try {
    return readFileSync(codeFile);
  } catch {
    return undefined;
  }
}
