import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { User } from './as-user.js';
import type { Keyrings } from './own-keyring.js';

/** The variable in which a server that has a supervisor finds its `CommandUsers`. */
export const supervisedVariable = 'MILLRACE_SUPERVISED';

/** What a launcher may do, from whoever started it; its worker cannot change it. */
export interface LauncherPolicy {
  /** Where its folder of FIFOs is made: a folder of its own user in which nobody else can make or exchange anything. */
  runFolder: string;
  /** The user of the worker, which reads the FIFOs; absent where worker and launcher are one user. */
  worker?: User | undefined;
  /** Of a launcher that is root: as whom commands run, and where. Absent, commands run as the launcher's own user. */
  users?: CommandUsers | undefined;
  /** The `MILLRACE_LAUNCHER` of a Millrace within one of whose runs this one was started. */
  outerToken?: string | undefined;
  /** How it was started; `spawnLauncher` says it. */
  keyrings?: Keyrings;
}

export interface CommandUsers {
  /** The first of the user ids that are for commands; the group of each has the same number. */
  first: number;
  count: number;
  /** The folder with `projects/ID` and `users/ID`, each owned by its user; its ancestors are root's alone. */
  workspaceRoot: string;
  /** The name of commands' user, and its ids, for those who look it up; undefined where the host has none. */
  named?: { name: string; uid: number; gid: number } | undefined;
  /** The most processes that one of them may have at a time, over all its runs. */
  maxProcesses: number;
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Refuses a folder that somebody else could exchange, or in which somebody else could make entries.
 * @throws Error that names the folder at fault
 */
export function assertTrusted(folder: string, owner: number): void {
  if (realpathSync(folder) !== folder) throw new Error(`${folder} is reached through a symbolic link`);
  for (let path = folder; ; path = dirname(path)) {
    const { uid, mode } = lstatSync(path);
    const owned = uid === owner || uid === 0;
    // in a sticky folder only its owner can rename or remove what is ours
    const closed = (mode & WRITABLE_BY_OTHERS) === 0 || (path !== folder && (mode & STICKY) !== 0);
    if (!owned || !closed)
      throw new Error(`${path} ${owned ? 'can be written to by others' : 'belongs to another user'}`);
    if (path === dirname(path)) return;
  }
}
