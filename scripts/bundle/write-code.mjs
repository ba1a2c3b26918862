// Stores the code of server.cjs: all functions that ran while it was loaded are compiled by then.
import { writeFileSync } from 'node:fs';

const { codeFile, script, withDigest } = await import('../../dist/bundle/serve.js');
writeFileSync(codeFile, withDigest(script.createCachedData()));
// what the modules of the server have begun would keep this process alive
process.exit(0);
