import { lchown, mkdir, rm } from 'node:fs/promises';
import type { PostgresFolder } from './folder.js';
import type { HostUser } from '../host-user.js';

/**
 * Creates the folder of Postgres' socket, which only `user` may enter, or the current user when it is null. It is in Postgres' data folder,
 * which no other user can enter: on a loopback port any command could use up the connections without authentication, and could listen on
 * the port whenever Postgres is down.
 *
 * It is recreated at each start, since Postgres trusts the lock file of a killed one when its process id is in use again, and a copied data
 * folder may have other modes. Must be called under the lock, when no Postgres of this data folder is alive.
 */
export async function makeSocketFolder(
  { socketFolder }: PostgresFolder,
  user: HostUser | null,
): Promise<void> {
  await rm(socketFolder, { recursive: true, force: true });
  await mkdir(socketFolder, { mode: 0o700 });
  if (user) await lchown(socketFolder, user.uid, user.gid);
}
