import { execFile } from 'node:child_process';
import { chownSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { settledPostmaster, stopPostmaster } from '../infra/embedded-postgres/postmaster.js';
import { ensureSystemUser, findSystemUser, type SystemUser } from '../infra/system-user.js';

/**
 * Chooses as whom the server runs: the owner of its data, else the user of that name, made if need be, who then becomes the
 * owner. Only a folder of root's is touched, in which nobody else can have made anything.
 */
export async function takeOver(dataDir: string, name: string): Promise<SystemUser> {
  const { uid, gid } = lstatSync(dataDir);
  if (uid !== 0) return (await findSystemUser(uid)) ?? { uid, gid, name: String(uid), home: '/' };
  const user = await ensureSystemUser(name);
  for (const entry of readdirSync(dataDir)) {
    const path = join(dataDir, entry);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && found.uid === 0) lchownSync(path, user.uid, user.gid);
  }
  await takeOverPostgres(join(dataDir, 'postgres'), user);
  chownSync(dataDir, user.uid, user.gid);
  return user;
}

/** Before the server had a user of its own, Postgres had another; one that an earlier life left running is stopped first. */
async function takeOverPostgres(data: string, user: SystemUser): Promise<void> {
  const found = lstatSync(data, { throwIfNoEntry: false });
  if (!found?.isDirectory() || found.uid === user.uid) return;
  const running = await settledPostmaster(data);
  if (running) await stopPostmaster(data, running.pid);
  await promisify(execFile)('chown', ['-R', '-h', `${user.uid}:${user.gid}`, data]);
}
