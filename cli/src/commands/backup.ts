import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { home, runOnHost } from '../home.js';

interface BackupOptions {
  dataDir?: string;
}

const where = `
It works on the host of the server, with the copy of Millrace that this command is in, or the one that MILLRACE_HOME names, and takes
DATA_DIR (.data) or DATABASE_URL as the server does. DATABASE_URL needs pg_dump and pg_restore.`;

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('copy the database and the keys to a new file, while the server works')
    .argument('<file>', 'must not be there yet; only you can read it')
    .option('--data-dir <path>', 'where the server keeps its data')
    .addHelpText(
      'after',
      `${where}

Examples:
  millrace backup /backups/millrace-$(date +%F).tar.gz
  DATABASE_URL=postgres://… millrace backup /backups/millrace-$(date +%F).dump`,
    )
    .action((file: string, { dataDir }: BackupOptions) => run('backup', file, dataDir));

  program
    .command('restore')
    .description('bring a backup back, into an empty DATA_DIR or an empty database')
    .argument('<file>', 'what "millrace backup" has written')
    .option('--data-dir <path>', 'where the server keeps its data')
    .addHelpText(
      'after',
      `${where}
Stop the server first, and move what is there away.

Examples:
  mv .data .data-broken && millrace restore /backups/millrace-2026-07-30.tar.gz
  createdb millrace_restored && DATABASE_URL=postgres://…/millrace_restored millrace restore /backups/millrace-2026-07-30.dump`,
    )
    .action((file: string, { dataDir }: BackupOptions) => run('restore', file, dataDir));
}

function run(action: string, file: string, dataDir: string | undefined): Promise<void> {
  const program = join(home(), 'dist/bundle/backup.js');
  if (!existsSync(program))
    throw new CliError(`The Millrace in ${home()} is not built`, { hint: 'Run there: npm run build' });
  return runOnHost(process.execPath, [program, action, file], { DATA_DIR: dataDir });
}
