// The OpenAPI document of the built server, with its keys in order so that a change shows as itself; works on dist.
//   node scripts/openapi.mjs write | check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildOpenApi } from '../dist/openapi.js';

const action = process.argv[2];
const file = join(import.meta.dirname, '../openapi/openapi.json');
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
};
const text = `${JSON.stringify(sorted(await buildOpenApi()), null, 2)}\n`;

if (action === 'write') {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
} else if (action === 'check') {
  const kept = (() => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  })();
  if (kept !== text) {
    console.error('openapi/openapi.json is stale: run npm run openapi:write and look at what changed');
    process.exitCode = 1;
  } else {
    console.log('openapi/openapi.json is what the server says');
  }
} else {
  console.error('Usage: openapi.mjs write | check');
  process.exitCode = 2;
}
