// Loads server.cjs with the code that V8 made of it when it was built: to compile it takes a third of the processor time of a start.
// V8 itself refuses code of another version of it, but not code that is damaged or of another text of the same length. What is refused
// is compiled.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const path = fileURLToPath(new URL('server.cjs', import.meta.url));
export const codeFile = `${path}.code`;
const digestBytes = 32;

// the bundle is in ASCII
const bytes = readFileSync(path);
export const script = new Script(
  `(function (exports, require, module, __filename, __dirname) {${bytes.latin1Slice()}\n})`,
  // not the path, which the code would keep although it is installed elsewhere
  { filename: 'server.cjs', cachedData: storedCode() },
);
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
export const { serve } = module.exports;

/** Returns the content of the code file: the digest of the text and the code, and the code. */
export const withDigest = (code) => Buffer.concat([digestOf(code), code]);

function storedCode() {
  try {
    const stored = readFileSync(codeFile);
    const code = stored.subarray(digestBytes);
    return stored.subarray(0, digestBytes).equals(digestOf(code)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(code) {
  return createHash('sha256').update(bytes).update(code).digest();
}
