import { mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { identityToken, parseToken, type LauncherIdentity } from './processes/identity.js';

const PREFIX = 'launcher-';

/** Makes a folder that only its launcher may enter, and that says whose it is. */
export function makeLauncherFolder(runFolder: string, self: LauncherIdentity): string {
  return mkdtempSync(join(runFolder, `${PREFIX}${identityToken(self)}-`));
}

/** The folders that launchers have made, of those that live and of those that are gone. */
export function launcherFolders(runFolder: string): { path: string; launcher: LauncherIdentity }[] {
  return readdirSync(runFolder).flatMap((name) => {
    const token = name.startsWith(PREFIX) ? name.slice(PREFIX.length, name.lastIndexOf('-')) : '';
    const launcher = parseToken(token);
    return launcher ? [{ path: join(runFolder, name), launcher }] : [];
  });
}

/** Only files directly in it: a launcher makes no others, and nobody else can. */
export function removeLauncherFolder(folder: string): void {
  try {
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    rmdirSync(folder);
  } catch {
    // another launcher removes it too, or the disk is read-only now
  }
}
