// Compiles src to dist, unless dist is newer than everything it is made of, and removes from dist what has lost its source:
// entities and migrations are found by file name, so a stale one would be loaded.
//   node scripts/build.mjs [--lenient]   --lenient: a fault of types is reported, but what was compiled is used
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const lenient = process.argv.includes('--lenient');

// two builds at once (a second test run, a start) would read each other's half-written files
if (process.env.MILLRACE_BUILD_LOCKED === undefined) {
  mkdirSync(dist, { recursive: true });
  const env = { ...process.env, MILLRACE_BUILD_LOCKED: '1' };
  const locked = spawnSync('flock', [join(dist, '.lock'), process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env,
  });
  if (locked.error?.code !== 'ENOENT') process.exit(locked.status ?? 1);
}

if (isStale()) build();

function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  const scripts = ['scripts/bundle.mjs', 'scripts/bundle/serve.js', 'scripts/bundle/write-code.mjs'];
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', ...scripts, ...sources()];
  return inputs.some((path) => statSync(join(root, path)).mtimeMs > built);
}

function sources() {
  // folders count too: removing a file changes nothing else
  return ['src', ...readdirSync(join(root, 'src'), { recursive: true }).map((path) => join('src', path))];
}

function build() {
  const started = new Date();
  prune();
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  });
  if (status !== 0 && !lenient) process.exit(status ?? 1);
  const bundled = spawnSync(process.execPath, [join(root, 'scripts/bundle.mjs')], { stdio: 'inherit' });
  if (bundled.status !== 0) process.exit(bundled.status ?? 1);
  if (status !== 0) return;
  writeFileSync(stamp, '');
  // the moment the build began, so that a change made meanwhile counts
  utimesSync(stamp, started, started);
}

function prune() {
  for (const path of readdirSync(dist, { recursive: true })) {
    const match = /^(.*)\.js(\.map)?$/.exec(path);
    const source = match && join(root, 'src', match[1]);
    if (source === null || path.startsWith('bundle') || existsSync(`${source}.ts`)) continue;
    rmSync(join(dist, path));
    // or the compiler believes that what it wrote is still there
    rmSync(join(dist, '.tsbuildinfo'), { force: true });
  }
}
