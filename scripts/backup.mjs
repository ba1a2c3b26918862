// Makes a copy of everything that cannot be made again, and brings it back; docs/backup.md tells when to use it.
//   node scripts/backup.mjs backup FILE     a new file, mode 0600
//   node scripts/backup.mjs restore FILE    into an empty DATA_DIR or an empty database
//
// With DATABASE_URL the file is what pg_dump makes, else an archive of DATA_DIR, for which Millrace must be stopped: the Postgres
// that comes with it has no pg_dump, and files copied under a running one are no database.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [action, path] = process.argv.slice(2);
if (!['backup', 'restore'].includes(action) || !path) fail('Usage: backup.mjs backup|restore FILE');
const file = resolve(path);
const dataDir = resolve(process.env.DATA_DIR || '.data');
process.umask(0o077);

if (action === 'backup') backup();
else restore();

function backup() {
  if (existsSync(file)) fail(`${file} is there already`);
  // a copy that was broken off must not look like one
  const part = `${file}.part`;
  rmSync(part, { force: true });
  if (process.env.DATABASE_URL) {
    run('pg_dump', ['--format=custom', '--no-owner', `--file=${part}`], libpq());
    const keys = ['jwt-secret', 'secrets-key', 'secrets-key-previous'].filter((name) =>
      existsSync(join(dataDir, name)),
    );
    if (keys.length > 0) console.log(`A dump holds no key: copy ${keys.join(', ')} of ${dataDir} as well`);
  } else {
    refuseWhileRunning();
    run('tar', ['--create', '--gzip', `--file=${part}`, `--directory=${dataDir}`, '.']);
  }
  renameSync(part, file);
}

function restore() {
  if (!existsSync(file)) fail(`There is no ${file}`);
  if (process.env.DATABASE_URL) {
    // all or nothing: what is in the way ends it before anything is changed
    run(
      'pg_restore',
      ['--single-transaction', '--exit-on-error', '--no-owner', `--dbname=${libpq().PGDATABASE}`, file],
      libpq(),
    );
    return;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDir).length > 0) fail(`${dataDir} is not empty: move what is there away first`);
  run('tar', ['--extract', '--gzip', '--same-permissions', `--file=${file}`, `--directory=${dataDir}`]);
}

/**
 * DATABASE_URL as libpq takes it from the environment: an argument would show the password to every user of this host. As for the
 * server, a parameter of the URL goes before its part, and a host that begins with a slash is the folder of a Unix socket.
 */
function libpq() {
  const url = new URL(process.env.DATABASE_URL);
  const valueOf = (name, part = '') => url.searchParams.get(name) || decodeURIComponent(part) || undefined;
  const { DATABASE_URL: _, ...environment } = process.env;
  return {
    ...environment,
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

function refuseWhileRunning() {
  const pidFile = join(dataDir, 'postgres/postmaster.pid');
  if (!existsSync(join(dataDir, 'postgres'))) fail(`${dataDir} holds no database`);
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  fail(`Postgres runs in ${dataDir} (process ${pid}), or was killed: stop Millrace in order first`);
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (error?.code === 'ENOENT') fail(`${command} is not installed`);
  if (status !== 0) fail(`${command} failed`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
