// Compiles the packages beside the server (sdk, and what is built on it) to their own dist folders, each unless its dist is
// newer than everything it is made of. The server does without them, so starting it never waits for them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** In the order in which they need each other. */
const packages = ['sdk', 'cli'];

const lock = join(root, 'dist/.packages-lock');
if (process.env.MILLRACE_PACKAGES_LOCKED === undefined) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const env = { ...process.env, MILLRACE_PACKAGES_LOCKED: '1' };
  const locked = spawnSync('flock', [lock, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env,
  });
  if (locked.error?.code !== 'ENOENT') process.exit(locked.status ?? 1);
}

let isFresh = true;
for (const name of packages) {
  // what is built on a package is stale when that package is
  if (isFresh && !isStale(name)) continue;
  isFresh = false;
  build(name);
}

function isStale(name) {
  const stamp = join(root, name, 'dist/.built');
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  const sources = readdirSync(join(root, name, 'src'), { recursive: true }).map((path) =>
    join(name, 'src', path),
  );
  const inputs = [
    'tsconfig.json',
    join(name, 'package.json'),
    join(name, 'tsconfig.json'),
    join(name, 'src'),
    ...sources,
  ];
  return inputs.some((path) => statSync(join(root, path)).mtimeMs > built);
}

function build(name) {
  const started = new Date();
  const dist = join(root, name, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, name, 'tsconfig.json')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(join(dist, '.built'), '');
  utimesSync(join(dist, '.built'), started, started);
}
