import { constants } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { version } from '../common/version.js';
import { holdAddress } from '../infra/embedded-postgres/address.js';
import { startEmbeddedPostgres } from '../infra/embedded-postgres/embedded-postgres.js';
import { openFolder, readPassword } from '../infra/embedded-postgres/folder.js';
import { superuser } from '../infra/embedded-postgres/initdb.js';
import { settledPostmaster } from '../infra/embedded-postgres/postmaster.js';
import { databaseName } from '../infra/embedded-postgres/usage-connection.js';
import { keyFiles, manifestName, postgresFolder, type Manifest } from './archive.js';
import { BackupError, codeOf } from './backup-error.js';
import { baseBackup, type Server } from './base-backup.js';
import { blockBytes, makeHeader, moveInto, paddingOf } from './tar.js';
import { TarSplitter } from './tar-splitter.js';

/** A third of the time of the default, for a tenth more bytes. */
const compression = 3;
const mostKeyBytes = 64 * 1024;

/**
 * Writes the embedded Postgres and the keys of a DATA_DIR to a file, while Millrace works or not.
 * @throws BackupError, EmbeddedPostgresError
 */
export async function backUpEmbedded(dataDir: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const major = await readFile(join(dataDir, postgresFolder, 'PG_VERSION'), 'utf8').catch(
    (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new BackupError(`${dataDir} holds no database: set DATA_DIR, or DATABASE_URL, as for the server`);
    },
  );
  const manifest: Manifest = {
    format: 1,
    millrace: version,
    created_at: new Date().toISOString(),
    postgres: major.trim(),
  };
  const keys: [name: string, content: Buffer][] = [];
  for (const name of keyFiles) {
    const key = await readKey(dataDir, name);
    if (key) keys.push([name, key]);
  }
  const { server, release } = await reach(dataDir);
  try {
    const archive = Readable.from(archiveOf(manifest, keys, server), { objectMode: false });
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await file.writeFile(chunk);
    };
    await pipeline(archive, createGzip({ level: compression }), write, { signal });
  } finally {
    await release();
  }
}

/** Finds the Postgres that runs, or starts it for the time of the backup. */
async function reach(dataDir: string): Promise<{ server: Server; release: () => Promise<void> }> {
  const folder = await openFolder(dataDir);
  const login = { user: superuser, password: await readPassword(folder, false), database: databaseName };
  if (await settledPostmaster(folder.data)) {
    const { host, port, release } = holdAddress(folder);
    return { server: { host, port, ...login }, release: async () => release() };
  }
  const tell = (message: string) => void process.stderr.write(`${message}\n`);
  const log = { info: () => undefined, warn: tell, error: tell };
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const url = new URL(postgres.url);
  const address = { host: decodeURIComponent(url.hostname), port: Number(url.port) };
  return { server: { ...address, ...login }, release: () => postgres.stop() };
}

async function* archiveOf(
  manifest: Manifest,
  keys: [name: string, content: Buffer][],
  server: Server,
): AsyncGenerator<Buffer> {
  yield* fileOf(manifestName, Buffer.from(`${JSON.stringify(manifest)}\n`));
  for (const [name, key] of keys) yield* fileOf(name, key);
  const splitter = new TarSplitter();
  let [left, padding] = [0, 0];
  for await (const bytes of baseBackup(server)) {
    for (const part of splitter.take(bytes)) {
      if ('header' in part) {
        if (part.entry.type === 'other')
          throw new BackupError(
            `Postgres has a link in its folder (${part.entry.path}), which a backup cannot hold`,
          );
        [left, padding] = [part.entry.size, paddingOf(part.entry.size)];
        yield moveInto(postgresFolder, part.header);
      } else {
        left -= part.content.length;
        yield part.content;
        if (left === 0 && padding > 0) yield Buffer.alloc(padding);
      }
    }
  }
  splitter.end();
  yield Buffer.alloc(2 * blockBytes);
}

function* fileOf(name: string, content: Buffer): Generator<Buffer> {
  yield makeHeader(name, content.length);
  yield content;
  yield Buffer.alloc(paddingOf(content.length));
}

/**
 * Reads a key if there is one. As root it must belong to the owner of the folder, who could otherwise put a link to a file of somebody
 * else there, to find its content in what a restore writes.
 */
async function readKey(dataDir: string, name: string): Promise<Buffer | undefined> {
  const path = join(dataDir, name);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) === 'ELOOP') throw new BackupError(`${path} is a link: put the file itself there`);
    throw error;
  });
  if (!file) return undefined;
  try {
    const found = await file.stat();
    const owner = (await stat(dataDir)).uid;
    if (!found.isFile() || found.size > mostKeyBytes) throw new BackupError(`${path} is no file with a key`);
    if (process.getuid?.() === 0 && found.uid !== owner)
      throw new BackupError(`${path} does not belong to the owner of ${dataDir}: mend that first`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
