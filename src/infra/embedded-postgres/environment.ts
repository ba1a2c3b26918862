import type { HostUser } from '../host-user.js';

/** The descriptor with which a Postgres program inherits its working folder. */
export const folderDescriptor = 3;

/**
 * Returns the path of a folder as a Postgres program uses it. On Linux it leads through the inherited descriptor without access to the
 * parent folders, so it works under /root and other places that the program's user cannot enter.
 */
export function pathOfFolder(realPath: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${folderDescriptor}` : realPath;
}

/**
 * Returns the options of every Postgres program: a minimal environment, and the identity of the user without supplementary groups, which
 * libuv clears when it switches the user.
 */
export function identityOf(user: HostUser | null): {
  uid?: number;
  gid?: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
} {
  return {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  };
}
