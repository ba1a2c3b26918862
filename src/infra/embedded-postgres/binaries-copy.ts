import { randomBytes } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { codeOf } from './errors.js';

/**
 * Copies the `native` folder to `target/native` atomically, owned by the current user and writable by nobody else. An existing copy is
 * used if this or root owns it and nobody else may write to it, and refused otherwise, since its programs will be run.
 *
 * @param finish called with the temporary folder before it is renamed
 */
export async function copyBinaries(
  native: string,
  target: string,
  finish: (copy: string) => Promise<unknown>,
): Promise<void> {
  if (await exists(target)) return assertAllTrusted(target);
  // A new folder may be closed by the umask; the mode of an existing one is not changed.
  if (await mkdir(dirname(target), { recursive: true })) await chmod(dirname(target), 0o755);
  await assertTrusted(dirname(target));

  const temporary = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await copyTree(native, join(temporary, 'native'));
    await chmod(temporary, 0o755);
    await finish(temporary);
    // Without it a power cut could leave empty files under the final name. Not every host has `sync -f`.
    await execa('sync', ['-f', temporary], { reject: false, stdio: 'ignore' });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const anotherWasFirst = codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST';
    if (!anotherWasFirst) throw error;
  }
  await assertAllTrusted(target);
}

/** Copies a folder with fixed modes: a package that was installed under umask 077 would be unreadable for the user of the copy. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, from.endsWith('bin') ? 0o755 : 0o644);
    }
  }
}

async function assertAllTrusted(target: string): Promise<void> {
  for (const path of [
    '..',
    '',
    'native',
    'native/bin',
    'native/lib',
    'native/bin/postgres',
    'native/bin/initdb',
  ]) {
    await assertTrusted(join(target, path));
  }
}

async function assertTrusted(path: string): Promise<void> {
  const { uid, mode } = await lstat(path);
  if ((uid !== process.getuid?.() && uid !== 0) || (mode & 0o022) !== 0) {
    throw new Error(`${path} belongs to another user or others may write to it; remove it`);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
