import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { home, runOnHost } from '../home.js';

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

function start(role: string, settings: Record<string, string | undefined>): Promise<void> {
  return runOnHost(join(home(), 'scripts/start.sh'), [role], settings);
}
