import { randomBytes } from 'node:crypto';
import { access, chown, constants, mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf, EmbeddedPostgresError, OtherMajorVersionError } from './errors.js';
import { ensureHostUser, findHostUser, type HostUser } from '../host-user.js';

/** The paths of the embedded Postgres, all in the data folder of Millrace. */
export interface PostgresFolder {
  root: string;
  data: string;
  lock: string;
  log: string;
  /** The folder of the socket and its lock file, in `data`. */
  socketFolder: string;
  passwordFile: string;
}

/** Creates the data folder with mode 0700 if it is missing; an existing one keeps its mode. */
export async function openFolder(dataDir: string): Promise<PostgresFolder> {
  const root = resolve(dataDir);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'NOT_PERMITTED',
      `The data folder ${root} cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
  return {
    root,
    data: join(root, 'postgres'),
    lock: join(root, 'postgres.lock'),
    log: join(root, 'postgres.log'),
    socketFolder: join(root, 'postgres/socket'),
    passwordFile: join(root, 'postgres.password'),
  };
}

/**
 * Whether the folder contains a database; an empty folder (a fresh volume) does not.
 *
 * @throws {OtherMajorVersionError} when another major version has created it
 */
export async function hasDatabase({ data }: PostgresFolder, major: string): Promise<boolean> {
  try {
    if ((await readdir(data)).length === 0) return false;
    const found = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
    if (found !== major) throw new OtherMajorVersionError(data, found, major);
    return true;
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    if (codeOf(error) === 'ENOENT' && !(await exists(data))) return false;
    const reason =
      codeOf(error) === 'ENOENT' ? 'it is not empty but has no PG_VERSION' : (error as Error).message;
    throw new EmbeddedPostgresError(
      'NOT_PERMITTED',
      `${data} cannot be used as Postgres' data folder: ${reason}`,
      { cause: error },
    );
  }
}

/**
 * Returns the user of Postgres: null for the current user, or, since Postgres refuses root, the owner of the data, else `postgres`, else
 * `millrace-postgres`, which is created.
 */
export async function chooseUser({ data }: PostgresFolder): Promise<HostUser | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(data).catch(() => null);
  if (owner && owner.uid !== 0) {
    return (
      (await findHostUser(owner.uid)) ?? {
        uid: owner.uid,
        gid: owner.gid,
        name: String(owner.uid),
        home: '/',
      }
    );
  }
  const existing = await findHostUser('postgres');
  if (existing && existing.uid !== 0) return existing;
  try {
    return await ensureHostUser('millrace-postgres');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'NO_SYSTEM_USER',
      `Postgres refuses to run as root and no user for it could be made. ${(cause as Error).message}. ` +
        `Create a user named "postgres", or run Millrace as an ordinary user, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Reads the password, or generates one when there is no database yet. Must be called under the lock. */
export async function readPassword(folder: PostgresFolder, isNew: boolean): Promise<string> {
  const kept = await readFile(folder.passwordFile, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw new EmbeddedPostgresError(
      'NOT_PERMITTED',
      `Cannot read ${folder.passwordFile}: ${(error as Error).message}`,
    );
  });
  if (kept.trim()) return kept.trim();
  if (!isNew) {
    throw new EmbeddedPostgresError(
      'PASSWORD_LOST',
      `There is a database in ${folder.data}, but its password file ${folder.passwordFile} is missing or empty. Restore that file from a backup.`,
    );
  }
  const password = randomBytes(32).toString('base64url');
  await writeSecret(`${folder.passwordFile}.new`, password, null);
  await rename(`${folder.passwordFile}.new`, folder.passwordFile);
  return password;
}

/** Writes a file with mode 0600, syncs it to disk, and changes its owner. */
export async function writeSecret(path: string, secret: string, owner: HostUser | null): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  if (owner) await chown(path, owner.uid, owner.gid);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
