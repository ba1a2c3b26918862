/**
 * The entry point of backup and restore, which the command line of Millrace and operators start on the host:
 * `node dist/bundle/backup.js backup|restore FILE`, with DATA_DIR or DATABASE_URL as for the server.
 */
import { existsSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../common/environment.js';
import { formatBytes } from '../common/bytes.js';
import { keyFiles } from './archive.js';
import { BackupError, codeOf } from './backup-error.js';
import { dump, restoreDump } from './dump.js';
import { backUpEmbedded } from './embedded-backup.js';
import { restoreEmbedded } from './embedded-restore.js';
import { writeNewFile } from './new-file.js';

const stopCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const gzip = Buffer.from([0x1f, 0x8b]);
const customDump = Buffer.from('PGDMP');

async function main([action, path]: string[]): Promise<void> {
  if ((action !== 'backup' && action !== 'restore') || path === undefined) {
    process.stderr.write('Usage: backup.js backup|restore FILE\n');
    process.exitCode = 2;
    return;
  }
  process.umask(0o077);
  const { secrets } = readEnvironment();
  const databaseUrl = secrets['DATABASE_URL'] || undefined;
  if (databaseUrl !== undefined && !URL.canParse(databaseUrl))
    throw new BackupError('DATABASE_URL is no URL');
  const dataDir = resolve(process.env['DATA_DIR'] || '.data');
  const stopping = new AbortController();
  for (const [signal, code] of Object.entries(stopCodes))
    process.once(signal, () => {
      process.exitCode = code;
      stopping.abort();
    });
  try {
    await (action === 'backup' ? backUp : restore)(path, dataDir, databaseUrl, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.stderr.write(
      `Interrupted: ${action === 'backup' ? 'no backup was made' : 'nothing was restored'}\n`,
    );
  }
}

async function backUp(
  path: string,
  dataDir: string,
  databaseUrl: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const begun = Date.now();
  const bytes = await writeNewFile(path, async (file) => {
    if (databaseUrl === undefined) await backUpEmbedded(dataDir, file, signal);
    else await dump(databaseUrl, file, signal);
    return (await file.stat()).size;
  });
  process.stdout.write(
    `Wrote ${path}: ${formatBytes(bytes)} in ${Math.round((Date.now() - begun) / 1000)} s\n`,
  );
  if (databaseUrl === undefined) return;
  const keys = keyFiles.filter((name) => name !== 'postgres.password' && existsSync(join(dataDir, name)));
  if (keys.length > 0)
    process.stdout.write(`A dump holds no key: copy ${keys.join(', ')} of ${dataDir} as well\n`);
}

async function restore(
  path: string,
  dataDir: string,
  databaseUrl: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? new BackupError(`There is no ${path}`) : error;
  });
  try {
    const start = await firstBytes(file);
    const [isArchive, isDump] = [gzip, customDump].map((magic) =>
      start.subarray(0, magic.length).equals(magic),
    );
    if (databaseUrl === undefined) {
      if (isDump)
        throw new BackupError(
          'The file is a dump of an external Postgres: set DATABASE_URL to an empty database',
        );
      if (!isArchive) throw new BackupError(`${path} is no backup, or it is damaged`);
      await restoreEmbedded(file, dataDir, signal);
    } else {
      if (isArchive)
        throw new BackupError(
          'The file is a backup of an embedded Postgres: unset DATABASE_URL, and set DATA_DIR',
        );
      if (!isDump) throw new BackupError(`${path} is no backup, or it is damaged`);
      await restoreDump(databaseUrl, file, signal);
    }
  } finally {
    await file.close();
  }
  const isRoots = databaseUrl === undefined && process.getuid?.() === 0 && (await stat('.')).uid === 0;
  const where = databaseUrl === undefined ? dataDir : 'the database';
  process.stdout.write(
    `Restored ${where}${isRoots ? ', which belongs to root: start Millrace as root, or chown it' : ''}\n`,
  );
}

async function firstBytes(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  return buffer.subarray(0, bytesRead);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
