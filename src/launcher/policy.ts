import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { User } from './as-user.js';
import type { Keyrings } from './own-keyring.js';

/** The environment variable with the `CommandUsers` of a server that runs under a supervisor. */
export const supervisedVariable = 'MILLRACE_SUPERVISED';

/** What a launcher may do. It is set by the process that starts the launcher; the worker cannot change it. */
export interface LauncherPolicy {
  /** The folder in which it makes its folder of FIFOs. The launcher's user owns it, and nobody else may write to it. */
  runFolder: string;
  /** The user of the worker, which reads the FIFOs; absent where worker and launcher run as the same user. */
  worker?: User | undefined;
  /** The users and workspaces of commands, for a launcher with root rights. When absent, commands run as the launcher's own user. */
  users?: CommandUsers | undefined;
  /** The `MILLRACE_LAUNCHER` of an outer Millrace, when this one was started within one of its runs. */
  outerToken?: string | undefined;
  /** The session keyring of commands; set by `spawnLauncher`. */
  keyrings?: Keyrings;
}

export interface CommandUsers {
  /** The first of the user ids that are reserved for commands; the group id of each is the same number. */
  first: number;
  count: number;
  /** The folder with `projects/ID` and `users/ID`, each owned by its user; only root may write to its ancestors. */
  workspaceRoot: string;
  /** The user that isolated runs see as theirs, so that programs can look it up; undefined where the host has no user for commands. */
  named?: { name: string; uid: number; gid: number } | undefined;
  /** The number of processes that a user may have at a time, over all its runs. */
  maxProcesses: number;
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Refuses a folder that other users could exchange or in which they could make entries.
 * @throws Error that names the folder at fault
 */
export function assertTrusted(folder: string, owner: number): void {
  if (realpathSync(folder) !== folder) throw new Error(`${folder} is reached through a symbolic link`);
  for (let path = folder; ; path = dirname(path)) {
    const { uid, mode } = lstatSync(path);
    const owned = uid === owner || uid === 0;
    // in a sticky folder other users can neither rename nor remove our entries
    const closed = (mode & WRITABLE_BY_OTHERS) === 0 || (path !== folder && (mode & STICKY) !== 0);
    if (!owned || !closed)
      throw new Error(`${path} ${owned ? 'can be written to by others' : 'belongs to another user'}`);
    if (path === dirname(path)) return;
  }
}
