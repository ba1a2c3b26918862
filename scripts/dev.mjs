// `npm run dev`: compiles src as it changes and starts the server anew after each change that compiles. The data folder stays.
// `nest start --watch` would do, but it also ends what the server has started, the embedded Postgres among it, under the server's hands.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
let server;
let isEnding = false;
let restarting = Promise.resolve();

const compiler = spawn(
  process.execPath,
  [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', '--watch', '--preserveWatchOutput'],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);
compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (/Found 0 errors/.test(text)) restarting = restarting.then(restart);
});
compiler.on('exit', (code) => {
  if (!isEnding) process.exitCode = code ?? 1;
  end('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end('SIGTERM'));

async function restart() {
  await stop('SIGTERM');
  if (isEnding) return;
  server = spawn(process.execPath, [join(root, 'dist/main.js'), 'all'], { cwd: root, stdio: 'inherit' });
}

async function stop(signal) {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
}

function end(signal) {
  isEnding = true;
  compiler.kill();
  restarting = restarting.then(() => stop(signal));
}
