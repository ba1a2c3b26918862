import { anyCharacter, anyText, downloaded, unknown, workspace } from './scope.js';

/** Folders of the root that belong to the system with everything in them. */
const systemFolders =
  'bin boot dev etc lib lib32 lib64 libx32 opt proc root run sbin sys usr var Applications Library System private lost+found snap nix'.split(
    ' ',
  );
/** Folders of the root that belong to the system down to a depth; deeper files belong to users. */
const roots: Record<string, number> = { home: 2, Users: 2, mnt: 1, media: 1, srv: 1, Volumes: 1, tmp: 1 };
const open = [
  /^tmp\/./,
  /^var\/tmp\/./,
  /^private\/tmp\/./,
  /^dev\/shm\/./,
  /^var\/lib\/millrace\/workspaces\/./,
];
/** Files to which a write does no harm, such as `/dev/null`. */
const sinks =
  /^(dev\/(null|zero|full|u?random|tty\w*|std(in|out|err)|ptmx|fd\/.+|pts\/.+|tcp\/.+|udp\/.+)|proc\/self\/fd\/.+)$/;

export type Place = 'system' | 'perhaps_root' | 'workspace' | 'elsewhere';

/** Returns the last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Returns a normalized absolute path; undefined for a relative path when the working directory is not known. */
export function absolute(path: string, directory: string | undefined): string | undefined {
  if (!path.startsWith('/') && directory === undefined) return undefined;
  const segments: string[] = [];
  for (const segment of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** Whether a name that may contain wildcards or unknown parts can match another. */
function mayBe(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!/[\uE000-\uE003]/.test(pattern)) return false;
  // In a shell a leading wildcard matches no hidden file; this is not checked, since no system folder is hidden.
  const parts = pattern.split(/([\uE000-\uE003])/);
  let position = 0;
  let loose = false;
  for (const part of parts) {
    if (part === anyCharacter) position += 1;
    else if (part === anyText || part === unknown || part === downloaded) loose = true;
    else if (part !== '') {
      const found = loose ? name.indexOf(part, position) : name.startsWith(part, position) ? position : -1;
      if (found < 0) return false;
      position = found + part.length;
      loose = false;
    }
  }
  return loose ? position <= name.length : position === name.length;
}

/**
 * Classifies a path.
 * @param purpose 'write' for writing to a file: for `/dev/null` this does no harm, but deleting it does
 * @param safe folders that never count as the system's
 */
export function placeOf(
  path: string,
  directory: string | undefined,
  purpose: 'write' | 'change' = 'change',
  safe: readonly string[] = [],
): Place {
  if (path === '') return 'elsewhere';
  const leading = /^[\uE000\uE001]+/.exec(path)?.[0];
  if (leading !== undefined) {
    const rest = path.slice(leading.length);
    return /^\/+[\uE002.]*$/.test(rest) ? 'perhaps_root' : 'elsewhere';
  }
  const whole = absolute(path, directory);
  if (whole === undefined) return 'elsewhere';
  if (whole === workspace || whole === `${workspace}/${anyText}`) return 'workspace';
  if (whole === '/') return 'system';
  if (safe.some((folder) => whole.startsWith(`${folder}/`))) return 'elsewhere';
  const segments = whole.slice(1).split('/');
  const [first = ''] = segments;
  const rest = segments.join('/');
  if (purpose === 'write' && sinks.test(rest)) return 'elsewhere';
  if (open.some((pattern) => pattern.test(rest))) return 'elsewhere';
  if (Object.entries(roots).some(([name, depth]) => mayBe(first, name) && segments.length <= depth))
    return 'system';
  return systemFolders.some((name) => mayBe(first, name)) ? 'system' : 'elsewhere';
}

/** Whether a path names a device that holds data or drives hardware. */
export function isDevice(path: string, directory: string | undefined): boolean {
  const whole = absolute(path, directory)?.slice(1) ?? '';
  return whole.startsWith('dev/') && !sinks.test(whole) && !whole.startsWith('dev/shm/');
}
