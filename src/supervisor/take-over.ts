import { execFile } from 'node:child_process';
import { chownSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { settledPostmaster, stopPostmaster } from '../infra/embedded-postgres/postmaster.js';
import { ensureHostUser, findHostUser, type HostUser } from '../infra/host-user.js';

/**
 * Determines the user of the server. It is the owner of the data folder; if that is root, it is the user of that name, which is created
 * if necessary and becomes the owner. Owners are only changed in a folder of root, in which no other user can have made entries.
 */
export async function takeOver(dataDir: string, name: string): Promise<HostUser> {
  const { uid, gid } = lstatSync(dataDir);
  if (uid !== 0) return (await findHostUser(uid)) ?? { uid, gid, name: String(uid), home: '/' };
  const user = await ensureHostUser(name);
  for (const entry of readdirSync(dataDir)) {
    const path = join(dataDir, entry);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && found.uid === 0) lchownSync(path, user.uid, user.gid);
  }
  await takeOverPostgres(join(dataDir, 'postgres'), user);
  chownSync(dataDir, user.uid, user.gid);
  return user;
}

/** Changes the owner of the database, which had a user of its own in earlier versions. A Postgres that still runs is stopped first. */
async function takeOverPostgres(data: string, user: HostUser): Promise<void> {
  const found = lstatSync(data, { throwIfNoEntry: false });
  if (!found?.isDirectory() || found.uid === user.uid) return;
  const running = await settledPostmaster(data);
  if (running) await stopPostmaster(data, running.pid);
  await promisify(execFile)('chown', ['-R', '-h', `${user.uid}:${user.gid}`, data]);
}
