import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from './as-user.js';

const MODE = 0o770;

/** The folder beside a workspace in which its runs may write their summaries. */
export const summariesOf = (workspace: string): string => `${workspace}.summaries`;

/**
 * Makes the folder for the summaries of a workspace, if it is missing. The launcher owns it and may look into it, which it may not into a
 * workspace even as root; the group is that of the command's user, who may do with its entries as with those of the workspace.
 */
export function makeSummaries(workspace: string, user: User | undefined): void {
  const path = summariesOf(workspace);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && (!user || found.gid === user.gid)) return;
  // another launcher may have made it meanwhile
  if (!found) mkdirSync(path, { mode: MODE, recursive: true });
  if (user) chownSync(path, 0, user.gid);
  chmodSync(path, MODE);
}

/** Whether there is something under a name in the folder, of whatever kind. It is not opened, and no link is followed. */
export function hasSummary(workspace: string, name: string): boolean {
  try {
    return lstatSync(join(summariesOf(workspace), name), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
