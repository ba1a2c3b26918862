import { openSync } from 'node:fs';
import { chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresFolder } from './folder.js';
import type { SystemUser } from '../system-user.js';

/**
 * Where Postgres makes its Unix socket, below its data folder: only its user can go there. A port of loopback could be filled with
 * connections by any command, and taken by one whenever Postgres is down, which is then sent the password.
 */
export const socketFolder = 'socket';

/** What a path of a Unix socket can have (unix(7)), without the name of the socket and the NUL. */
const MOST_BYTES = 108 - '/.s.PGSQL.65535'.length - 1;

/** A folder that was opened since its path is too long, for as long as this process lives. */
const opened = new Map<string, string>();

/** The folder of the socket by a path that fits, as `host` for clients of this process. */
export function socketHost({ data }: PostgresFolder): string {
  const path = join(data, socketFolder);
  if (Buffer.byteLength(path) <= MOST_BYTES || process.platform !== 'linux') return path;
  const known = opened.get(path) ?? `/proc/self/fd/${openSync(path, 'r')}`;
  opened.set(path, known);
  return known;
}

/** Makes the folder, and removes what a Postgres that was killed has left in it. Call it when none of this folder is alive. */
export async function prepareSocketFolder({ data }: PostgresFolder, user: SystemUser | null): Promise<void> {
  const folder = join(data, socketFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user) await chown(folder, user.uid, user.gid);
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
}
