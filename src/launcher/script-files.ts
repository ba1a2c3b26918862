import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  openSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { User } from './as-user.js';
import { makeLauncherFolder, removeLauncherFolder } from './launcher-folder.js';
import type { LauncherPolicy } from './policy.js';
import type { LauncherIdentity } from './processes/identity.js';

/**
 * Stores commands with a first line `#!` as files for their interpreters, and other files for commands. The files are in a folder in which only the launcher makes
 * entries, so it may safely write and remove them as root, and the files of a launcher that was killed are removed with its folder. An
 * unnamed file or a pipe would need no removal, but Node resolves the name behind `/proc/self/fd/N`. Users other than that of a command
 * may traverse the folder, but cannot list it or read its files.
 */
export class ScriptFiles {
  private readonly paths = new Map<number, string[]>();
  private directory: string | undefined;
  private made = 0;

  constructor(
    private readonly policy: LauncherPolicy,
    private readonly self: LauncherIdentity,
  ) {}

  /**
   * Writes a file of a run.
   * @param user the user that reads it; undefined where commands run as the launcher's own user
   * @param isScript whether it may be executed
   * @returns its path
   */
  write(run: number, content: string | Buffer, user: User | undefined, isScript = true): string {
    const path = join(this.folder(), `${isScript ? 'command' : 'file'}-${++this.made}`);
    const fd = openSync(path, 'wx', 0o600);
    this.paths.set(run, [...(this.paths.get(run) ?? []), path]);
    try {
      writeFileSync(fd, content);
      // only the group is the user's: an owner could fill the file system through the file
      if (user) fchownSync(fd, -1, user.gid);
      fchmodSync(fd, (user ? 0o640 : 0o600) | (isScript ? (user ? 0o110 : 0o100) : 0));
    } finally {
      closeSync(fd);
    }
    return path;
  }

  /** Removes the files of a run, if it had any. */
  discard(run: number): void {
    const paths = this.paths.get(run) ?? [];
    this.paths.delete(run);
    for (const path of paths)
      try {
        unlinkSync(path);
      } catch {
        // a cleaner of temporary files has removed it
      }
  }

  remove(): void {
    if (this.directory !== undefined) removeLauncherFolder(this.directory);
  }

  private folder(): string {
    if (this.directory !== undefined && existsSync(this.directory)) return this.directory;
    this.directory = makeLauncherFolder(this.policy.runFolder, this.self);
    if (process.getuid?.() === 0) chmodSync(this.directory, 0o711);
    return this.directory;
  }
}
