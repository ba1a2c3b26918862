import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import { keyFiles, manifestName, postgresFolder, type Manifest } from './archive.js';
import { BackupError, codeOf } from './backup-error.js';
import type { Entry } from './tar.js';
import { TarSplitter } from './tar-splitter.js';

const readBytes = 256 * 1024;
/** Everything is written there first, so that a broken restore is no half DATA_DIR with which Millrace would begin anew. */
const workplace = '.restoring';
/** What an empty DATA_DIR may hold: what is left of a broken restore, and what a file system puts into its root. */
const allowed = [workplace, 'lost+found'];

/**
 * Writes a backup into an empty DATA_DIR. Afterwards this process works in that folder, as root with the rights of its owner alone.
 * @throws BackupError when the folder is not empty or the file is no whole backup; the folder is empty then
 */
export async function restoreEmbedded(file: FileHandle, dataDir: string, signal: AbortSignal): Promise<void> {
  await enter(dataDir);
  const present = (await readdir('.')).filter((name) => !allowed.includes(name));
  if (present.length > 0)
    throw new BackupError(
      `${dataDir} is not empty: stop Millrace, and move what is there away or set another DATA_DIR`,
    );
  await rm(workplace, { recursive: true, force: true });
  await mkdir(workplace, { mode: 0o700 });
  try {
    await unpack(file, signal);
    // without it a power cut could leave empty files under their final names
    await execa('sync', ['-f', workplace], { reject: false, stdio: 'ignore' });
    const names = (await readdir(workplace)).filter((name) => name !== manifestName);
    // the database is last: with it Millrace starts, and needs its keys
    for (const name of names.toSorted(
      (one, other) => Number(one === postgresFolder) - Number(other === postgresFolder),
    ))
      await rename(join(workplace, name), name);
    await rm(join(workplace, manifestName));
    await rmdir(workplace);
  } catch (error) {
    await rm(workplace, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes the folder the working folder, so that every path begins there whatever becomes of its name. As root it takes the rights of the
 * owner for good: who can write to a folder could lead root elsewhere by a link.
 */
async function enter(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  process.chdir(dataDir);
  if (process.getuid?.() !== 0) return;
  const { uid, gid, mode } = await stat('.');
  if (uid === 0 && (mode & 0o022) !== 0)
    throw new BackupError(
      `Others than its owner may write to ${dataDir}: chmod 700 it, or chown it to the user of Millrace`,
    );
  if (uid === 0) return;
  process.setgroups!([gid]);
  process.setgid!(gid);
  process.setuid!(uid);
}

async function unpack(file: FileHandle, signal: AbortSignal): Promise<void> {
  const splitter = new TarSplitter();
  const writer = new EntryWriter();
  const content = createGunzip();
  // a consumer of the pipeline would still be writing when the pipeline fails, and make a file behind the removal of all others
  const fed = pipeline(contentOf(file), content, { signal });
  fed.catch(() => undefined);
  try {
    for await (const chunk of content as AsyncIterable<Buffer>)
      for (const part of splitter.take(chunk)) {
        if ('entry' in part) await writer.begin(part.entry);
        else await writer.write(part.content);
      }
    await fed;
    splitter.end();
  } catch (error) {
    throw explained(error);
  } finally {
    await writer.end();
  }
  await checkWhole();
}

async function* contentOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readBytes), 0, readBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** What Node says of a compressed file that is cut short, or damaged. */
function explained(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  if (code === 'Z_BUF_ERROR')
    return new BackupError(
      'The file is cut short: take another backup, or copy this one again from where it was made',
      { cause: error },
    );
  if (code.startsWith('Z_'))
    return new BackupError('The file is damaged: take another backup', { cause: error });
  return error;
}

async function checkWhole(): Promise<void> {
  for (const name of [
    manifestName,
    'postgres.password',
    join(postgresFolder, 'PG_VERSION'),
    join(postgresFolder, 'backup_label'),
  ])
    await stat(join(workplace, name)).catch(() => {
      throw new BackupError(`The file holds no ${name}, so it is no whole backup: take another one`);
    });
  const manifest = JSON.parse(await readFile(join(workplace, manifestName), 'utf8')) as Partial<Manifest>;
  if (manifest.format !== 1)
    throw new BackupError(
      `The backup was made by a newer Millrace (${String(manifest.millrace)}): restore it with that one`,
    );
}

/** Writes the entries of a backup, one after the other. */
class EntryWriter {
  private file: FileHandle | undefined;
  private isFirst = true;
  private readonly folders = new Set(['.']);

  async begin({ path, type, mode }: Entry): Promise<void> {
    await this.end();
    if (this.isFirst && path !== manifestName)
      throw new BackupError(
        'The file was not made by "millrace backup": restore it by what it was made with',
      );
    this.isFirst = false;
    if (type === 'other' || !isOurs(path))
      throw new BackupError(`The file holds ${JSON.stringify(path)}, which no backup does: do not trust it`);
    if (type === 'folder') return this.makeFolder(path);
    await this.makeFolder(dirname(path));
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    this.file = await open(join(workplace, path), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode & 0o700);
  }

  async write(content: Buffer): Promise<void> {
    await this.file?.writeFile(content);
  }

  async end(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async makeFolder(path: string): Promise<void> {
    if (this.folders.has(path)) return;
    this.folders.add(path);
    await mkdir(join(workplace, path), { recursive: true, mode: 0o700 });
  }
}

/** Whether a path is one that a backup has; none of them leads out of its folder. */
function isOurs(path: string): boolean {
  if (path === manifestName || keyFiles.includes(path)) return true;
  const [first, ...others] = path.split('/');
  return first === postgresFolder && !others.includes('..');
}
