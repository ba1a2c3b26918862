// Changes how `pg` authenticates, so it comes first.
import '../infra/cleartext-passwords.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Client } from 'pg';
import { BackupError, codeOf } from './backup-error.js';

/** Writes what pg_dump makes of a database to a file, in one snapshot. @throws BackupError */
export async function dump(databaseUrl: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  await run(
    'pg_dump',
    ['--format=custom', '--no-owner'],
    libpq(databaseUrl),
    ['ignore', file.fd, 'inherit'],
    signal,
  );
}

/** Restores a dump into an empty database, all of it or nothing. @throws BackupError */
export async function restoreDump(databaseUrl: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  await refuseFilled(databaseUrl);
  const environment = libpq(databaseUrl);
  const options = [
    '--single-transaction',
    '--exit-on-error',
    '--no-owner',
    `--dbname=${environment['PGDATABASE']}`,
  ];
  await run('pg_restore', options, environment, [file.fd, 'inherit', 'inherit'], signal);
}

async function refuseFilled(databaseUrl: string): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'millrace-restore',
    connectionTimeoutMillis: 30_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ tables: number }>(
      `SELECT count(*)::int AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`,
    );
    if (rows[0]!.tables > 0)
      throw new BackupError(
        'The database is not empty: make a new one (createdb), and name it in DATABASE_URL',
      );
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`The database of DATABASE_URL cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * DATABASE_URL as libpq takes it from the environment: an argument would show the password to every user of this host. As for the server,
 * a parameter of the URL goes before its part, and a host that begins with a slash is the folder of a Unix socket.
 */
export function libpq(databaseUrl: string): NodeJS.ProcessEnv {
  const url = new URL(databaseUrl);
  const valueOf = (name: string, part = '') =>
    url.searchParams.get(name) || decodeURIComponent(part) || undefined;
  return {
    ...process.env,
    PGHOST: valueOf('host', url.hostname.replace(/^\[|\]$/g, '')),
    PGPORT: valueOf('port', url.port) ?? '5432',
    PGUSER: valueOf('user', url.username),
    PGPASSWORD: valueOf('password', url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)) || undefined,
    PGSSLMODE: valueOf('sslmode'),
    PGSSLROOTCERT: valueOf('sslrootcert'),
    PGSSLCERT: valueOf('sslcert'),
    PGSSLKEY: valueOf('sslkey'),
  };
}

async function run(
  program: string,
  options: string[],
  env: NodeJS.ProcessEnv,
  stdio: ('ignore' | 'inherit' | number)[],
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, options, { env, stdio, signal });
  const [code] = (await once(child, 'exit').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new BackupError(
      `${program} is not installed: install the client programs of Postgres, of the server's major version or newer`,
    );
  })) as [number | null];
  if (code !== 0)
    throw new BackupError(
      program === 'pg_dump'
        ? 'pg_dump failed: see above. It must be of the same major version as the server or newer.'
        : 'pg_restore failed: see above. Nothing was changed. A file that is cut short or damaged cannot be restored: take another backup.',
    );
}
