// The generated part of the SDK: sdk/src/generated, made from openapi/openapi.json.
//   node scripts/sdk.mjs write | check
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import { pascal } from './sdk/names.mjs';
import { readOperations } from './sdk/operations.mjs';
import { heading, writeResource } from './sdk/write-resources.mjs';
import { writeWebhookEvent } from './sdk/write-webhook-event.mjs';
import { writeTypes } from './sdk/write-types.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'sdk/src/generated');
const settings = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8'));

const action = process.argv[2];
if (action === 'write') {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of await generate()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
} else if (action === 'check') {
  const files = await generate();
  const kept = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.ts'));
  const stale = [...new Set([...files.keys(), ...kept])].filter((path) => files.get(path) !== read(path));
  if (stale.length > 0) {
    console.error(`sdk/src/generated is stale (${stale.join(', ')}): run npm run sdk:write`);
    process.exitCode = 1;
  } else {
    console.log('sdk/src/generated is what openapi/openapi.json says');
  }
} else {
  console.error('Usage: sdk.mjs write | check');
  process.exitCode = 2;
}

function read(path) {
  try {
    return readFileSync(join(folder, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** @returns the text of each file by its path */
async function generate() {
  const document = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8'));
  const { resources, shapes } = readOperations(document);
  const files = new Map([['types.ts', await writeTypes(shapes)]]);
  for (const [name, operations] of resources) {
    const summary = document.tags?.find((tag) => tag.name === operations[0].path.split('/')[1])?.description;
    files.set(`resources/${name}.ts`, writeResource(name, operations, summary));
  }
  files.set('resources.ts', writeIndex([...resources.keys()]));
  files.set('webhook-event.ts', writeWebhookEvent(document));
  for (const [path, text] of files)
    files.set(path, await format(text, { ...settings, parser: 'typescript' }));
  return files;
}

function writeIndex(names) {
  const sorted = names.toSorted();
  const lines = (line) => sorted.map((name) => line(name, `${pascal(name)}Resource`)).join('\n');
  return `${heading}import type { Api } from '../http/api.js';
${lines((name, type) => `import { ${type} } from './resources/${name}.js';`)}

/** Every route of Millrace, by resource. */
export class Resources {
${lines((name, type) => `readonly ${name}: ${type};`)}

  constructor(api: Api) {
${lines((name, type) => `this.${name} = new ${type}(api);`)}
  }
}
`;
}
