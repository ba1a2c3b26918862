import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What npm puts before the PATH of a script: the tools of the package it starts, and its own. */
const ofNpm = /\/(node_modules\/\.bin|node-gyp-bin)\/?$/;
const SEARCHABLE_BY_OTHERS = 0o001;

/**
 * The folders of a PATH in which a command may look for programs. Those that npm added for Millrace are left out, and so are those
 * that the command's user cannot search: the shell would say "Permission denied" of a program that does not exist.
 * @param path as the environment has it
 * @param asOthers true when commands run as users that own nothing and belong to no group
 * @param byNpm true when npm started this process
 */
export function searchPath(path: string, asOthers: boolean, byNpm: boolean): string {
  const isKept = (folder: string) =>
    folder.startsWith('/') &&
    !(byNpm && ofNpm.test(folder)) &&
    (asOthers ? isSearchableByOthers(folder) : isSearchable(folder));
  return path.split(':').filter(isKept).join(':');
}

/** Whether this process may look into a folder. One that does not exist does no harm, and may be made later. */
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
