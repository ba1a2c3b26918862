import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';

interface ServeOptions {
  role: 'all' | 'api';
  port?: string;
  host?: string;
  dataDir?: string;
}

const help = `
The server is started from its own folder: the copy of Millrace that this command is in, or the one that MILLRACE_HOME names. Its
settings are environment variables (PORT, DATA_DIR, DATABASE_URL, REDIS_URL …), described in its README.`;

export function addServer(program: Command): void {
  program
    .command('serve')
    .description('start the server')
    .addOption(new Option('--role <role>', 'all does the work too').choices(['all', 'api']).default('all'))
    .option('--port <number>', 'port to listen on (default: 8000)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--data-dir <path>', 'where it keeps its data')
    .addHelpText('after', help)
    .action(({ role, port, host, dataDir }: ServeOptions) =>
      start(role, { PORT: port, HOST: host, DATA_DIR: dataDir }),
    );

  program
    .command('worker')
    .description('start a worker, which runs what the queues hold; takes a REDIS_URL')
    .addHelpText('after', help)
    .action(() => start('worker', {}));
}

/** Runs the server and exits with its exit code. */
async function start(role: string, settings: Record<string, string | undefined>): Promise<void> {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const child = spawn(join(home(), 'scripts/start.sh'), [role], {
    stdio: 'inherit',
    env: { ...process.env, ...given },
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  // a terminal sends Ctrl-C to both processes; the server ignores a second signal
  process.on('SIGINT', pass).on('SIGTERM', pass).on('SIGHUP', pass);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child
      .once('error', reject)
      .once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
}

function home(): string {
  const named = process.env['MILLRACE_HOME'];
  if (named) {
    if (existsSync(join(named, 'scripts/start.sh'))) return named;
    throw new CliError(`MILLRACE_HOME is ${named}, where there is no Millrace`);
  }
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'scripts/start.sh')) && existsSync(join(folder, 'docker'))) return folder;
  throw new CliError('The server is not here, only its command line', {
    hint: 'Set MILLRACE_HOME to a copy of Millrace.',
  });
}
