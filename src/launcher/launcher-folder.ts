import { mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { identityToken, parseToken, type LauncherIdentity } from './processes/identity.js';

const PREFIX = 'launcher-';

/** Makes a folder that only its launcher may enter and that carries the identity of the launcher in its name. */
export function makeLauncherFolder(runFolder: string, self: LauncherIdentity): string {
  return mkdtempSync(join(runFolder, `${PREFIX}${identityToken(self)}-`));
}

/** Lists the folders of all launchers, living and dead ones. */
export function launcherFolders(runFolder: string): { path: string; launcher: LauncherIdentity }[] {
  return readdirSync(runFolder).flatMap((name) => {
    const token = name.startsWith(PREFIX) ? name.slice(PREFIX.length, name.lastIndexOf('-')) : '';
    const launcher = parseToken(token);
    return launcher ? [{ path: join(runFolder, name), launcher }] : [];
  });
}

/** Removes the folder of a launcher with its files. It has no subfolders: launchers make none, and nobody else can. */
export function removeLauncherFolder(folder: string): void {
  try {
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    rmdirSync(folder);
  } catch {
    // another launcher has removed it, or the disk is read-only now
  }
}
