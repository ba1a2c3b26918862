import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BackupError, codeOf } from './backup-error.js';

/** The errors of file systems without hard links. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Writes a new file that its owner alone can read, under another name beside it until it is whole and on disk: a crash leaves no half
 * file under its name.
 * @throws BackupError when there is a file of that name
 */
export async function writeNewFile<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const target = resolve(path);
  await refuseExisting(target);
  const part = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const file = await open(part, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await file.chmod(0o600);
    const result = await write(file);
    await file.sync();
    await giveName(part, target);
    return result;
  } finally {
    await file.close().catch(() => undefined);
    await unlink(part).catch(() => undefined);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found) throw new BackupError(`${path} is there already: choose another name`);
}

/** A link fails where another file has got the name meanwhile, which renaming would replace. */
async function giveName(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') await refuseExisting(target);
    if (!noLinks.includes(codeOf(error) ?? '')) throw error;
    await rename(part, target);
  }
  const folder = await open(dirname(target), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
