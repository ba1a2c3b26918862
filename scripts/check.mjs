// Everything that must hold before a change is done: `npm test` and `npm run check` are this. Each step runs whether or not
// one before it failed; those that only read the sources run two at a time.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const readers = [
  'types',
  'lint',
  'sdk:check',
  'format:check',
  'ranks',
  'lock:check',
  'docker:lint',
  'openapi:lint',
];
// the build comes first, since these work on dist
const others = ['build', 'migration:check', 'openapi:check'];

// tests import the SDK, so its types are looked for by `types` and `lint`
const results = [await run('packages', ['node', 'scripts/build-packages.mjs'])];
const queue = [...readers];
const lane = async () => {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) results.push(await run(step));
};
const builds = async () => {
  for (const step of others) results.push(await run(step));
  await lane();
};
await Promise.all([builds(), lane()]);
results.push(await run('unit and end to end', ['npx', 'vitest', 'run'], 'inherit'));

console.log('');
for (const { step, ok, seconds } of results)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step} (${seconds} s)`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

async function run(step, [command, ...args] = ['npm', 'run', '--silent', step], stdio = 'pipe') {
  const started = Date.now();
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', stdio, stdio] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 && output) console.log(`\n${step}:\n${output.trimEnd()}`);
  return { step, ok: code === 0, seconds: ((Date.now() - started) / 1000).toFixed(1) };
}
