import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folders that npm prepends to the PATH of a script: the tools of the package and those of npm itself. */
const addedByNpm = /\/(node_modules\/\.bin|node-gyp-bin)\/?$/;
const SEARCHABLE_BY_OTHERS = 0o001;

/**
 * Filters a PATH for commands. Folders that npm added for Millrace are omitted, and so are those that the command's user cannot search,
 * for which the shell would report "Permission denied" instead of a program that does not exist.
 * @param path the PATH of the environment
 * @param asOthers true when commands run as users that own nothing and belong to no group
 * @param byNpm true when npm started this process
 */
export function searchPath(path: string, asOthers: boolean, byNpm: boolean): string {
  const isKept = (folder: string) =>
    folder.startsWith('/') &&
    !(byNpm && addedByNpm.test(folder)) &&
    (asOthers ? isSearchableByOthers(folder) : isSearchable(folder));
  return path.split(':').filter(isKept).join(':');
}

/** Whether this process may search a folder. A missing folder counts as searchable, since it may be created later. */
function isSearchable(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function isSearchableByOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    try {
      if ((statSync(at).mode & SEARCHABLE_BY_OTHERS) === 0) return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
    }
    if (at === dirname(at)) return true;
  }
}
