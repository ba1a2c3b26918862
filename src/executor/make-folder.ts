import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. The recursive `mkdir` of Node does the same, but says ENOENT for a full disk.
 * @param mode the mode of each folder that is made
 * @throws what the system says, such as ENOSPC when the disk or its inodes are exhausted
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  if (await makeOne(path, mode)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path), mode);
  if (!(await makeOne(path, mode))) await mkdir(path, mode);
}

/** Makes a folder unless it is there. @returns false when the one above is missing */
async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return true;
}
