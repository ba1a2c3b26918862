#!/usr/bin/env node
// npm links a program when it installs the package, and leaves out what is not there: in a clone `dist` is only made by the build
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('millrace: this copy is not built. Run: npm run build\n');
  process.exitCode = 1;
}
