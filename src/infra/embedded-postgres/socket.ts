import { lchown, mkdir, rm } from 'node:fs/promises';
import type { PostgresFolder } from './folder.js';
import type { SystemUser } from '../system-user.js';

/**
 * Makes the folder in which Postgres makes its socket, for `user` alone (for ourselves when null). It lies in Postgres' data folder,
 * where no other user comes: any command could fill a port of loopback with connections, which count before they have signed in, and
 * take it whenever Postgres is down.
 *
 * It is made anew each time, since Postgres believes the lock file that a killed one has left when its process id is in use again, and
 * a copied data folder may have other modes. Call it under the lock, when no Postgres of this data folder is alive.
 */
export async function makeSocketFolder(
  { socketFolder }: PostgresFolder,
  user: SystemUser | null,
): Promise<void> {
  await rm(socketFolder, { recursive: true, force: true });
  await mkdir(socketFolder, { mode: 0o700 });
  if (user) await lchown(socketFolder, user.uid, user.gid);
}
