import type { SystemUser } from '../system-user.js';

/** The descriptor under which a Postgres program gets the folder it works in. */
export const folderDescriptor = 3;

/**
 * The path by which a Postgres program names that folder. The kernel follows it to the open folder without looking at
 * its ancestors, so it works under /root and other places that the program's user cannot enter.
 */
export function pathOfFolder(realPath: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${folderDescriptor}` : realPath;
}

/**
 * What every Postgres program is started with: nothing of our environment, and the user's identity without supplementary
 * groups (libuv clears them when it switches the user).
 */
export function identityOf(user: SystemUser | null): {
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
