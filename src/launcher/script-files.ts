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
 * Commands with a first line `#!`, as files for their interpreters. They lie in a folder in which only the launcher makes entries,
 * so it may write and remove them as root, and what a launcher that was killed has left is removed with its folder. A file without a
 * name or a pipe would need no removal, but Node looks for the name behind `/proc/self/fd/N`. Others than the user of a command can
 * pass through the folder, and read nothing.
 */
export class ScriptFiles {
  private readonly paths = new Map<number, string>();
  private directory: string | undefined;
  private made = 0;

  constructor(
    private readonly policy: LauncherPolicy,
    private readonly self: LauncherIdentity,
  ) {}

  /**
   * Writes the script of a run.
   * @param user who is to read it; undefined where that is who the launcher is
   * @returns its path
   */
  write(run: number, text: string, user: User | undefined): string {
    const path = join(this.folder(), `command-${++this.made}`);
    const fd = openSync(path, 'wx', 0o600);
    this.paths.set(run, path);
    try {
      writeFileSync(fd, text);
      // who owned it could fill the file system with it
      if (user) fchownSync(fd, -1, user.gid);
      fchmodSync(fd, user ? 0o750 : 0o700);
    } finally {
      closeSync(fd);
    }
    return path;
  }

  /** Removes the script of a run, if it had one. */
  discard(run: number): void {
    const path = this.paths.get(run);
    if (path === undefined) return;
    this.paths.delete(run);
    try {
      unlinkSync(path);
    } catch {
      // a cleaner of temporary files was faster
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
